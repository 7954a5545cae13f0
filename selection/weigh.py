"""What a choice by execution alone rests on: scripts, the repository's tests, the issue's examples, agreement.

A hypothesis is a set of candidates that behave the same wherever they were looked at: they are right, the others are
wrong, and the scripts that accept them are valid. Each piece of evidence gives a hypothesis a log-likelihood:

scripts     as in `selection.consensus` (B4, arXiv 2409.08692, made tolerant of flicker, kinship and missing data)
tests       no new failure among the repository's own tests, or some
examples    what the issue's own code shows, see `selection.examples`
agreement   how many independent samples behave like this
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from selection.consensus import CLEAN, REGRESSED, Hypothesis, log_evidence, new_regressions, self_cells
from selection.evidence import log_mean, shares
from selection.matrix import Candidate, OutcomeMatrix
from selection.origins import independent_units
from selection.sets import ConsensusSet, Row, Tally, completions, consensus_sets, cut, rows_of
from selection.votes import voting_scripts

TEMPERATURE: Final = 6.0
"""How much what scripts say is flattened: they and patches err together, so many of them say less than they seem to."""
AGREEMENT: Final = 0.5
"""Nats for e times as many independent samples."""
MORE: Final = 0.5
"""Nats against e times as many regressions."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What speaks for a hypothesis, in nats; only differences between hypotheses mean something."""

    scripts: float = 0.0
    tests: float = 0.0
    examples: float = 0.0
    agreement: float = 0.0
    duels: float = 0.0

    @property
    def total(self) -> float:
        return self.scripts + self.tests + self.examples + self.agreement + self.duels


@dataclass(frozen=True, slots=True)
class Weighed:
    """All hypotheses about a matrix, with what speaks for each."""

    sets: tuple[tuple[Candidate, ...], ...]
    weights: tuple[Weight, ...]
    telling: tuple[str, ...]
    """Scripts that tell candidates apart, by digest."""
    broken: Mapping[str, frozenset[str]]
    """Candidate digest -> tests that it breaks and not all candidates do. No entry: not known."""

    @property
    def posterior(self) -> list[float]:
        """Belief in each set, if one of them is right."""
        return shares([weight.total for weight in self.weights], 1.0)

    def best(self) -> dict[str, tuple[Weight, float]]:
        """Candidate digest -> its heaviest hypothesis, and the belief in all that it belongs to."""
        found: dict[str, tuple[Weight, float]] = {}
        for members, weight, belief in zip(self.sets, self.weights, self.posterior, strict=True):
            for member in members:
                other, before = found.get(member.digest, (weight, 0.0))
                heavier = weight if weight.total > other.total else other
                found[member.digest] = (heavier, min(1.0, before + belief))
        return found


def weigh(matrix: OutcomeMatrix, examples: Mapping[str, float], duels: Mapping[str, float] | None = None) -> Weighed:
    """Weigh every hypothesis. `examples` and `duels` are log-likelihood ratios by candidate digest; none counts 0."""
    voting = voting_scripts(matrix)
    telling = tuple(sorted(s for s in voting if len(set(matrix.column(s).values())) > 1))
    broken = new_regressions(matrix)
    rows = rows_of(matrix, telling)
    masked = self_cells(matrix, telling)
    units = {candidate.digest: independent_units([candidate]) for candidate in matrix.candidates}
    everything = independent_units(matrix.candidates)

    def of_scripts(one: ConsensusSet) -> float:
        digests = frozenset(member.digest for member in one.members)
        members = Tally(independent_units(one.members), everything)

        def score(layout: tuple[bool, ...]) -> float:
            blocks = cut(rows, digests, layout, weights=units, masked=masked)
            return log_evidence(Hypothesis(blocks, Tally(sum(layout), len(layout)), members, clean=0, regressed=0))

        layout = one.layout[: len(telling)]
        return log_mean([score(guess) for guess in completions(layout)]) / TEMPERATURE if telling else 0.0

    def weight(one: ConsensusSet) -> Weight:
        digests = [member.digest for member in one.members]
        return Weight(
            of_scripts(one),
            _mean(_of_tests(broken, digest) for digest in digests),
            _mean(examples.get(digest, 0.0) for digest in digests),
            AGREEMENT * math.log(independent_units(one.members)),
            _mean((duels or {}).get(digest, 0.0) for digest in digests),
        )

    sets = hypotheses(matrix, rows)
    return Weighed(tuple(one.members for one in sets), tuple(weight(one) for one in sets), telling, broken)


def hypotheses(matrix: OutcomeMatrix, rows: Mapping[str, Row]) -> tuple[ConsensusSet, ...]:
    """The sets of candidates with equal behaviour: under the scripts of `rows`, and under the probes.

    To be refused by every script and to leave every probe as it is on the base tree is no common behaviour: such
    candidates stand alone, as do those that nothing is known of.
    """
    shown = [
        (probe.digest, behaviour, behaviour != matrix.base_behaviours.get(probe.digest))
        for probe in sorted(matrix.probes, key=lambda probe: probe.digest)
        for behaviour in sorted(
            {matrix.behaviours[c.digest, probe.digest] for c in matrix.candidates
             if (c.digest, probe.digest) in matrix.behaviours},
            key=lambda one: (one.exit_code is None, one.exit_code or 0, one.output),
        )
    ]  # fmt: skip

    def seen(candidate: str) -> Row:
        found = ((matrix.behaviours.get((candidate, probe)), behaviour) for probe, behaviour, _ in shown)
        return tuple(None if mine is None else mine == behaviour for mine, behaviour in found)

    whole = {candidate: (*row, *seen(candidate)) for candidate, row in rows.items()}
    scripts = max(map(len, rows.values()), default=0)
    says = [True] * scripts + [changed for _, _, changed in shown]
    sets: list[ConsensusSet] = []
    alone = {candidate.digest for candidate in matrix.candidates}
    for one in consensus_sets(matrix.candidates, whole):
        if any(cell and counts for cell, counts in zip(one.layout, says, strict=True)):
            sets.append(one)
            alone -= {member.digest for member in one.members}
    ordered = sorted(matrix.candidates, key=lambda candidate: candidate.digest)
    sets += [ConsensusSet(whole[one.digest], (one,)) for one in ordered if one.digest in alone]
    return tuple(sets)


def _of_tests(broken: Mapping[str, frozenset[str]], candidate: str) -> float:
    """One test may have to change with the issue; many seldom have to."""
    if candidate not in broken:
        return 0.0
    count = len(broken[candidate])
    return REGRESSED - MORE * math.log(count) if count else CLEAN


def _mean(ratios: Iterable[float]) -> float:
    """Of candidates that behave alike: they are right or wrong together, so each says it once more."""
    values = list(ratios)
    return math.fsum(values) / len(values)
