"""What methods choose on matrices recorded from real patches of other systems on real tasks.

The whole set is small, so its floors are coarse: they catch a method that was broken, not one that is a little worse.
"""

import json

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


def test_every_candidate_is_labelled(recorded: list[Recording]) -> None:
    """Labels lie apart, under the same names."""
    known = labels()
    for one in recorded:
        assert {c.digest for c in one.matrix.candidates} == known[one.task].keys()


def test_choices_have_reasons(recorded: list[Recording]) -> None:
    """Every method says which rule fired; the default shows what it weighed."""
    for one in recorded:
        for name, choose in METHODS.items():
            selection = choose(one.matrix, seed=0)
            assert selection.rule
            if name == "evidence" and one.matrix.candidates:
                assert len(selection.trail) >= len(one.matrix.candidates)
