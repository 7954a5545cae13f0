"""Candidates out of patches and trees: let in, cleaned, and grouped by what they say and not by how it is laid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from selection import Candidate
from selection.syntax import syntax_key
from swe_tasks.admission import admit, strip
from swe_tasks.basetree import BaseTree, mode_of, read
from swe_tasks.edits import changes, diff
from swe_tasks.errors import PatchError
from swe_tasks.task import FileChange


@dataclass(frozen=True, slots=True)
class External:
    """A patch with the name of what made it."""

    source: str
    patch: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A patch from elsewhere that is no candidate, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Origin:
    """One patch or tree that came in."""

    name: str
    tree: str
    stripped: tuple[str, ...]


def from_patches(base: BaseTree, externals: Sequence[External]) -> tuple[tuple[Candidate, ...], tuple[Refused, ...]]:
    """The candidates that patches from elsewhere are, and the patches that are none. Runs git, so it takes a while."""
    origins: list[_Origin] = []
    refused: list[Refused] = []
    for external in externals:
        try:
            admitted = admit(base, external.patch.encode("utf-8", errors="surrogateescape"))
        except PatchError as error:
            refused.append(Refused(external.source, str(error)))
        else:
            origins.append(_Origin(external.source, admitted.tree, admitted.stripped))
    return _grouped(base, origins), tuple(refused)


def from_trees(base: BaseTree, trees: Sequence[tuple[str, str]]) -> tuple[Candidate, ...]:
    """The candidates that trees are, given as (origin, tree). Those that are the base tree once they are cleaned are
    left out. Runs git, so it takes a while.

    Raises:
        PatchError: a tree is not in the base tree's store.
    """
    origins = (_Origin(name, *strip(base, tree)) for name, tree in trees)
    return _grouped(base, [origin for origin in origins if origin.tree != base.tree])


def _grouped(base: BaseTree, origins: Sequence[_Origin]) -> tuple[Candidate, ...]:
    """One candidate for each thing said, in an order that does not depend on the origins'."""
    keys = _Keys(base)
    groups: dict[str, set[str]] = {}
    for tree in {origin.tree for origin in origins}:
        groups.setdefault(keys.of_tree(tree), set()).add(tree)
    candidates = (_candidate(base, trees, origins) for trees in groups.values())
    return tuple(sorted(candidates, key=lambda candidate: candidate.digest))


def _candidate(base: BaseTree, trees: Iterable[str], origins: Sequence[_Origin]) -> Candidate:
    """The shortest patch stands for all."""
    patches = {tree: diff(base, tree) for tree in trees}
    first, *others = sorted(patches, key=lambda tree: (len(patches[tree]), tree))
    mine = [origin for origin in origins if origin.tree in patches]
    return Candidate(
        digest=first,
        patch=patches[first],
        origins=tuple(dict.fromkeys(origin.name for origin in mine)),
        twins=tuple(sorted(others)),
        stripped=tuple(sorted({path for origin in mine for path in origin.stripped})),
    )


@dataclass(frozen=True, slots=True)
class _Keys:
    """What trees say, each file read once."""

    base: BaseTree
    known: dict[tuple[str, bytes], str] = field(default_factory=dict[tuple[str, bytes], str])

    def of_tree(self, tree: str) -> str:
        """Equal for trees that say the same: a change of nothing but comments is none."""
        said = [self._of_change(change) for change in changes(self.base, tree)]
        return sha256("\n".join(one for one in said if one is not None).encode()).hexdigest()

    def _of_change(self, change: FileChange) -> str | None:
        mode = mode_of(self.base, change.path)
        before = None
        if mode in {"file", "executable"}:
            before = f"{mode} {self._of_file(change.path, read(self.base, change.path))}"
        now = f"{change.mode} {self._of_content(change)}"
        return None if now == before else now

    def _of_content(self, change: FileChange) -> str:
        if change.content is None or change.mode == "symlink":
            what = b"gone" if change.content is None else change.content
            return sha256(change.path.encode("utf-8", "surrogateescape") + b"\0" + what).hexdigest()
        return self._of_file(change.path, change.content)

    def _of_file(self, path: str, content: bytes) -> str:
        place = (path, sha256(content).digest())
        if place not in self.known:
            self.known[place] = syntax_key(path, content)
        return self.known[place]
