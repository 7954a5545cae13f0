"""Which container serves whom: a fixed number of them, reused, renewed off the critical path."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Generic, TypeVar

from sandbox.errors import SandboxBroken, SandboxError

log = logging.getLogger(__name__)

Recipe = TypeVar("Recipe")
Box = TypeVar("Box")


class Pool(Generic[Recipe, Box]):
    """At most `size` boxes at any time, each made by a recipe and used by one taker at a time.

    A box that comes back is settled, or replaced, in the background; who takes one waits only when none
    of its recipe is ready.
    """

    def __init__(
        self,
        size: int,
        *,
        build: Callable[[Recipe], Awaitable[Box]],
        settle: Callable[[Box], Awaitable[bool]],
        remove: Callable[[Box], Awaitable[None]],
    ) -> None:
        """Use three functions: make a box, make a used one ready (or answer False), remove one."""
        if size < 1:
            raise ValueError(f"a pool needs room for at least one container, not {size}")
        self._size = size
        self._build, self._settle, self._remove = build, settle, remove
        self._places = 0
        """Boxes that exist or are being made."""
        self._making: Counter[Recipe] = Counter()
        self._settling: Counter[Recipe] = Counter()
        self._ready: list[tuple[Recipe, Box]] = []
        self._boxes: dict[Box, Recipe] = {}
        """All that exist, but for those being removed."""
        self._lent: dict[Box, Recipe] = {}
        self._returned = asyncio.Event()
        self._waiting: deque[tuple[Recipe, asyncio.Future[Box]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, recipe: Recipe) -> Box:
        """A ready box, for this taker alone until it is given back or discarded.

        Raises:
            SandboxError: no box could be made, or the pool is closed.
        """
        if self._closed:
            raise SandboxBroken("the sandbox is closed")
        for entry in self._ready:
            if entry[0] == recipe:
                self._ready.remove(entry)
                self._lent[entry[1]] = recipe
                return entry[1]
        place: asyncio.Future[Box] = asyncio.get_running_loop().create_future()
        self._waiting.append((recipe, place))
        self._grow()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._take_back(place.result())
                self._offer(recipe, place.result())
            self._waiting = deque(entry for entry in self._waiting if entry[1] is not place)
            raise

    def give_back(self, box: Box, *, reusable: bool) -> None:
        """Return a used box: in the background it is settled, replaced, or makes room for another recipe."""
        recipe = self._take_back(box)
        if self._closed:
            return  # it has been removed
        wanted = self._wanted(self._making + self._settling) or recipe
        if reusable and wanted == recipe:
            self._settling[recipe] += 1
            self._spawn(self._renew(recipe, box))
        else:
            self._replace(box, wanted)

    async def discard(self, box: Box) -> None:
        """Return a used box that is removed at once, which is waited for, and replaced."""
        recipe = self._take_back(box)
        if not self._closed:
            wanted = self._wanted(self._making + self._settling) or recipe
            await asyncio.wait({self._replace(box, wanted)})

    async def close(self) -> None:
        """Remove all boxes, those in use too. Raises the first failure, after all were tried."""
        self._closed = True
        for _, place in self._waiting:
            if not place.done():
                place.set_exception(SandboxBroken("the sandbox was closed"))
        self._waiting.clear()
        self._ready.clear()
        removals = [asyncio.ensure_future(self._remove(box)) for box in self._boxes]
        self._boxes.clear()
        outcomes = await asyncio.gather(*removals, return_exceptions=True)
        while self._lent:
            self._returned.clear()
            await self._returned.wait()
        while self._tasks:
            outcomes += await asyncio.gather(*self._tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def _take_back(self, box: Box) -> Recipe:
        self._returned.set()
        return self._lent.pop(box)

    def _wanted(self, coming: Counter[Recipe]) -> Recipe | None:
        """The recipe that has waited longest for more than what is coming."""
        coming = coming.copy()
        for recipe, _ in self._waiting:
            if coming[recipe] <= 0:
                return recipe
            coming[recipe] -= 1
        return None

    def _grow(self) -> None:
        """Start making what is waited for, as far as there is room.

        A free place is filled even if a box is just being settled: from then on one settles while another
        works. For a box of another recipe that would be no gain.
        """
        while self._places < self._size and (recipe := self._wanted(self._making)) is not None:
            self._places += 1
            self._making[recipe] += 1
            self._spawn(self._make(recipe))
        while self._ready and (recipe := self._wanted(self._making + self._settling)) is not None:
            self._replace(self._ready.pop(0)[1], recipe)

    def _replace(self, box: Box, recipe: Recipe) -> "asyncio.Task[None]":
        self._boxes.pop(box, None)
        self._making[recipe] += 1
        removal = self._spawn(self._remove(box))
        self._spawn(self._make(recipe, after=removal))
        return removal

    async def _renew(self, recipe: Recipe, box: Box) -> None:
        try:
            clean = await self._settle(box)
        except SandboxError as error:
            clean = False
            if not self._closed:
                log.info("a container could not be settled: %s", error)
        self._settling[recipe] -= 1
        if clean:
            self._offer(recipe, box)
        elif not self._closed:
            log.info("a container is not proven clean and is replaced")
            self._replace(box, recipe)

    async def _make(self, recipe: Recipe, after: "asyncio.Task[None] | None" = None) -> None:
        try:
            if after is not None:
                await after
            if self._closed:
                return
            box = await self._build(recipe)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for the box
            self._failed(recipe, error)
            return
        if self._closed:
            await self._remove(box)
            return
        self._boxes[box] = recipe
        self._making[recipe] -= 1
        self._offer(recipe, box)

    def _offer(self, recipe: Recipe, box: Box) -> None:
        if self._closed:
            return
        for entry in self._waiting:
            if entry[0] == recipe and not entry[1].done():
                self._waiting.remove(entry)
                self._lent[box] = recipe
                entry[1].set_result(box)
                return
        self._ready.append((recipe, box))
        self._grow()

    def _failed(self, recipe: Recipe, error: Exception) -> None:
        if self._closed:
            return
        self._making[recipe] -= 1
        self._places -= 1
        for entry in self._waiting:
            if entry[0] == recipe and not entry[1].done():
                self._waiting.remove(entry)
                entry[1].set_exception(error)
                break
        else:
            log.warning("a container could not be made ahead of its use: %s", error)
        self._grow()

    def _spawn(self, work: "Awaitable[None] | Coroutine[None, None, None]") -> "asyncio.Task[None]":
        async def run() -> None:
            await work

        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
