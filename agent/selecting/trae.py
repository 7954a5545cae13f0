"""Trae Agent's choice (arXiv 2507.23370): patches with regressions go, then agents look into the rest and vote.

Unlike the released code: votes are conversations that share nothing, each with an order of its own; an answer that
cannot be read is no vote; how many trajectories agreed counts where votes tie; the last round over the winners of
groups is held here; and it can be said that none is right.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.selecting.asking import Asker
from agent.selecting.ballot import cast_vote
from agent.selecting.lettered import NONE, called, groups
from agent.selecting.method import Chosen
from agent.workbench import Workbench
from selection.consensus import new_regressions
from selection.matrix import Candidate, OutcomeMatrix
from selection.origins import independent_units
from selection.result import Placed, Ranked, Selection, Step, rank, solved_by
from selection.votes import voting_scripts

STAGE: Final = "trae"
VOTES: Final = 5
"""How many votes are held at most, and never more than there are patches to vote for."""
SPARE: Final = 2
"""How many votes are held again at most, for those that could not be read."""
_RULES: Final = (
    "kept for having no regression",
    "the winner of its group",
    "most votes",
    "votes tied: more independent origins",
    "origins tied: the shorter patch",
)


@dataclass(frozen=True, slots=True)
class _Count:
    """What came of one election. Digest of a candidate, or `NONE` -> votes."""

    votes: Counter[str]
    planned: int

    @property
    def decided(self) -> bool:
        return bool(self.votes) and 2 * max(self.votes.values()) > self.planned

    @property
    def left(self) -> int:
        return self.planned - self.votes.total()

    @property
    def open(self) -> bool:
        """Whether nobody has more than half of the planned votes yet, and the rest of them can still change that."""
        best = max(self.votes.values(), default=0)
        return self.left > 0 and not self.decided and 2 * (best + self.left) > self.planned


@dataclass
class _Hall:
    """Where the elections of one task are held."""

    bench: Workbench
    asker: Asker
    files: Mapping[str, str]
    trail: list[Step] = field(default_factory=list[Step])
    held: int = 0
    """Votes so far, those that could not be read included."""


async def trae(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """The patch that most of a few agents vote for, of those without regressions.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    hall = _Hall(bench, Asker(bench, STAGE, bench.choosing.calls if bench.asks else 0), files)
    kept = _without_regressions(matrix, hall.trail)
    final = list(kept)
    while len(met := groups(bench, final, STAGE, len(final))) > 1:
        counts: list[_Count] = []
        for place, group in enumerate(met):
            # Later groups, and the round over their winners, are to have as many completions as this one.
            counts.append(await _elect(hall, group, hall.asker.left // (len(met) - place + 1)))
        final = [_first(group, count) for group, count in zip(met, counts, strict=True)]
    count = await _elect(hall, final, hall.asker.left)
    return Chosen(matrix, _concluded(hall, matrix, kept, final, count))


def _without_regressions(matrix: OutcomeMatrix, trail: list[Step]) -> tuple[Candidate, ...]:
    """The candidates not seen to break anything that others do not break; all, if none is seen to be clean."""
    broken = new_regressions(matrix)
    clean = [one for one in matrix.candidates if one.digest in broken and not broken[one.digest]]
    kept = tuple(one for one in matrix.candidates if not broken.get(one.digest))
    if not clean or len(kept) == len(matrix.candidates):
        trail.append(Step("tests", "The repository's tests tell no patches apart: all are kept."))
        return matrix.candidates
    gone = sorted(called(one) for one in matrix.candidates if one not in kept)
    trail.append(Step("tests", f"Dropped for regressions: {'; '.join(gone)}."))
    return kept


async def _elect(hall: _Hall, group: Sequence[Candidate], calls: int) -> _Count:
    """Votes until someone has more than half of those planned, nobody can, or `calls` completions are used."""
    if len(group) < 2:
        return _Count(Counter(), 0)
    count = _Count(Counter(), min(VOTES, len(group)))
    until = hall.asker.calls + calls
    held = 0
    while count.open and held < count.planned + SPARE and hall.asker.left and hall.asker.calls < until:
        fair = (until - hall.asker.calls) // count.left
        hall.held += 1
        held += 1
        vote = await cast_vote(hall.bench, hall.asker, hall.files, group, number=hall.held, turns=max(1, fair))
        if vote is not None:
            count.votes[vote] += 1
    names = {one.digest: called(one) for one in group} | {NONE: "none is right"}
    listed = "; ".join(f"{names[digest]} {votes}" for digest, votes in sorted(count.votes.items())) or "none"
    unread = held - count.votes.total()
    why = f" {unread} could not be read." if unread else ""
    why += f" No more was asked: {hall.asker.stopped}." if hall.asker.stopped else ""
    hall.trail.append(Step("votes", f"{count.planned} planned on {len(group)} patches, {held} held: {listed}.{why}"))
    return count


def _first(group: Sequence[Candidate], count: _Count) -> Candidate:
    """Most votes, then most independent origins, then the shorter patch, then the smaller digest."""
    return min(group, key=lambda one: (*_standing(one, count), one.digest))


def _standing(candidate: Candidate, count: _Count) -> tuple[float, float, float]:
    return -count.votes[candidate.digest], -independent_units([candidate]), len(candidate.patch)


def _concluded(
    hall: _Hall, matrix: OutcomeMatrix, kept: Sequence[Candidate], final: Sequence[Candidate], count: _Count
) -> Selection:
    voting = voting_scripts(matrix)
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        row = Ranked(candidate, len(voters), voters, count.votes[candidate.digest])
        placed.append(Placed(row, (candidate not in kept, candidate not in final, *_standing(candidate, count))))
    ranking, rule = rank(placed, _RULES)
    best = ranking[0].score if ranking else 0.0
    if len(final) > 1 and not best:
        rule = ("the model says that none is right: " if count.votes else "no vote: ") + rule
    belief = best / count.planned if count.planned else None
    return Selection(ranking, voting, rule, belief, tuple(hall.trail))
