"""What the repository's own tests say of the candidates."""

from collections.abc import Mapping
from dataclasses import dataclass

from selection.result import Step

STAGE = "tests"


@dataclass(frozen=True, slots=True)
class Tested:
    """Which tests of the repository each candidate breaks."""

    tests: int
    """How many pass on the base tree every time: those that candidates were asked."""
    broken: Mapping[str, frozenset[str]]
    """Candidate digest -> those of them that fail there every time. No entry: nothing is known."""
    trail: tuple[Step, ...]
    runner: str
    """What ran them, for people; empty when nothing was run."""
    files: tuple[str, ...]
    """The test files that were run, nearest to the edits first."""

    __test__ = False  # not a test case, whatever pytest thinks of its name
