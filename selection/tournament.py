"""Which representatives meet in which order, and what their duels say: the pure part of a tournament.

A duel is evidence, no verdict. What its judge says is right with the probability `JUDGE_IS_RIGHT`, so a win makes the
winner likelier than the loser by `WIN` nats; of the others it says nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from selection.clusters import clusters, standing
from selection.matrix import Candidate, OutcomeMatrix

JUDGE_IS_RIGHT: Final = 0.75
"""How often a judge of one mind is right. A guess to start with, to be measured on recorded duels."""
WIN: Final = math.log(JUDGE_IS_RIGHT / (1 - JUDGE_IS_RIGHT))
"""What a win weighs between winner and loser, in nats: 1.1."""
MOST: Final = 4
"""Representatives that meet, at most."""
LEAST: Final = 0.05
"""Belief that a representative needs to be worth a duel."""
ENOUGH: Final = 0.5
"""Lead of the first over the second, in shares of belief, that needs no further duel."""
NEITHER: Final = "neither"
"""A judge's word for: none of the two."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A cluster's representative, with those it stands for."""

    candidate: Candidate
    members: tuple[Candidate, ...]
    belief: float
    """That its behaviour is right, before any duel."""


@dataclass(frozen=True, slots=True)
class Duel:
    """What became of a pair. Candidates are named by their digests."""

    one: str
    other: str
    attempts: int
    """Programs that were written and run."""
    probe: str | None = None
    """Digest of the program that they were judged by; None if no program told them apart."""
    predictions: tuple[str, str] = ("", "")
    """What the program was expected to print with each, said before it ran."""
    verdicts: tuple[str | None, str | None] = (None, None)
    """Whom the judge named in either order: a digest, `NEITHER`, or None where no answer could be read."""
    alike: bool = False
    """Every attempt was made, and no program told the two apart."""

    @property
    def winner(self) -> str | None:
        """Named in both orders; else nobody, and the duel is no evidence."""
        first, second = self.verdicts
        return first if first == second and first in {self.one, self.other} else None

    @property
    def loser(self) -> str | None:
        if self.winner is None:
            return None
        return self.other if self.winner == self.one else self.one


def contenders(
    matrix: OutcomeMatrix, posterior: Mapping[str, float], *, most: int = MOST, least: float = LEAST
) -> tuple[Contender, ...]:
    """Representatives of the clusters that are believed in, the likeliest first.

    A cluster is believed as much as the member that is believed most, which stands for it.
    """
    places = standing(matrix)

    def contender(members: Sequence[Candidate]) -> Contender:
        best = min(members, key=lambda m: (-posterior.get(m.digest, 0.0), places[m.digest]))
        return Contender(best, tuple(members), posterior.get(best.digest, 0.0))

    found = [contender(cluster.members) for cluster in clusters(matrix)]
    found = [one for one in found if one.belief >= least]
    return tuple(sorted(found, key=lambda one: (-one.belief, places[one.candidate.digest]))[:most])


def believed(field: Iterable[Contender], duels: Iterable[Duel]) -> dict[str, float]:
    """Representative's digest -> share of belief after these duels. What was found alike shares alike: each has the
    sum, so shares of different behaviours sum to 1."""
    field, duels = tuple(field), tuple(duels)
    groups = alike(field, duels)
    moved = weights(field, duels)
    sums: dict[str, float] = {}
    for one in field:
        name = one.candidate.digest
        sums[groups[name]] = sums.get(groups[name], 0.0) + one.belief * math.exp(moved[name])
    total = math.fsum(sums.values())
    return {name: (sums[group] / total if total else 0.0) for name, group in groups.items()}


def weights(field: Iterable[Contender], duels: Iterable[Duel]) -> dict[str, float]:
    """Candidate digest -> what the duels say of it, in nats. Members of a cluster have their representative's, and
    so do those of a cluster that was found to be alike."""
    field, duels = tuple(field), tuple(duels)
    groups = alike(field, duels)
    sums = dict.fromkeys(groups.values(), 0.0)
    for duel in duels:
        if duel.winner and duel.loser and groups[duel.winner] != groups[duel.loser]:
            sums[groups[duel.winner]] += math.log(JUDGE_IS_RIGHT / 0.5)
            sums[groups[duel.loser]] += math.log((1 - JUDGE_IS_RIGHT) / 0.5)
    return {member.digest: sums[groups[one.candidate.digest]] for one in field for member in one.members}


def pair_weights(duels: Iterable[Duel]) -> dict[tuple[str, str], float]:
    """(Winner, loser) -> nats by which the winner got likelier than the loser."""
    return {(d.winner, d.loser): WIN for d in duels if d.winner is not None and d.loser is not None}


def alike(field: Iterable[Contender], duels: Iterable[Duel]) -> dict[str, str]:
    """Representative's digest -> the smallest digest among those that no program told from it."""
    names = {one.candidate.digest: one.candidate.digest for one in field}
    for duel in duels:
        if duel.alike:
            kept, gone = sorted((names[duel.one], names[duel.other]))
            names = {name: kept if group == gone else group for name, group in names.items()}
    return names


def next_pair(field: Sequence[Contender], duels: Sequence[Duel]) -> tuple[Contender, Contender] | None:
    """The two behaviours of which it is least certain which is right, that did not meet yet: those with the highest
    product of beliefs. None if there are none, or one behaviour leads by enough."""
    shares, groups = believed(field, duels), alike(field, duels)
    leading = sorted({groups[name]: share for name, share in shares.items()}.values(), reverse=True)
    if len(leading) < 2 or leading[0] - leading[1] >= ENOUGH:
        return None
    met = {frozenset((groups[duel.one], groups[duel.other])) for duel in duels}
    open_pairs = [
        (one, other)
        for one, other in combinations(sorted(field, key=lambda c: (-c.belief, c.candidate.digest)), 2)
        if groups[one.candidate.digest] != groups[other.candidate.digest]
        and frozenset((groups[one.candidate.digest], groups[other.candidate.digest])) not in met
    ]
    if not open_pairs:
        return None
    return min(
        open_pairs,
        key=lambda pair: (
            -round(shares[pair[0].candidate.digest] * shares[pair[1].candidate.digest], 12),
            *sorted(one.candidate.digest for one in pair),
        ),
    )
