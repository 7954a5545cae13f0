"""Finds the test files of a base tree that are worth running on candidates, from the tree and the edits alone."""

from collections import Counter
from collections.abc import Sequence

from agent.files import TreeFiles
from agent.regression.layout import paths_of_tests
from agent.regression.nearness import Edited, rank_tests
from selection.matrix import Candidate
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import changes

_LARGEST = 1 << 20
"""Bytes of a file that is looked into."""
_CONFIGURATION = frozenset({"pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"})


def find_tests(
    base: BaseTree, candidates: Sequence[Candidate], *, every_language: bool
) -> tuple[tuple[str, float], ...]:
    """All test files of the base tree with how near they are to the candidates' edits, the nearest first.

    The order depends on all candidates together, so that each meets the same tests. Blocks.
    """
    tree = TreeFiles(base)
    known = dict.fromkeys(tree, b"")
    tests = paths_of_tests(
        {**known, **{path: tree[path] for path in _CONFIGURATION & known.keys()}}, every_language=every_language
    )
    for path in {*tests, *(path for path in tree if path.endswith(".py"))}:
        if (base.path / path).stat().st_size <= _LARGEST:
            known[path] = tree[path]
    edits = Counter(change.path for one in candidates for change in changes(base, one.digest))
    edited = [Edited(path, count / len(candidates)) for path, count in sorted(edits.items())]
    return rank_tests(known, tests, edited, [one.patch for one in candidates])
