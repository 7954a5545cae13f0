"""Synthetic outcome matrices with known right answers: issues, misreadings, scripts that check their author's reading.

Every trajectory reads the issue in one of several ways (reading 0 is right), may add a bug of its own, and writes a
script that mostly checks its own reading and is made until it accepts its own patch. So scripts and patches err
together, which independent errors would not show.
"""

import random
from dataclasses import dataclass

from selection import Candidate, Outcome, OutcomeMatrix, TestScript


@dataclass(frozen=True, slots=True)
class Regime:
    """How issues and trajectories are. Rates are probabilities."""

    name: str
    samples: int = 10
    misreadings: int = 6
    own_reading: float = 0.75
    broken: float = 0.15
    vacuous: float = 0.15
    over_specified: float = 0.10
    leak: float = 0.30
    right_code: float = 0.8
    detects_bug: float = 0.5
    flips: float = 0.02
    accepts_own: float = 0.9
    clones: float = 0.0
    clean_right: float = 0.97
    clean_wrong: float = 0.65


REGIMES = (
    Regime("default"),
    Regime("one misreading", misreadings=1),
    Regime("two misreadings", misreadings=2),
    Regime("over-specified 40 %", misreadings=2, over_specified=0.4),
    Regime("flips 6 %", misreadings=2, flips=0.06),
    Regime("5 samples", misreadings=2, samples=5),
    Regime("60 % bad scripts", misreadings=2, broken=0.35, vacuous=0.25),
    Regime("40 % clones", misreadings=3, clones=0.4),
    Regime("20 samples", misreadings=3, samples=20),
)

SPELLINGS = 20
"""Ways to write the same behaviour; two samples that choose the same one end with the same tree."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A matrix, and which candidates are right. No method sees the latter."""

    matrix: OutcomeMatrix
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sample:
    reading: int
    bug: int | None
    spelling: int


def generate(regime: Regime, draw: random.Random) -> Issue:
    """One issue of the regime."""
    readings = range(regime.misreadings + 1)
    chances = _chances(regime, draw)
    made = _samples(regime, draw, chances)
    bases, columns = _scripts(regime, draw, made, [draw.choices(readings, chances)[0] for _ in made])
    numbers: dict[_Sample, list[int]] = {}
    for number, sample in enumerate(made):
        numbers.setdefault(sample, []).append(number)
    scripts = tuple(TestScript(f"{draw.getrandbits(64):016x}", "", (f"trajectory {n}",)) for n in range(len(made)))
    candidates: list[Candidate] = []
    cells: dict[tuple[str, str], Outcome] = {}
    regressions: dict[str, frozenset[str]] = {}
    right: set[str] = set()
    for sample, members in numbers.items():
        is_right = sample.reading == 0 and sample.bug is None
        digest = f"{draw.getrandbits(64):016x}"
        patch = b"x" * max(1, round(draw.lognormvariate(2.5 + 0.2 * (not is_right), 0.6) * 10))
        candidates.append(Candidate(digest, patch, tuple(f"trajectory {number}" for number in members)))
        if is_right:
            right.add(digest)
        clean = draw.random() < (regime.clean_right if is_right else regime.clean_wrong)
        regressions[digest] = frozenset() if clean else frozenset({f"test_{draw.randrange(1000)}"})
        for number, script in enumerate(scripts):
            accepted = columns[number][number if number in members else members[0]]
            cells[digest, script.digest] = Outcome.SOLVED if accepted else Outcome.UNSOLVED
    base = {s.digest: Outcome.SOLVED if passes else Outcome.UNSOLVED for s, passes in zip(scripts, bases, strict=True)}
    return Issue(OutcomeMatrix(tuple(candidates), scripts, base, cells, regressions), frozenset(right))


def _chances(regime: Regime, draw: random.Random) -> list[float]:
    """Of each reading: the right one by how difficult the issue is, the wrong ones in falling order."""
    right = draw.betavariate(1.2, 1.2)
    wrong = [1 / (number + 1) ** 1.3 for number in range(1, regime.misreadings + 1)]
    return [right, *((1 - right) * one / sum(wrong) for one in wrong)]


def _samples(regime: Regime, draw: random.Random, chances: list[float]) -> list[_Sample]:
    made: list[_Sample] = []
    for number in range(regime.samples):
        spelling = draw.randrange(SPELLINGS)
        if made and draw.random() < regime.clones:
            model = draw.choice(made)
            made.append(_Sample(model.reading, model.bug, spelling))
        else:
            reading = draw.choices(range(len(chances)), chances)[0]
            made.append(_Sample(reading, None if draw.random() < regime.right_code else number, spelling))
    return made


def _scripts(
    regime: Regime, draw: random.Random, made: list[_Sample], strange: list[int]
) -> tuple[list[bool], list[list[bool]]]:
    """Of each sample's script: whether it accepts the base tree, and which samples it accepts."""
    count = regime.misreadings + 1
    leaks = [[one == other or draw.random() < regime.leak for other in range(count)] for one in range(count)]
    bases: list[bool] = []
    columns: list[list[bool]] = []
    for author, sample in enumerate(made):
        kind = draw.random()
        checks = sample.reading if draw.random() < regime.own_reading else strange[author]
        vacuous = regime.broken <= kind < regime.broken + regime.vacuous
        if vacuous or kind < regime.broken:
            column = [vacuous] * len(made)
        else:
            narrow = draw.random() < regime.over_specified
            column = _accepted(regime, draw, made, author, leaks=leaks[checks], narrow=checks if narrow else None)
        if draw.random() < regime.accepts_own:
            column[author] = True
        bases.append(vacuous or (kind >= regime.broken and draw.random() < 0.04))
        columns.append([cell != (draw.random() < regime.flips) for cell in column])
    return bases, columns


def _accepted(
    regime: Regime, draw: random.Random, made: list[_Sample], author: int, *, leaks: list[bool], narrow: int | None
) -> list[bool]:
    """What a working script accepts. Samples that behave the same get the same answer."""
    luck: dict[tuple[int, int | None], bool] = {}
    found: dict[int, bool] = {}
    column: list[bool] = []
    for number, sample in enumerate(made):
        accepted = leaks[sample.reading]
        if number != author and sample.reading == narrow:
            accepted = luck.setdefault((sample.reading, sample.bug), draw.random() < 0.5)
        if accepted and sample.bug is not None:
            accepted = not found.setdefault(sample.bug, draw.random() < regime.detects_bug)
        column.append(accepted)
    return column
