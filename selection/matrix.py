"""Which script says what of which candidate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from selection.behaviour import Behaviour, Probe


class Outcome(StrEnum):
    """What one execution of a script says. A cell that is not there is missing data, neither of these."""

    SOLVED = "solved"
    UNSOLVED = "unsolved"
    BROKEN = "broken"
    """The script crashed, ran out of time or gave an exit code that means nothing."""


def outcome_of(exit_code: int) -> Outcome:
    """The contract of every script: 0 = issue solved, 2 = not solved, anything else = broken."""
    return {0: Outcome.SOLVED, 2: Outcome.UNSOLVED}.get(exit_code, Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch with where it came from. `digest` names the resulting tree: equal trees, equal candidates."""

    digest: str
    patch: bytes
    origins: tuple[str, ...]
    twins: tuple[str, ...] = ()
    """Digests of other trees of the same syntax, which this one stands for. Their origins are among its own."""
    stripped: tuple[str, ...] = ()
    """Paths that some origin's patch changed and that were left out: tests, their configuration, stray files."""


@dataclass(frozen=True, slots=True)
class TestScript:
    """A distinct test script with where it came from."""

    digest: str
    text: str
    origins: tuple[str, ...]

    __test__ = False  # not a test case, whatever pytest thinks of its name


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done or found on the way to a choice, for people."""

    stage: str
    """Of the method: admission, tests, examples, scripts, clusters, duel, ..."""
    said: str


@dataclass(frozen=True, slots=True)
class OutcomeMatrix:
    """Candidates x scripts, and the base tree under every script. Missing cells are missing data."""

    candidates: tuple[Candidate, ...]
    scripts: tuple[TestScript, ...]
    base: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])
    """Script digest -> what it says of the base tree."""
    cells: Mapping[tuple[str, str], Outcome] = field(default_factory=dict[tuple[str, str], Outcome])
    """(candidate digest, script digest) -> what it says."""
    regressions: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Candidate digest -> tests of the repository that pass on the base tree and fail here. No entry: not known."""
    tests: int = 0
    """How many of the repository's tests were asked for: those that pass on the base tree every time."""
    probes: tuple[Probe, ...] = ()
    base_behaviours: Mapping[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    """Probe digest -> what it shows on the base tree."""
    behaviours: Mapping[tuple[str, str], Behaviour] = field(default_factory=dict[tuple[str, str], Behaviour])
    """(candidate digest, probe digest) -> what it shows."""
    found: tuple[Step, ...] = ()
    """How all this was found out."""

    def column(self, script: str) -> dict[str, Outcome]:
        """What `script` says of each candidate it was run on."""
        return {
            candidate.digest: self.cells[candidate.digest, script]
            for candidate in self.candidates
            if (candidate.digest, script) in self.cells
        }
