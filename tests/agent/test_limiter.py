"""At most so many at once, served by priority."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.limiter import Limiter


async def test_no_more_than_the_limit_are_in_flight() -> None:
    """Twenty callers, three places."""
    limiter = Limiter(3)
    seen: list[int] = []

    async def work() -> None:
        async with limiter.slot(0):
            seen.append(limiter.in_flight)
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(20)))
    assert max(seen) == 3
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_lower_priorities_first_then_arrival() -> None:
    """Who came later with a more urgent matter goes first; among equals, who came first."""
    limiter = Limiter(1)
    served: list[str] = []

    async def work(name: str, priority: int) -> None:
        async with limiter.slot(priority):
            served.append(name)

    async with limiter.slot(0):
        names = [("begin a", 9), ("finish a", 1), ("begin b", 9), ("finish b", 1)]
        tasks = [asyncio.create_task(work(*name)) for name in names]
        await asyncio.sleep(0)
        assert (limiter.in_flight, limiter.waiting) == (1, 4)
    await asyncio.gather(*tasks)
    assert served == ["finish a", "finish b", "begin a", "begin b"]


async def test_a_place_is_given_back_after_a_failure() -> None:
    """Whatever happens inside."""
    limiter = Limiter(1)
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot(0):
            raise ZeroDivisionError
    assert limiter.in_flight == 0


async def test_cancelled_while_it_waits() -> None:
    """Its turn goes to the next."""
    limiter = Limiter(1)
    async with limiter.slot(0):
        first, second = (asyncio.create_task(hold(limiter)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert limiter.waiting == 1
    await second
    assert (first.cancelled(), limiter.in_flight) == (True, 0)


async def test_cancelled_at_the_moment_it_is_served() -> None:
    """The place was handed over, but its new holder never runs: the next one gets it."""
    limiter = Limiter(1)
    async with limiter.slot(0):
        first, second = (asyncio.create_task(hold(limiter)) for _ in range(2))
        await asyncio.sleep(0)
    assert (limiter.in_flight, limiter.waiting) == (1, 1)  # the first has the place, and has not run yet
    first.cancel()
    await second
    assert (first.cancelled(), limiter.in_flight, limiter.waiting) == (True, 0, 0)


async def hold(limiter: Limiter) -> None:
    async with limiter.slot(0):
        await asyncio.sleep(0)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing(limit: int) -> None:
    """It would wait for ever."""
    with pytest.raises(ValueError, match="at least 1"):
        Limiter(limit)


@settings(max_examples=60, deadline=None)
@given(limit=st.integers(1, 4), seed=st.integers(0, 2**32), workers=st.integers(1, 25))
def test_any_interleaving_of_work_failure_and_cancellation(limit: int, seed: int, workers: int) -> None:
    """The limit holds at every moment, nobody is forgotten, and all places are free in the end."""

    async def life() -> None:
        chance = random.Random(seed)
        limiter = Limiter(limit)
        most = 0

        async def work(priority: int, steps: int, fails: bool) -> None:
            nonlocal most
            async with limiter.slot(priority):
                most = max(most, limiter.in_flight)
                for _ in range(steps):
                    await asyncio.sleep(0)
                if fails:
                    raise ZeroDivisionError

        tasks: list[asyncio.Task[None]] = []
        for _ in range(workers):
            work_of_one = work(chance.randint(0, 3), chance.randint(0, 3), chance.random() < 0.2)
            tasks.append(asyncio.create_task(work_of_one))
            for _ in range(chance.randint(0, 2)):
                await asyncio.sleep(0)
            if chance.random() < 0.4:
                chance.choice(tasks).cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), timeout=20)
        assert most <= limit
        assert (limiter.in_flight, limiter.waiting) == (0, 0)

    asyncio.run(life())
