"""What choices are worth: by hand on a small run, then the laws that hold for every run."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.metrics import (
    ADVERSARY,
    ORACLE,
    RANDOM,
    RANDOM_CANDIDATE,
    Estimate,
    Labelled,
    Metrics,
    Row,
    TaskRecord,
    measure,
)

LETTERS = {"+": True, "-": False, "?": None}


def record(task: str, labels: str, choice: int | None = 0, *, times: str = "", fruitless: int = 0) -> TaskRecord:
    """`labels` holds a sign a candidate: right (+), wrong (-), nobody knows (?); `times` its trajectories."""
    candidates = tuple(
        Labelled(f"c{place}", int(count), LETTERS[sign])
        for place, (sign, count) in enumerate(zip(labels, times or "1" * len(labels), strict=True))
    )
    return TaskRecord(task, candidates, {"method": None if choice is None else f"c{choice}"}, fruitless)


HAND = (
    record("decided", "+-", 0, times="13"),
    record("missed", "+--", 1, times="211"),
    record("all right", "++", 1),
    record("hopeless", "--", 0),
)
"""Right of all: method 2 of 4; random (1/4 + 2/4 + 1 + 0) / 4; oracle 3 of 4; adversary 1 of 4."""


def row(found: Metrics, name: str) -> Row:
    [one] = [one for one in found.rows if one.name == name]
    return one


def value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


def figures(found: Metrics, name: str) -> list[float | None]:
    one = row(found, name)
    return [value(e) for e in (one.accuracy, one.given_covered, one.given_decidable, one.gap_closed, one.difference)]


def test_a_run_worked_out_by_hand() -> None:
    """Every figure of every row."""
    found = measure(HAND)
    assert (found.tasks, found.measured, found.decidable, found.covered) == (4, 4, 2, 3)
    assert figures(found, "method") == pytest.approx([2 / 4, 2 / 3, 1 / 2, (0.5 - 0.4375) / (0.75 - 0.4375), 0.0625])
    assert figures(found, RANDOM) == pytest.approx([1.75 / 4, 1.75 / 3, 0.75 / 2, 0.0, 0.0])
    assert figures(found, RANDOM_CANDIDATE) == pytest.approx(
        [(1 / 2 + 1 / 3 + 1) / 4, (1 / 2 + 1 / 3 + 1) / 3, (1 / 2 + 1 / 3) / 2, (11 / 24 - 7 / 16) / (5 / 16), 1 / 48]
    )
    assert figures(found, ORACLE) == pytest.approx([3 / 4, 1.0, 1.0, 1.0, 0.3125])
    assert figures(found, ADVERSARY) == pytest.approx([1 / 4, 1 / 3, 0.0, (0.25 - 0.4375) / 0.3125, -0.1875])


def test_a_trajectory_without_a_candidate_is_a_wrong_one() -> None:
    """For the random pick among trajectories; the others choose among what is there."""
    found = measure([record("a", "+", fruitless=3)])
    assert [figures(found, name)[0] for name in (RANDOM, RANDOM_CANDIDATE, ADVERSARY)] == [0.25, 1.0, 1.0]


def test_no_choice_is_never_right_and_is_counted() -> None:
    """Also where every candidate is right; a task without candidates leaves nothing to abstain from."""
    found = measure([record("a", "++", None), record("b", "+-", 0), record("c", "", None)])
    assert row(found, "method").abstained == 1
    assert figures(found, "method")[0] == pytest.approx(1 / 3)
    assert found.without_candidates == 1
    assert row(found, ORACLE).abstained == 0


def test_a_task_with_an_unknown_label_is_left_out_and_counted() -> None:
    """It is missing data, neither right nor wrong, also where the label of the choice is known."""
    found = measure([record("a", "+-?", 0), record("b", "??", 0), record("c", "+-", 1)])
    assert (found.tasks, found.measured, found.left_out, found.unlabelled) == (3, 1, ("a", "b"), 3)
    assert figures(found, "method")[0] == 0.0


def test_where_there_is_no_gap_none_is_closed() -> None:
    """A figure that is not defined is not 0."""
    found = measure([record("a", "++"), record("b", "--")])
    one = row(found, "method")
    assert (one.gap_closed, one.given_decidable) == (None, None)
    assert value(one.accuracy) == 0.5


def test_nothing_measured_is_a_result() -> None:
    """No figure is defined then."""
    found = measure([record("a", "?")])
    assert (found.measured, row(found, "method").accuracy) == (0, None)
    assert measure([]).rows == tuple(
        Row(name, None, None, None, None, None, 0) for name in (ADVERSARY, RANDOM, RANDOM_CANDIDATE, ORACLE)
    )


def test_an_interval_of_known_width() -> None:
    """A share of 1/2 over 400 tasks has a standard error of 2.5 points: 1.96 of them to either side."""
    found = measure([record(f"{n:03}", "+-", n % 2) for n in range(400)])
    accuracy = row(found, "method").accuracy
    assert accuracy is not None
    assert (accuracy.low, accuracy.high) == pytest.approx((0.451, 0.549), abs=0.01)


def test_differences_are_paired() -> None:
    """Two methods that agree everywhere differ by exactly nothing, however few tasks there are."""
    records = [replace(one, choices={**one.choices, "twin": one.choices["method"]}) for one in HAND]
    assert row(measure(records, against="twin"), "method").difference == Estimate(0.0, 0.0, 0.0)


def test_the_seed_decides_the_intervals_and_nothing_else() -> None:
    """Equal seeds give equal figures to the last digit."""
    first, again, other = measure(HAND, seed=1), measure(HAND, seed=1), measure(HAND, seed=2)
    assert first == again
    assert figures(first, "method") == figures(other, "method")


@pytest.mark.parametrize(
    ("records", "against", "words"),
    [
        ([record("a", "+"), record("a", "-")], RANDOM, "a task is there twice"),
        ([record("a", "+"), TaskRecord("b", (), {"other": None})], RANDOM, "different methods"),
        ([record("a", "+")], "best", "no 'best'"),
    ],
)
def test_what_cannot_be_compared_is_refused(records: list[TaskRecord], against: str, words: str) -> None:
    """Rather than measured somehow."""
    with pytest.raises(ValueError, match=words):
        measure(records, against=against)


@pytest.mark.parametrize("choices", [{"method": "stranger"}, {"oracle": "c0"}])
def test_records_hold_together(choices: Mapping[str, str]) -> None:
    """A choice is one of the candidates, and no method can pass for the oracle."""
    with pytest.raises(ValueError, match=r"stranger|oracle"):
        TaskRecord("a", (Labelled("c0", 1, right=True),), choices)


@st.composite
def runs(draw: st.DrawFn, *, signs: str = "+-", abstaining: bool = True) -> list[TaskRecord]:
    found: list[TaskRecord] = []
    for number in range(draw(st.integers(1, 8))):
        labels = draw(st.text(signs, max_size=5))
        times = draw(st.text("123", min_size=len(labels), max_size=len(labels)))
        choices = [*range(len(labels)), *([None] if abstaining or not labels else [])]
        choice = draw(st.sampled_from(choices))
        found.append(record(f"t{number}", labels, choice, times=times, fruitless=draw(st.integers(0, 2))))
    return found


@given(runs(signs="+-?"))
@settings(max_examples=60)
def test_figures_are_shares_and_lie_in_order(records: list[TaskRecord]) -> None:
    """Between 0 and 1, nothing beats the oracle, and whatever is measured is counted once."""
    found = measure(records, resamples=50)
    assert found.measured + len(found.left_out) == found.tasks == len(records)
    assert found.decidable <= found.covered <= found.measured
    for one in found.rows:
        for estimate in (one.accuracy, one.given_covered, one.given_decidable):
            if estimate is not None:
                assert 0 <= estimate.low <= estimate.high <= 1
                assert 0 <= estimate.value <= 1
        if one.accuracy is not None:
            assert one.accuracy.value <= (value(row(found, ORACLE).accuracy) or 0)
        if one.gap_closed is not None:
            assert one.gap_closed.value <= 1
            assert one.gap_closed.high <= 1


@given(runs(abstaining=False))
@settings(max_examples=60)
def test_nothing_that_always_chooses_is_worse_than_the_adversary(records: list[TaskRecord]) -> None:
    """In every figure."""
    found = measure(records, resamples=5)
    for mine, worst in zip(figures(found, "method"), figures(found, ADVERSARY), strict=True):
        assert mine is None or worst is None or mine >= worst


@given(runs())
@settings(max_examples=60)
def test_random_closes_nothing_and_the_oracle_everything(records: list[TaskRecord]) -> None:
    """Exactly, also at the ends of the intervals."""
    found = measure(records, resamples=50)
    assert row(found, RANDOM).gap_closed in {None, Estimate(0.0, 0.0, 0.0)}
    assert row(found, ORACLE).gap_closed in {None, Estimate(1.0, 1.0, 1.0)}


@given(runs(signs="+-?"), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_never_matters(records: list[TaskRecord], chance: Random) -> None:
    """Tasks and candidates in another order give the same, intervals included."""
    shuffled = [replace(one, candidates=tuple(chance.sample(one.candidates, len(one.candidates)))) for one in records]
    chance.shuffle(shuffled)
    assert measure(shuffled, seed=3, resamples=50) == measure(records, seed=3, resamples=50)


@given(runs(abstaining=False))
@settings(max_examples=60)
def test_inverted_labels_turn_what_was_gained_into_what_was_lost(records: list[TaskRecord]) -> None:
    """Right and wrong together are all tasks with a candidate."""
    inverted = [
        replace(one, candidates=tuple(replace(c, right=not c.right) for c in one.candidates)) for one in records
    ]
    [before, *_], [after, *_] = (figures(measure(one, resamples=1), "method") for one in (records, inverted))
    assert before is not None
    assert after is not None
    assert before + after == pytest.approx(sum(bool(one.candidates) for one in records) / len(records))


@given(runs(), st.integers(2, 4))
@settings(max_examples=40)
def test_more_trajectories_in_the_same_proportion_change_nothing(records: list[TaskRecord], times: int) -> None:
    """Chance looks at shares."""
    more = [
        replace(
            one,
            candidates=tuple(replace(c, multiplicity=c.multiplicity * times) for c in one.candidates),
            fruitless=one.fruitless * times,
        )
        for one in records
    ]
    assert figures(measure(more, resamples=1), RANDOM) == pytest.approx(figures(measure(records, resamples=1), RANDOM))
