"""Watching processes and what they write, without a thread for each and without waiting for ever."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

Sink = Callable[[bytes], None]


class Pipe(asyncio.Protocol):
    """Hands on what comes out of a pipe, as it comes."""

    def __init__(self, sink: Sink) -> None:
        self.closed = asyncio.Event()
        self._sink = sink

    def data_received(self, data: bytes) -> None:
        self._sink(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # however it ended, nothing more will come
        self.closed.set()


class Life:
    """A process that can be waited for and killed without mistaking it for another one of the same id."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError if there is no such process."""
        self.ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._descriptor)  # it stays readable from now on
        self.ended.set()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)


async def first(*events: asyncio.Event, seconds: float, how: str = asyncio.FIRST_COMPLETED) -> bool:
    """Wait for one of the events, or for all of them. Whether it came in time."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        _, pending = await asyncio.wait(tasks, timeout=seconds, return_when=how)
        return len(pending) < len(tasks) if how == asyncio.FIRST_COMPLETED else not pending
    finally:
        for task in tasks:
            task.cancel()
