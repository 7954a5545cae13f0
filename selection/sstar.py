"""S* (arXiv 2502.14382): behaviours meet in pairs, over inputs that tell the two apart, before a judge.

Two variants. `paper` is the paper's Algorithm 1: whole behaviours, one representative of each. `repo` is what its
released code does: clusters of every input by itself, and every sample of one meets every sample of the other. Both
differ from what they are made after in this: nothing is asked where all behave alike, and draws are decided by
evidence, never by chance. What is judged, and by whom, is the caller's: nothing here asks a model.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from typing import Generic, TypeVar

from selection.clusters import clusters, key_of, standing
from selection.matrix import Candidate, Outcome, OutcomeMatrix
from selection.public import public_accuracy, survivors
from selection.result import Ranked, Selection, Step, solved_by
from selection.votes import voting_scripts

T = TypeVar("T")


class Verdict(StrEnum):
    """What a judge says of two candidates, by the order in which they were shown."""

    FIRST = "first"
    SECOND = "second"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Judge(Generic[T]):
    """What a match takes. A judge that says None, or nothing that could be read, gives no evidence."""

    look: Callable[[Candidate, Candidate], Awaitable[T]]
    """Find inputs that tell the two apart and run them."""
    say: Callable[[Candidate, Candidate, T], Awaitable[Verdict | None]]
    """Which is better by what was seen, the first shown first. Asked in both orders."""
    code: Callable[[Candidate, Candidate], Awaitable[Verdict | None]]
    """Which is better by its code alone. Asked in both orders, where inputs decide nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """How it went. `order` is best first, and holds every candidate."""

    order: tuple[str, ...]
    scores: Mapping[str, float]
    """Candidate digest -> points; in `paper` those of its cluster."""
    rule: str
    matches: int = 0
    """Matches that count. The same two candidates may meet over several inputs; they are judged once."""
    groups: int = 0
    """Different behaviours among those that play."""
    steps: tuple[Step, ...] = ()
    share: float | None = None
    """Of what was won at all, what the best won: a number between 0 and 1, not calibrated. None if nothing was."""


Points = tuple[float, float]


def settle(straight: Verdict | None, swapped: Verdict | None) -> Points:
    """Points of one match: the first's and the second's, from what was said in both orders.

    Orders that agree give the point, twice equal halves it, contradictions and what cannot be read give none.
    """
    match straight, swapped:
        case Verdict.FIRST, Verdict.SECOND:
            return 1.0, 0.0
        case Verdict.SECOND, Verdict.FIRST:
            return 0.0, 1.0
        case Verdict.EQUAL, Verdict.EQUAL:
            return 0.5, 0.5
        case _:
            return 0.0, 0.0


async def choose_by_sstar(matrix: OutcomeMatrix, judge: Judge[T], *, variant: str, most: int | None = None) -> Played:
    """Choose by the variant `paper` or `repo`. `most` is how many clusters meet in `paper`, the best supported ones.

    Raises:
        ValueError: there is no such variant.
    """
    if variant not in {"paper", "repo"}:
        raise ValueError(f"there is no variant {variant!r} of S*; there are: paper, repo")
    places = standing(matrix)
    ranked = sorted(places, key=lambda name: places[name])
    playing = replace(matrix, candidates=tuple(sorted(survivors(matrix), key=lambda c: c.digest)))
    if not playing.candidates:
        accuracy = public_accuracy(matrix)
        order = sorted(ranked, key=lambda name: -accuracy.get(name, 0.0))
        return Played(tuple(order), accuracy, "nobody passes the public tests: the best share of them")
    table = _Table(judge)
    played = await (_paper(playing, table, most) if variant == "paper" else _repo(playing, table))
    return replace(played, order=(*played.order, *(name for name in ranked if name not in set(played.order))))


@dataclass
class _Table(Generic[T]):
    """Where matches are played, each pair once."""

    judge: Judge[T]
    matches: int = 0
    known: dict[tuple[str, str], Points] = field(default_factory=dict[tuple[str, str], Points])

    async def meet(self, one: Candidate, other: Candidate) -> Points:
        """A match over inputs that tell the two apart."""
        self.matches += 1
        key = (one.digest, other.digest)
        if key not in self.known:
            seen = await self.judge.look(one, other)
            straight = await self.judge.say(one, other, seen)
            swapped = await self.judge.say(other, one, seen)
            mine, theirs = settle(straight, swapped)
            self.known[key], self.known[other.digest, one.digest] = (mine, theirs), (theirs, mine)
        return self.known[key]

    async def read(self, candidates: Sequence[Candidate]) -> dict[str, float]:
        """Every pair by its code alone."""
        points = {candidate.digest: 0.0 for candidate in candidates}
        for one, other in combinations(candidates, 2):
            self.matches += 1
            straight, swapped = await self.judge.code(one, other), await self.judge.code(other, one)
            mine, theirs = settle(straight, swapped)
            points[one.digest] += mine
            points[other.digest] += theirs
        return points


async def _paper(matrix: OutcomeMatrix, table: _Table[T], most: int | None) -> Played:
    """Algorithm 1. Draws go to the larger cluster, then to more votes, then to the shorter patch."""
    groups = clusters(matrix)  # in just that order
    places = standing(matrix)
    leading = [group.representative for group in groups[:most]]
    if len(groups) == 1:
        order = sorted(places, key=lambda name: places[name])
        return Played(tuple(order), {}, "all behave alike: most votes, then the shortest patch", groups=1)
    points = {leader.digest: 0.0 for leader in leading}
    for one, other in combinations(leading, 2):
        mine, theirs = await table.meet(one, other)
        points[one.digest] += mine
        points[other.digest] += theirs
    rule = "most points against other behaviours"
    if not any(points.values()):
        points = await table.read(leading)
        rule = "no input decides: most points by code alone"
    best = sorted(groups, key=lambda group: -points.get(group.representative.digest, 0.0))  # stable
    if [*points.values()].count(max(points.values())) > 1:
        rule += ", a tie: the larger behaviour cluster, more votes, the shorter patch"
    scores = {m.digest: points.get(group.representative.digest, 0.0) for group in groups for m in group.members}
    order = [name for group in best for name in sorted((m.digest for m in group.members), key=lambda n: places[n])]
    return Played(tuple(order), scores, rule, table.matches, len(groups), share=_share(points))


async def _repo(matrix: OutcomeMatrix, table: _Table[T]) -> Played:
    """The released code's rule. Draws go to the first candidate by digest, as theirs go to the first by number."""
    candidates = {candidate.digest: candidate for candidate in matrix.candidates}
    groups = len(clusters(matrix))
    if groups == 1:
        return Played(tuple(candidates), {}, "all behave alike: the first candidate", groups=1)
    totals = dict.fromkeys(candidates, 0.0)
    steps: list[Step] = []
    won = 0
    for name, kinds in _kinds(matrix):
        points = [0.0] * len(kinds)
        for (i, ones), (j, others) in combinations(enumerate(kinds), 2):
            for one in ones:
                for other in others:
                    mine, theirs = await table.meet(candidates[one], candidates[other])
                    points[i] += mine
                    points[j] += theirs
        steps.append(Step("duel", f"over {name[:20]}: {' / '.join(f'{p:g}' for p in points)} points"))
        if points.count(max(points)) == 1:
            won += 1
            for winner in kinds[points.index(max(points))]:
                totals[winner] += 1
    rule = "best behaviour on most inputs"
    share = max(totals.values()) / won if won else None
    if not won:
        totals = await table.read(list(candidates.values()))
        rule, share = "no input decides: most points by code alone", _share(totals)
    order = sorted(totals, key=lambda name: -totals[name])  # stable: the first on ties
    return Played(tuple(order), totals, rule, table.matches, groups, tuple(steps), share)


def _share(points: Mapping[str, float]) -> float | None:
    total = sum(points.values())
    return max(points.values()) / total if total else None


def _kinds(matrix: OutcomeMatrix) -> Iterable[tuple[str, list[list[str]]]]:
    """Each input that tells candidates apart, with those that give the same output together. Errors have no say."""
    for script in matrix.scripts:
        cells = {c: out.value for c, out in matrix.column(script.digest).items() if out is not Outcome.BROKEN}
        yield from _told(f"script {script.digest}", matrix, cells)
    for probe in matrix.probes:
        ended = {
            c.digest: key_of(behaviour)
            for c in matrix.candidates
            if (behaviour := matrix.behaviours.get((c.digest, probe.digest))) and behaviour.exit_code == 0
        }
        yield from _told(f"probe {probe.digest}", matrix, ended)


def _told(name: str, matrix: OutcomeMatrix, values: Mapping[str, str]) -> Iterable[tuple[str, list[list[str]]]]:
    kinds: dict[str, list[str]] = {}
    for candidate in matrix.candidates:
        if candidate.digest in values:
            kinds.setdefault(values[candidate.digest], []).append(candidate.digest)
    if len(kinds) > 1:
        yield name, list(kinds.values())


def selection_of(matrix: OutcomeMatrix, played: Played) -> Selection:
    """What was played as a selection, with the votes each candidate has."""
    voting = voting_scripts(matrix)
    by_digest = {candidate.digest: candidate for candidate in matrix.candidates}

    def row(name: str) -> Ranked:
        voters = solved_by(matrix, by_digest[name], voting)
        return Ranked(by_digest[name], len(voters), voters, played.scores.get(name, 0.0))

    return Selection(tuple(map(row, played.order)), voting, played.rule, played.share, played.steps)
