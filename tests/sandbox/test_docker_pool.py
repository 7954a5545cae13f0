"""Who gets which container, tried with boxes that are only names."""

import asyncio
from dataclasses import dataclass, field

import pytest

from sandbox.docker_pool import Pool
from sandbox.errors import SandboxBroken


@dataclass(eq=False)
class Box:
    """A box of some recipe."""

    recipe: str
    uses: int = 0


@dataclass
class Yard:
    """Makes boxes, and remembers which there are."""

    alive: list[Box] = field(default_factory=list)
    most: int = 0
    made: int = 0
    settled: int = 0
    clean: bool = True
    fails: int = 0

    async def build(self, recipe: str) -> Box:
        """A new box, after a while."""
        box = Box(recipe)
        self.alive.append(box)
        self.made += 1
        self.most = max(self.most, len(self.alive))
        await asyncio.sleep(0.01)
        if self.fails:
            self.fails -= 1
            self.alive.remove(box)
            raise SandboxBroken("no box today")
        return box

    async def settle(self, box: Box) -> bool:
        """A used box made ready, after a while."""
        await asyncio.sleep(0.01)
        self.settled += 1
        return self.clean

    async def remove(self, box: Box) -> None:
        """A box torn down, after a while."""
        await asyncio.sleep(0.01)
        if box in self.alive:
            self.alive.remove(box)

    def pool(self, size: int) -> Pool[str, Box]:
        """A pool of this yard's boxes."""
        return Pool(size, build=self.build, settle=self.settle, remove=self.remove)


async def use(pool: Pool[str, Box], recipe: str, *, reusable: bool = True) -> None:
    """Take a box, use it for a while, give it back."""
    box = await pool.take(recipe)
    assert box.recipe == recipe
    box.uses += 1
    assert box.uses == 1 or reusable
    try:
        await asyncio.sleep(0.005)
    except asyncio.CancelledError:
        await pool.discard(box)
        raise
    pool.give_back(box, reusable=reusable)


async def test_a_box_is_used_again():
    """One after the other needs no more boxes than settle while another one works."""
    yard = Yard()
    pool = yard.pool(8)
    for _ in range(20):
        await use(pool, "a")
    await pool.close()
    assert yard.made < 8


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_there_are_never_more_boxes_than_places(size):
    """However many ask, of however many recipes, and all are served."""
    yard = Yard()
    pool = yard.pool(size)
    await asyncio.wait_for(asyncio.gather(*(use(pool, "abc"[i % 3]) for i in range(30))), 30)
    await pool.close()
    assert yard.most <= size
    assert yard.alive == []


async def test_a_box_that_is_not_reusable_is_replaced():
    """It is never used again; its successor waits ready."""
    yard = Yard()
    pool = yard.pool(1)
    for _ in range(3):
        await use(pool, "a", reusable=False)
    await pool.close()
    assert yard.made >= 3
    assert yard.settled == 0


async def test_a_box_that_does_not_settle_is_replaced():
    """Neither is one that could not be made ready."""
    yard = Yard(clean=False)
    pool = yard.pool(1)
    await use(pool, "a")
    first = yard.alive[0]
    await use(pool, "a")
    assert first not in yard.alive
    await pool.close()


async def test_a_discarded_box_is_gone_when_the_call_returns():
    """What was discarded runs no more, and another one takes its place."""
    yard = Yard()
    pool = yard.pool(1)
    box = await pool.take("a")
    await pool.discard(box)
    assert box not in yard.alive
    await use(pool, "a")
    await pool.close()


async def test_a_failure_reaches_the_one_who_waits():
    """Who waits for a box that cannot be made gets the error; the next one gets a box."""
    yard = Yard(fails=1)
    pool = yard.pool(1)
    with pytest.raises(SandboxBroken, match="no box today"):
        await pool.take("a")
    await use(pool, "a")
    await pool.close()


async def test_failures_leave_no_one_waiting():
    """Every waiter gets a box or an error."""
    yard = Yard(fails=3)
    pool = yard.pool(2)
    results = await asyncio.wait_for(asyncio.gather(*(use(pool, "a") for _ in range(6)), return_exceptions=True), 10)
    await pool.close()
    assert sum(isinstance(result, SandboxBroken) for result in results) == 3


async def test_a_cancelled_waiter_takes_no_box_along():
    """The box that was meant for it serves another one."""
    yard = Yard()
    pool = yard.pool(1)
    waiters = [asyncio.create_task(use(pool, "a")) for _ in range(5)]
    await asyncio.sleep(0.012)
    for waiter in waiters[::2]:
        waiter.cancel()
    await asyncio.wait_for(asyncio.gather(*waiters, return_exceptions=True), 10)
    await asyncio.wait_for(use(pool, "a"), 10)
    await pool.close()
    assert yard.alive == []


async def test_close_removes_boxes_in_use_and_in_the_making():
    """After closing there is no box, waiters got an error, and nothing can be taken."""
    yard = Yard()
    pool = yard.pool(2)
    box = await pool.take("a")
    waiting = [asyncio.create_task(pool.take("b")) for _ in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0.05)
    pool.give_back(box, reusable=True)
    await closing
    assert yard.alive == []
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, SandboxBroken)
    with pytest.raises(SandboxBroken, match="closed"):
        await pool.take("a")


def test_a_pool_has_room():
    """A pool of nothing would serve nobody."""
    with pytest.raises(ValueError, match="at least one"):
        Yard().pool(0)
