"""At most so many at once; who waits is served by priority, then in the order of arrival."""

import asyncio
import heapq
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count


class Limiter:
    """Bounds what is in flight on one event loop.

    Lower priorities are served first, so that work which finishes a task can go before work which begins
    one. A caller that is cancelled, be it at the very moment it is served, takes no place.
    """

    def __init__(self, limit: int) -> None:
        """Raises:
        ValueError: `limit` is below 1.
        """
        if limit < 1:
            raise ValueError(f"a limiter lets at least 1 through at once, not {limit}")
        self.limit = limit
        self._free = limit
        self._arrivals = count()
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []

    @property
    def in_flight(self) -> int:
        return self.limit - self._free

    @property
    def waiting(self) -> int:
        return sum(not place.done() for _, _, place in self._queue)

    @asynccontextmanager
    async def slot(self, priority: int) -> AsyncGenerator[None, None]:
        """Wait for a place and hold it."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: int) -> None:
        if self._free:  # a place is only free when nobody waits: it is handed on, not put back
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it was handed over at the same moment
                self._leave()
            raise

    def _leave(self) -> None:
        while self._queue:
            _, _, place = heapq.heappop(self._queue)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
