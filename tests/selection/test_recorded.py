"""What methods choose on matrices recorded from real patches of other systems on real tasks.

The whole set is small, so its floors are coarse: they catch a method that was broken, not one that is a little worse.
"""

import json
import random
from dataclasses import replace

import pytest
from support.recorded import MATRICES, Recording, choices, labels, recordings, task_record

from selection import METHODS
from selection.metrics import Metrics, measure


@pytest.fixture(scope="module")
def recorded() -> list[Recording]:
    """All recorded tasks."""
    return recordings()


@pytest.fixture(scope="module")
def found(recorded: list[Recording]) -> Metrics:
    """Every method on all of them; labels come in after the choices."""
    chosen = [(one, choices(one)) for one in recorded]
    known = labels()
    return measure([task_record(one, some, known[one.task]) for one, some in chosen], against="majority")


def right(found: Metrics, name: str) -> float:
    """Tasks with a right choice."""
    (row,) = (row for row in found.rows if row.name == name)
    assert row.accuracy is not None
    return row.accuracy.value * found.measured


def test_execution_beats_majority_without_a_model(found: Metrics) -> None:
    """No script was written for these: tests and examples are all that speaks beside agreement."""
    assert right(found, "evidence") >= right(found, "majority") + 1
    assert right(found, "evidence") >= right(found, "random-trajectory") + 2
    assert right(found, "evidence") <= right(found, "oracle")


def test_nothing_was_recorded_but_outcomes() -> None:
    """No patch and no program: names, sizes, and what executions said. Words of patches are there by hash alone."""
    for line in MATRICES.read_text().splitlines():
        assert set(json.loads(line)) == {
            *("task", "fruitless", "candidates", "scripts", "base", "cells", "tests", "regressions", "probes"),
            *("base_behaviours", "behaviours"),
        }


def test_labels_are_of_candidates(recorded: list[Recording], found: Metrics) -> None:
    """They lie apart, under the same names; where the harness said nothing of some candidate a task is not measured."""
    known = labels()
    for one in recorded:
        assert {c.digest for c in one.matrix.candidates} >= known[one.task].keys()
    assert (found.measured, found.decidable) == (19, 10)


def test_choices_have_reasons(recorded: list[Recording]) -> None:
    """Every method says which rule fired; the default shows what it weighed."""
    for one in recorded:
        for name, choose in METHODS.items():
            selection = choose(one.matrix, seed=0)
            assert selection.rule
            if name == "evidence" and one.matrix.candidates:
                assert len(selection.trail) >= len(one.matrix.candidates)


def test_confidence_is_calibrated(recorded: list[Recording]) -> None:
    """On random parts of the recorded pools, every task counted alike: expected calibration error 0.12 at most, and
    the surer half of choices is right more often than all."""
    draw, known = random.Random(1), labels()
    points: list[tuple[float, bool]] = []
    for one in recorded:
        labelled = [c for c in one.matrix.candidates if c.digest in known[one.task]]
        for _ in range(30 if len(labelled) > 1 else 0):
            some = tuple(draw.sample(labelled, draw.randint(2, len(labelled))))
            selection = METHODS["evidence"](replace(one.matrix, candidates=some), seed=0)
            assert selection.winner is not None
            points.append((selection.confidence, known[one.task][selection.winner.digest]))
    bins = [[point for point in points if int(point[0] * 10) == number] for number in range(10)]
    error = sum(abs(sum(belief - right for belief, right in some)) for some in bins) / len(points)
    assert error <= 0.12
    points.sort(key=lambda point: -point[0])
    surer = points[: len(points) // 2]
    assert sum(right for _, right in surer) / len(surer) > sum(right for _, right in points) / len(points) + 0.05
