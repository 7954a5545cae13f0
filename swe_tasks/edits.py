"""Changes to a base tree, made, compared and applied by git. All of it may run in many threads at once."""

import re
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from swe_tasks.basetree import INDEX, MODES, BaseTree
from swe_tasks.difference import checked_id, differences
from swe_tasks.errors import PatchError
from swe_tasks.git import Answer, Git, raw, text, words
from swe_tasks.paths import refuse_conflicts, refuse_unsafe
from swe_tasks.task import FileChange

_GIT_MODES = {mode: git_mode for git_mode, mode in MODES.items()}
_DIFF = (
    "diff-tree", "-r", "-p", "--find-renames", "--binary", "--full-index", "--no-ext-diff", "--no-textconv",
    "--no-color", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
# In a patch, lines of files start with a sign, and those of binary patches hold no blank.
_FILE_PATCH = re.compile(rb"^(?=diff --git )", re.MULTILINE)


def write_tree(base: BaseTree, changes: Sequence[FileChange]) -> str:
    """The id of the base tree with these changes. Equal trees have equal ids.

    Raises:
        PatchError: a path is unsafe, or the changes cannot hold together; nothing was written then.
    """
    for change in changes:
        refuse_unsafe(change.path)
    refuse_conflicts(base.entries, tuple(base.entries), changes)
    if not changes:
        return base.tree
    with private_index(base) as git:
        ids = _write_blobs(git, [change.content for change in changes if change.content is not None])
        removed = [f"0 {base.tree}\t".encode() + raw(c.path) for c in changes if c.content is None]
        written = [
            f"{_GIT_MODES[change.mode]} {blob}\t".encode() + raw(change.path)
            for change, blob in zip((c for c in changes if c.content is not None), ids, strict=True)
        ]
        lines = b"".join(line + b"\0" for line in removed + written)
        git.run("update-index", "-z", "--index-info", stdin=lines, error=PatchError)
        return git.line("write-tree", error=PatchError)


def changes(base: BaseTree, tree: str) -> tuple[FileChange, ...]:
    """How a tree differs from the base tree, sorted by path. A rename is a deletion and a new file.

    Raises:
        PatchError: there is no such tree in this store, or it changes a submodule.
    """
    git = Git(base.git_dir)
    rows = differences(git, base.tree, tree)
    blobs = iter(_read_blobs(git, [row.blob for row in rows if row.mode in MODES]))
    return tuple(
        FileChange(row.path, next(blobs), MODES[row.mode]) if row.mode in MODES else FileChange(row.path, None)
        for row in rows
    )


def diff(base: BaseTree, tree: str) -> bytes:
    """The patch from the base tree to another: empty when they are the same. Always the same bytes.

    Raises:
        PatchError: there is no such tree in this store.
    """
    return Git(base.git_dir).run(*_DIFF, base.tree, checked_id(tree), error=PatchError)


def text_diff(base: BaseTree, tree: str) -> str:
    """`diff` for formats that hold text alone: a file whose patch is not UTF-8 is given as a binary patch, and
    names that are not UTF-8 are quoted. `git apply` makes the same tree of it.

    Raises:
        PatchError: there is no such tree in this store.
    """
    try:
        return diff(base, tree).decode()
    except UnicodeDecodeError:
        # Both forms have the same parts only without renames: these are found by likeness, which depends on the form.
        command = (*_DIFF, "--no-renames", base.tree, checked_id(tree))
        quoted = {"core.quotePath": "true"}
        plain = Git(base.git_dir, settings=quoted).run(*command, error=PatchError)
        binary = Git(base.git_dir, settings={**quoted, "diff.default.binary": "true"}).run(*command, error=PatchError)
        pairs = zip(_FILE_PATCH.split(plain), _FILE_PATCH.split(binary), strict=True)
        return "".join((part if _is_text(part) else other).decode() for part, other in pairs)


def portable(base: BaseTree, patch: bytes) -> str:
    """Any patch to the base tree as one that `text_diff` makes.

    Raises:
        PatchError: it does not apply, or it names an unsafe path.
    """
    return text_diff(base, apply_patch(base, patch))


def apply_patch(base: BaseTree, patch: bytes) -> str:
    """The id of the base tree with a patch applied, by content and if need be by three-way merge. The empty
    patch changes nothing.

    Raises:
        PatchError: it does not apply, or it names an unsafe path; with git's own words.
    """
    if not patch:
        return base.tree
    with private_index(base) as git:
        tree = apply_to_index(git, patch, merge=True)
    for row in differences(Git(base.git_dir), base.tree, tree):
        refuse_unsafe(row.path)
    return tree


def apply_to_index(git: Git, patch: bytes, *, merge: bool) -> str:
    """Apply a patch to a git index that may be spoilt, and return the tree's id. With `merge`, a patch that
    does not fit as it is may still be merged, by the blobs it says it starts from.

    Raises:
        PatchError: it does not apply; with git's own words.
    """
    assert git.index is not None
    untouched = git.index.with_name("untouched")
    shutil.copyfile(git.index, untouched)
    plain = _apply(git, patch)
    if plain.status:
        shutil.copyfile(untouched, git.index)
        if not merge or _apply(git, patch, "--3way").status:
            raise PatchError(f"the patch does not apply:\n{words(plain)}")
    return git.line("write-tree", error=PatchError)


def _apply(git: Git, patch: bytes, *more: str) -> Answer:
    return git.ask("apply", "--cached", "--whitespace=nowarn", *more, "-", stdin=patch)


def _is_text(part: bytes) -> bool:
    try:
        part.decode()
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def private_index(base: BaseTree) -> Generator[Git, None, None]:
    """Git with an index of the base tree that may be spoilt and is gone afterwards."""
    # Reading the tree once and copying the index is far cheaper than reading it each time.
    with tempfile.TemporaryDirectory(prefix="index-", dir=base.git_dir) as folder:
        index = Path(folder) / "index"
        shutil.copyfile(base.git_dir / INDEX, index)
        yield replace(Git(base.git_dir), index=index)


def _write_blobs(git: Git, contents: Sequence[bytes]) -> list[str]:
    assert git.index is not None
    if not contents:
        return []
    # Files are how one git process takes many blobs; their names are ours, so no line end is in them.
    places: list[Path] = []
    for number, content in enumerate(contents):
        place = git.index.with_name(f"blob-{number}")
        place.write_bytes(content)
        places.append(place)
    names = "".join(f"{place}\n" for place in places).encode()
    found = git.line("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names, error=PatchError)
    return found.split("\n")


def _read_blobs(git: Git, ids: Sequence[str]) -> list[bytes]:
    if not ids:
        return []
    said = git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in ids).encode(), error=PatchError)
    blobs: list[bytes] = []
    position = 0
    for name in ids:
        header = said[position : said.index(b"\n", position)]
        match = re.fullmatch(rb"[0-9a-f]+ blob ([0-9]+)", header)
        if match is None:
            raise PatchError(f"the store has no blob {name}: {text(header)}")
        start = position + len(header) + 1
        blobs.append(said[start : start + int(match[1])])
        position = start + int(match[1]) + 1
    return blobs
