"""How good choices were, once somebody has said which candidates are right.

Labels come in here and nowhere else in this package: a record holds choices that were made before. All figures
are over the tasks of which every candidate is labelled, so that all methods are compared on the same tasks.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

RANDOM: Final = "random-trajectory"
"""A trajectory (or source) picked at random: pass@1 = c / n, arXiv 2107.03374. One without a candidate is wrong."""
RANDOM_CANDIDATE: Final = "random-candidate"
"""One of the distinct candidates picked at random."""
ORACLE: Final = "oracle"
"""The best choice there is. Its accuracy is the coverage, pass@N: arXiv 2407.21787."""
ADVERSARY: Final = "adversary"
"""The worst choice there is: right only where every candidate is."""
REFERENCES: Final = (ADVERSARY, RANDOM, RANDOM_CANDIDATE, ORACLE)

RESAMPLES: Final = 2000
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True)
class Labelled:
    """A candidate with how many trajectories (or sources) ended in it."""

    digest: str
    multiplicity: int
    right: bool | None
    """None: nobody knows."""

    def __post_init__(self) -> None:
        if self.multiplicity < 1:
            raise ValueError(f"the candidate {self.digest!r} comes from {self.multiplicity} trajectories")


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """The candidates of a task, and which of them each method chose."""

    task: str
    candidates: tuple[Labelled, ...]
    choices: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Method -> digest of its choice; None: it chose none."""
    fruitless: int = 0
    """Trajectories (or sources) that gave no candidate."""

    def __post_init__(self) -> None:
        known = {candidate.digest for candidate in self.candidates}
        if len(known) < len(self.candidates):
            raise ValueError(f"{self.task}: a candidate is there twice")
        for method, choice in self.choices.items():
            if method in REFERENCES:
                raise ValueError(f"{method!r} is worked out from the labels and cannot be the name of a method")
            if choice is not None and choice not in known:
                raise ValueError(f"{self.task}: {method} chose {choice!r}, which is no candidate")

    @property
    def unknown(self) -> int:
        """Candidates without a label."""
        return sum(candidate.right is None for candidate in self.candidates)

    @property
    def decidable(self) -> bool:
        """Both a right and a wrong candidate are there, so it matters what is chosen (need-to-select)."""
        return {candidate.right for candidate in self.candidates} >= {True, False}

    @property
    def covered(self) -> bool:
        """Some candidate is right."""
        return any(candidate.right for candidate in self.candidates)

    def worths(self) -> dict[str, float]:
        """By reference and method: the probability that its choice is right. No choice is never right."""
        right = {candidate.digest for candidate in self.candidates if candidate.right}
        total = sum(candidate.multiplicity for candidate in self.candidates) + self.fruitless
        hits = sum(candidate.multiplicity for candidate in self.candidates if candidate.right)
        return {
            ADVERSARY: float(bool(right) and len(right) == len(self.candidates)),
            RANDOM: hits / max(1, total),
            RANDOM_CANDIDATE: len(right) / max(1, len(self.candidates)),
            **{method: float(choice in right) for method, choice in self.choices.items()},
            ORACLE: float(bool(right)),
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """What a method, or a reference, is worth. A figure is None where it is not defined."""

    name: str
    accuracy: Estimate | None
    """Share of all tasks that its choice is right for: pass@1 of the selector."""
    given_covered: Estimate | None
    """The same among tasks with a right candidate."""
    given_decidable: Estimate | None
    """The same among decidable tasks."""
    gap_closed: Estimate | None
    """(accuracy - random) / (oracle - random), random being `RANDOM`; None where these two are equal."""
    difference: Estimate | None
    """Its accuracy minus that of the row it is compared with."""
    abstained: int
    """Tasks with candidates of which it chose none."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """All methods side by side, and what they were measured on."""

    tasks: int
    left_out: tuple[str, ...]
    """Tasks that are not measured, for the label of some candidate is not known."""
    unlabelled: int
    """Candidates without a label, of all tasks."""
    measured: int
    without_candidates: int
    covered: int
    decidable: int
    against: str
    rows: tuple[Row, ...]


def measure(
    records: Sequence[TaskRecord], *, seed: int = 0, against: str = RANDOM, resamples: int = RESAMPLES
) -> Metrics:
    """What the choices are worth. `against` names the method or reference that differences are from.

    Intervals are 95 % percentile intervals of the paired bootstrap (Efron and Tibshirani 1993, chapter 13): tasks
    are drawn with replacement, the same for all methods. Draws for which a figure is not defined, such as the gap
    where there is none, are left out of that figure's interval.

    Raises:
        ValueError: a task is there twice, records are about different methods, or `against` is none of them.
    """
    records = sorted(records, key=lambda record: record.task)
    if len({record.task for record in records}) < len(records):
        raise ValueError("a task is there twice")
    if len({frozenset(record.choices) for record in records}) > 1:
        raise ValueError("the records are about different methods")
    methods = list(records[0].choices) if records else []
    names = [ADVERSARY, RANDOM, RANDOM_CANDIDATE, *methods, ORACLE]
    if against not in names:
        raise ValueError(f"there is no {against!r} to compare with; there are: {', '.join(names)}")
    known = [record for record in records if not record.unknown]
    figures = _estimates(_Table.of(known, names), against, random.Random(seed), resamples)  # noqa: S311 - statistics, no secrets
    return Metrics(
        tasks=len(records),
        left_out=tuple(record.task for record in records if record.unknown),
        unlabelled=sum(record.unknown for record in records),
        measured=len(known),
        without_candidates=sum(not record.candidates for record in known),
        covered=sum(record.covered for record in known),
        decidable=sum(record.decidable for record in known),
        against=against,
        rows=tuple(Row(name, *figures[name], abstained=_abstained(known, name)) for name in names),
    )


def _abstained(records: Sequence[TaskRecord], method: str) -> int:
    return sum(bool(record.candidates) and record.choices.get(method, "") is None for record in records)


@dataclass(frozen=True, slots=True)
class _Table:
    """What the choices are worth, by name and then by task."""

    size: int
    covered: Sequence[int]
    decidable: Sequence[int]
    all: Mapping[str, Sequence[float]]
    contested: Mapping[str, Sequence[float]]
    """The same, 0 for tasks that are not decidable."""

    @classmethod
    def of(cls, records: Sequence[TaskRecord], names: Sequence[str]) -> "_Table":
        worths = [record.worths() for record in records]
        decidable = [int(record.decidable) for record in records]
        return cls(
            len(records),
            [int(record.covered) for record in records],
            decidable,
            {name: [row[name] for row in worths] for name in names},
            {name: [row[name] * one for row, one in zip(worths, decidable, strict=True)] for name in names},
        )

    def figures(self, tasks: Sequence[int], against: str) -> dict[str, tuple[float | None, ...]]:
        """By name, in the order of the fields of `Row`, over these tasks."""

        def total(values: Sequence[float]) -> float:
            return sum(map(values.__getitem__, tasks))

        totals = {name: total(values) for name, values in self.all.items()}
        covered, decidable = total(self.covered), total(self.decidable)
        gap = totals[ORACLE] - totals[RANDOM]
        return {
            name: (
                _share(value, len(tasks)),
                _share(value, covered),
                _share(total(self.contested[name]), decidable),
                _share(value - totals[RANDOM], gap),
                _share(value - totals[against], len(tasks)),
            )
            for name, value in totals.items()
        }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _estimates(
    table: _Table, against: str, chance: random.Random, resamples: int
) -> dict[str, tuple[Estimate | None, ...]]:
    found = table.figures(range(table.size), against)
    every = range(table.size)
    drawn = [table.figures(chance.choices(every, k=table.size), against) for _ in range(resamples if every else 0)]
    return {
        name: tuple(_estimate(value, [draw[name][place] for draw in drawn]) for place, value in enumerate(values))
        for name, values in found.items()
    }


def _estimate(value: float | None, drawn: Sequence[float | None]) -> Estimate | None:
    if value is None:
        return None
    values = sorted(one for one in drawn if one is not None) or [value]
    return Estimate(value, _quantile(values, _TAIL), _quantile(values, 1 - _TAIL))


def _quantile(values: Sequence[float], share: float) -> float:
    """Between the two nearest of the sorted values, in proportion."""
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)
