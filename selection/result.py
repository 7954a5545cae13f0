"""What every method gives: all candidates, best first, with what speaks for each and the rule that decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selection.matrix import Candidate, Outcome, OutcomeMatrix, Step


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the votes for it, and the voting scripts that gave them."""

    candidate: Candidate
    votes: int
    voters: tuple[str, ...]
    score: float = 0.0
    """The method's own number, if it has one: comparable within one selection only, larger is better."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen candidate and why."""

    ranking: tuple[Ranked, ...]
    """Best first; empty when there was no candidate."""
    voting: tuple[str, ...]
    """Digests of the scripts that had a vote."""
    rule: str
    """The rule that decided, for people."""
    belief: float | None = None
    """The method's own confidence in the winner, 0 to 1; None where the share of votes is all there is."""
    trail: tuple[Step, ...] = ()
    """How it came to the choice."""
    abstained: bool = False
    """There are candidates, and none is trusted enough to be chosen."""

    @property
    def winner(self) -> Candidate | None:
        return self.ranking[0].candidate if self.ranking and not self.abstained else None

    @property
    def confidence(self) -> float:
        """The method's belief, or the share of the voting scripts that the winner passes; 0 without evidence."""
        if self.belief is not None:
            return self.belief
        return self.ranking[0].votes / len(self.voting) if self.ranking and self.voting else 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with the numbers that place it: the first that differs decides, the smaller number is better."""

    row: Ranked
    place: tuple[float, ...]


def rank(rows: Iterable[Placed], rules: Sequence[str]) -> tuple[tuple[Ranked, ...], str]:
    """All rows, best first, and the rule that put the first before the second.

    `rules[i]` names what the i-th number of a place is about. The smaller digest is the last rule of every
    method, so that the order in which candidates arrive never decides.
    """
    ordered = sorted(rows, key=lambda one: (one.place, one.row.candidate.digest))
    ranking = tuple(one.row for one in ordered)
    if not ordered:
        return ranking, "no candidate"
    if len(ordered) == 1:
        return ranking, "the only candidate" + ("" if ordered[0].row.votes else ", vouched for by no script")
    first, second = ordered[0].place, ordered[1].place
    decided = [rule for rule, mine, other in zip(rules, first, second, strict=True) if mine != other]
    return ranking, decided[0] if decided else "tied in everything: the smaller digest"


def solved_by(matrix: OutcomeMatrix, candidate: Candidate, scripts: Iterable[str]) -> tuple[str, ...]:
    """Those of `scripts` that were seen to accept the candidate."""
    return tuple(s for s in scripts if matrix.cells.get((candidate.digest, s)) is Outcome.SOLVED)


def not_run(matrix: OutcomeMatrix, candidate: Candidate) -> int:
    """How many scripts nothing is known of on the candidate.

    Where methods that look at sets are undecided, the candidate that more is known of comes first: a lost outcome
    may let it join a set, and would help it otherwise.
    """
    return sum((candidate.digest, script.digest) not in matrix.cells for script in matrix.scripts)


def accepting_scripts(matrix: OutcomeMatrix) -> tuple[str, ...]:
    """The scripts, by digest, that accept some candidate, whatever they say of the base tree."""
    digests = {script.digest for script in matrix.scripts}
    return tuple(sorted(digest for digest in digests if Outcome.SOLVED in matrix.column(digest).values()))
