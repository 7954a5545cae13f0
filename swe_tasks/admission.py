"""Lets patches from anywhere in: applied forwards or not at all, seen to have done what they say, and without what
would decide how they are judged.

A patch is tried as it is, mended, merged three ways, and with less context, in that order, each time on the untouched
base tree. Mended are: its final newline, line ends, blank lines lost at its end, wrong counts in the headings of its
hunks, and missing prefixes of its paths; and what would be stripped anyway does not have to apply.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from swe_tasks.basetree import BaseTree
from swe_tasks.edits import changes, private_index, write_tree
from swe_tasks.errors import PatchError
from swe_tasks.git import Answer, listed, words
from swe_tasks.hygiene import Kind, clean, set_aside
from swe_tasks.patchcheck import content_before, discrepancy, lacking, path_of
from swe_tasks.patchmending import put_together, with_line_ends, with_line_feeds, with_lost_lines
from swe_tasks.patchtext import FilePatch, take_apart

How = Literal["git", "merge", "fuzz"]

_OFFSET = re.compile(r"\(offset (-?\d+) lines?\)")
_BLANKS = "--ignore-whitespace"
_FARTHEST = 50
"""Lines. With little context a hunk fits in many places, so it must fit near the one it names."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A patch that is let in."""

    tree: str
    """The base tree with the patch, without what was stripped."""
    stripped: tuple[str, ...]
    """Paths that the patch changes and that were left as they are, or of which parts were."""
    how: How
    """`git`: with all its context, perhaps mended. `merge`: by the blobs it starts from. `fuzz`: with less context,
    or with other blanks at the ends of lines."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    how: How
    patch: bytes
    level: int = 1
    options: tuple[str, ...] = ()
    mended: bool = True


@dataclass(frozen=True, slots=True)
class _Applied:
    tree: str
    how: How
    aside: Mapping[str, Kind]
    """Paths whose changes would be stripped, and were not applied either."""


def admit(base: BaseTree, patch: bytes) -> Admitted:
    """Apply a patch to the base tree and strip what does not belong in it.

    Raises:
        PatchError: it is empty, does not apply, is applied already, does something else than it says, changes
            nothing, or changes nothing but what is stripped.
    """
    if not patch.strip():
        raise PatchError("the patch is empty")
    applied = _apply(base, with_line_feeds(patch))
    kept, found = _strip(base, applied.tree)
    if kept == base.tree:
        raise PatchError(_nothing_left({**applied.aside, **found}))
    return Admitted(kept, tuple(sorted({*applied.aside, *found})), applied.how)


def strip(base: BaseTree, tree: str) -> tuple[str, tuple[str, ...]]:
    """A tree without the changes that do not belong in a patch, and the paths of these.

    Raises:
        PatchError: there is no such tree, or it changes a submodule.
    """
    kept, stripped = _strip(base, tree)
    return kept, tuple(stripped)


def _strip(base: BaseTree, tree: str) -> tuple[str, Mapping[str, Kind]]:
    cleaned = clean(base, tree, changes(base, tree))
    return (write_tree(base, cleaned.kept) if cleaned.stripped else tree), cleaned.stripped


def _nothing_left(stripped: Mapping[str, Kind]) -> str:
    if not stripped:
        return "the patch changes nothing"
    kinds = sorted(set(stripped.values()))
    lists = (f"{kind}: {listed([path for path in sorted(stripped) if stripped[path] == kind])}" for kind in kinds)
    return f"the patch changes only {'; '.join(lists)}"


def _apply(base: BaseTree, patch: bytes) -> _Applied:
    files = take_apart(patch)
    level = _prefixes(base, files)
    aside = set_aside(base, [name for file in files for name in (path_of(file.new or file.old, level),) if name])
    wanted = [file for file in files if path_of(file.new or file.old, level) not in aside]
    if files and not wanted:
        raise PatchError(_nothing_left(aside))
    refusals: list[str] = []
    for attempt in _attempts(patch, _mended(base, wanted, level), level):
        if len(refusals) == 1 and any(_is_applied(base, one, level) for one in (patch, attempt.patch)):
            raise PatchError("the patch is applied already: the base tree has what it adds, and lacks what it removes")
        tree, said = _try(base, attempt)
        if tree is None:
            refusals.append(said)
        elif wrong := _wrong(base, tree, attempt, wanted if attempt.mended else files):
            refusals.append(wrong)
        else:
            return _Applied(tree, attempt.how, aside if attempt.mended else {})
    raise PatchError(f"the patch does not apply:\n{refusals[0]}")


def _wrong(base: BaseTree, tree: str, attempt: _Attempt, files: Sequence[FilePatch]) -> str | None:
    if wrong := discrepancy(base, tree, files, attempt.level, exact=not attempt.mended):
        return wrong
    # Git would take a line for another that is indented otherwise.
    return lacking(base, files, attempt.level) if _BLANKS in attempt.options else None


def _attempts(patch: bytes, mended: Sequence[bytes], level: int) -> Iterator[_Attempt]:
    yield _Attempt("git", patch, mended=False)
    for text in mended:
        yield _Attempt("git", text, level)
    yield _Attempt("merge", patch, options=("--3way",), mended=False)
    for text in mended:
        for option in (_BLANKS, "-C2", "-C1"):
            yield _Attempt("fuzz", text, level, (option,))


def _try(base: BaseTree, attempt: _Attempt) -> tuple[str | None, str]:
    """The tree of one attempt, on an index of its own, and what git said."""
    with private_index(base) as git:
        options = (f"-p{attempt.level}", *attempt.options)
        answer = git.ask("apply", "--cached", "--verbose", "--whitespace=nowarn", *options, "-", stdin=attempt.patch)
        if answer.status:
            return None, _without_progress(answer)
        far = max((abs(int(number)) for number in _OFFSET.findall(answer.stderr)), default=0)
        if attempt.how == "fuzz" and far > _FARTHEST:
            return None, f"with less context it fits {far} lines away from where it says, which may be another place"
        return git.line("write-tree", error=PatchError), ""


def _without_progress(answer: Answer) -> str:
    errors = [line for line in answer.stderr.splitlines() if line.startswith(("error:", "fatal:"))]
    return words(Answer(answer.status, b"", "\n".join(errors))) if errors else words(answer)


def _is_applied(base: BaseTree, patch: bytes, level: int) -> bool:
    """Only looked at: nothing is ever applied backwards."""
    with private_index(base) as git:
        options = ("--check", "-R", "--whitespace=nowarn", f"-p{level}")
        return git.ask("apply", "--cached", *options, "-", stdin=patch).status == 0


def _mended(base: BaseTree, files: Sequence[FilePatch], level: int) -> tuple[bytes, ...]:
    """The patch with small faults mended, each form once."""
    if any(file.binary for file in files):
        return ()
    forms = [
        put_together([with_line_ends(file, content_before(base, path_of(file.old, level)) or b"") for file in form])
        for form in (with_lost_lines(files), files)
        if form
    ]
    return tuple(dict.fromkeys(forms))


def _prefixes(base: BaseTree, files: Sequence[FilePatch]) -> int:
    """How many leading parts of the paths are not meant: 1 as git writes them, 0 where there are none."""
    olds = [file.old for file in files if file.old is not None]
    bare = bool(olds) and all(name in base.entries for name in olds)
    return 0 if bare and not all(path_of(name, 1) in base.entries for name in olds) else 1
