"""Spent is never more than the limit, in any order and with any number of workers."""

import asyncio
import random
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.errors import BudgetReached, ModelError
from agent.ledger import Budget, Ledger, Reservation
from agent.messages import Completion, Finish, Usage
from agent.models.pricing import Price

PRICE = Price(input=1.0, cached=0.1, output=10.0, written=1.25)
"""Dollars per million tokens."""


def completion(usage: Usage, dollars: float | None, seconds: float = 2.0) -> Completion:
    return Completion("text", Finish.STOP, usage, dollars, seconds, "m")


class Spending(RuleBasedStateMachine):
    """Any order of reservations and of what becomes of them."""

    @initialize(dollars=st.floats(0, 0.05), tokens=st.integers(0, 20_000))
    def start(self, dollars: float, tokens: int) -> None:
        self.budget = Budget(dollars=dollars, tokens=tokens)
        self.ledger = Ledger(self.budget, PRICE)
        self.open: list[tuple[Reservation, int, int]] = []

    @rule(prompt=st.integers(0, 3000), answer=st.integers(1, 500))
    def reserve(self, prompt: int, answer: int) -> None:
        with suppress(BudgetReached):
            self.open.append((self.ledger.reserve("edit", 0, prompt, answer), prompt, answer))

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        if self.open:
            reservation, most_prompt, most_answer = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
            prompt = data.draw(st.integers(0, most_prompt))
            cached = data.draw(st.integers(0, prompt))
            written = data.draw(st.integers(0, prompt - cached))
            usage = Usage(prompt, cached, data.draw(st.integers(0, most_answer)), written=written)
            dollars = data.draw(st.sampled_from([None, PRICE.dollars(usage)]))
            reservation.settle(completion(usage, dollars))

    @rule(data=st.data(), billed=st.booleans())
    def retry(self, data: st.DataObject, billed: bool) -> None:
        if self.open:
            entry = data.draw(st.sampled_from(self.open))
            try:
                entry[0].retry(billed)
            except BudgetReached:
                self.open.remove(entry)

    @rule(data=st.data(), lost=st.booleans())
    def give_up(self, data: st.DataObject, lost: bool) -> None:
        if self.open:
            reservation, _, _ = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
            if lost:
                reservation.lose()
            else:
                reservation.release()

    @invariant()
    def spent_and_promised_stay_within_the_limits(self) -> None:
        if hasattr(self, "ledger"):
            total = self.ledger.totals().total
            tokens, dollars = self.ledger.reserved
            assert self.budget.tokens is not None
            assert self.budget.dollars is not None
            assert total.tokens + tokens <= self.budget.tokens
            assert total.spent + dollars <= self.budget.dollars + 1e-12
            assert total.overruns == 0


TestSpending = Spending.TestCase


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), workers=st.integers(1, 30), limit=st.floats(0.001, 0.1))
def test_workers_at_once_stay_within_the_limit(seed: int, workers: int, limit: float) -> None:
    """Workers that ask until the budget ends, with answers, failures and cancellations between them."""

    async def life() -> Ledger:
        chance = random.Random(seed)
        ledger = Ledger(Budget(dollars=limit), PRICE)

        async def work(number: int) -> None:
            for _ in range(100):
                prompt, answer = chance.randint(1, 5000), chance.randint(1, 1000)
                with ledger.reserve("edit", number, prompt, answer) as reservation:
                    for _ in range(chance.randint(0, 3)):
                        await asyncio.sleep(0)
                    while chance.random() < 0.2:
                        reservation.retry(chance.random() < 0.5)
                    if chance.random() < 0.1:
                        raise ModelError("gone", billed=chance.random() < 0.5)
                    usage = Usage(chance.randint(0, prompt), 0, chance.randint(0, answer))
                    reservation.settle(completion(usage, PRICE.dollars(usage)))

        tasks = [asyncio.create_task(work(number)) for number in range(workers)]
        await asyncio.sleep(0)
        chance.choice(tasks).cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, BudgetReached | ModelError | asyncio.CancelledError | None) for end in ended)
        return ledger

    ledger = asyncio.run(life())
    assert ledger.totals().total.spent <= limit + 1e-12
    assert ledger.reserved == (0, 0.0)
