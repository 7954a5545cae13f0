"""What a run spends never crosses its limits."""

import asyncio
import dataclasses
import json

import pytest

from agent.errors import BudgetReached, ModelError, UserError
from agent.ledger import Budget, Ledger, Tally
from agent.messages import Completion, Finish, Usage
from agent.models.pricing import FREE, Price

PRICE = Price(input=1.0, cached=0.1, output=10.0, written=1.25)
"""Dollars per million tokens."""


def completion(usage: Usage, dollars: float | None, seconds: float = 2.0) -> Completion:
    return Completion("text", Finish.STOP, usage, dollars, seconds, "m")


def test_a_call_is_reserved_then_booked() -> None:
    """The worst case while it is under way, the true cost afterwards."""
    ledger = Ledger(Budget(dollars=1.0), PRICE)
    reservation = ledger.reserve("edit", 3, 1000, 100)
    assert ledger.reserved == (1100, pytest.approx((1000 * 1.25 + 100 * 10) / 1e6))
    reservation.settle(completion(Usage(900, 500, 80, 20), 0.001))
    assert ledger.reserved == (0, 0.0)
    assert ledger.totals().total == Tally(1, 0, 900, 500, 80, 20, 0.001, 0, 2.0)


def test_sums_by_stage_and_trajectory() -> None:
    """Each call counts once in its stage, once in its trajectory."""
    ledger = Ledger(Budget())
    for stage, trajectory, tokens in [("script", 0, 1), ("edit", 0, 10), ("edit", 1, 100)]:
        ledger.reserve(stage, trajectory, 200, 1).settle(completion(Usage(prompt=tokens), None))
    totals = ledger.totals()
    assert {stage: tally.prompt for stage, tally in totals.stages.items()} == {"script": 1, "edit": 110}
    assert {number: tally.prompt for number, tally in totals.trajectories.items()} == {0: 11, 1: 100}
    assert json.dumps(dataclasses.asdict(totals))


@pytest.mark.parametrize(("budget", "kind"), [(Budget(dollars=0.003), "dollars"), (Budget(tokens=3000), "tokens")])
def test_a_limit_counts_what_is_promised(budget: Budget, kind: str) -> None:
    """Two calls fit, a third under way does not; when they turn out cheaper, it does."""
    ledger = Ledger(budget, Price(1.0, 1.0, 1.0))
    first, second = ledger.reserve("edit", 0, 1000, 400), ledger.reserve("edit", 1, 1000, 400)
    with pytest.raises(BudgetReached, match=kind):
        ledger.reserve("edit", 2, 1000, 400)
    first.settle(completion(Usage(prompt=100, completion=10), 0.00011))
    third = ledger.reserve("edit", 2, 1000, 400)
    second.release()
    third.release()
    assert ledger.reserved == (0, 0.0)


def test_exactly_the_limit_is_allowed() -> None:
    """A limit is what may be spent."""
    Ledger(Budget(tokens=1400)).reserve("edit", 0, 1000, 400)


def test_time_passes() -> None:
    """No call begins after the limit; one under way may end."""
    now = [100.0]
    ledger = Ledger(Budget(seconds=60), clock=lambda: now[0])
    reservation = ledger.reserve("edit", 0, 1, 1)
    now[0] = 161.0
    with pytest.raises(BudgetReached, match="60 seconds"):
        ledger.reserve("edit", 1, 1, 1)
    with pytest.raises(BudgetReached):
        reservation.retry(False)
    assert ledger.reserved == (0, 0.0)


def test_an_unknown_price_is_not_nothing() -> None:
    """It is counted as unknown, beside the sum of what is known."""
    ledger = Ledger(Budget())
    ledger.reserve("edit", 0, 10, 10).settle(completion(Usage(prompt=10), None))
    ledger.reserve("edit", 0, 10, 10).settle(completion(Usage(prompt=10), 0.5))
    total = ledger.totals().total
    assert (total.calls, total.unpriced, total.dollars) == (2, 1, 0.5)


@pytest.mark.parametrize(("price", "startable"), [(None, False), (PRICE, True), (FREE, True)])
def test_a_money_limit_needs_a_price(price: Price | None, startable: bool) -> None:
    """Refused before anything is spent, with the flags that mend it."""
    budget = Budget(dollars=5.0)
    if startable:
        budget.check_startable(price)
        return
    with pytest.raises(UserError, match=r"--price-input … --price-output ….*--token-budget"):
        budget.check_startable(price)
    with pytest.raises(UserError):
        Ledger(budget, price).reserve("edit", 0, 1, 1)


def test_no_money_limit_needs_no_price() -> None:
    """Tokens and time can always be counted."""
    Budget(tokens=1, seconds=1.0).check_startable(None)


def test_replayed_completions_are_spent() -> None:
    """They count towards the limits, and never meet them; they are told apart in the report."""
    ledger = Ledger(Budget(dollars=1.0), PRICE)
    ledger.replay("edit", 0, completion(Usage(prompt=10), 2.0))
    assert (ledger.totals().total.calls, ledger.totals().total.replayed) == (1, 1)
    with pytest.raises(BudgetReached):
        ledger.reserve("edit", 0, 1, 1)


def test_the_limit_that_was_reached() -> None:
    """The one nearest to its end, for whoever finds in the journal that a run had stopped."""
    ledger = Ledger(Budget(dollars=100.0, tokens=1000), PRICE)
    ledger.replay("edit", 0, completion(Usage(prompt=990), 1.0))
    assert ledger.reached().kind == "tokens"


def test_an_overrun_is_seen() -> None:
    """A prompt was longer than estimated: booked in full, and counted as such."""
    ledger = Ledger(Budget(tokens=1000), PRICE)
    ledger.reserve("edit", 0, 100, 10).settle(completion(Usage(prompt=150, completion=10), 0.0001))
    assert (ledger.totals().total.prompt, ledger.totals().total.overruns) == (150, 1)


def test_a_missing_price_in_an_answer_is_booked_at_its_worst() -> None:
    """The model has a price, its answer does not say what it cost."""
    ledger = Ledger(Budget(dollars=1.0), PRICE)
    reservation = ledger.reserve("edit", 0, 100, 10)
    reservation.settle(completion(Usage(prompt=100), None))
    total = ledger.totals().total
    assert (total.unpriced, total.dollars, total.lost_dollars) == (1, 0.0, reservation.dollars)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ModelError("refused", status=400), 0),
        (ModelError("dropped", billed=True), 1),
        (asyncio.CancelledError(), 1),
        (RuntimeError("a fault"), 1),
    ],
)
def test_a_failed_call(error: BaseException, lost: int) -> None:
    """Released when it cost nothing, booked at its worst when it may have cost something."""
    ledger = Ledger(Budget(tokens=1000))
    with pytest.raises(type(error)), ledger.reserve("edit", 0, 100, 10):
        raise error
    total = ledger.totals().total
    assert (ledger.reserved, total.lost, total.tokens) == ((0, 0.0), lost, 110 * lost)


def test_a_retry_after_a_lost_attempt_reserves_anew() -> None:
    """As long as there is room for it."""
    ledger = Ledger(Budget(tokens=250))
    with ledger.reserve("edit", 0, 100, 10) as reservation:
        reservation.retry(True)
        assert (ledger.totals().total.tokens, ledger.reserved[0]) == (110, 110)
        reservation.retry(False)
        assert (ledger.totals().total.tokens, ledger.reserved[0]) == (110, 110)
        with pytest.raises(BudgetReached):
            reservation.retry(True)
    assert (ledger.totals().total.tokens, ledger.reserved[0]) == (220, 0)


def test_a_reservation_is_closed_once() -> None:
    """Booking twice is a fault, and is told."""
    reservation = Ledger(Budget()).reserve("edit", 0, 1, 1)
    reservation.release()
    with pytest.raises(RuntimeError, match="before"):
        reservation.settle(completion(Usage(), None))
