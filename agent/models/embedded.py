"""The embedded model as a server on this machine: started on first use, shared by all, stopped at exit."""

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, Self

from agent.errors import ModelError, ModelSetupError
from agent.models.catalogue import CatalogueEntry, is_pulled, model_path
from agent.models.cores import EmbeddedSettings
from agent.models.serve import Order

START_SECONDS = 180.0
"""Loading takes seconds; a slow disk and a busy machine may take minutes."""

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_LOG_TAIL = 15


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the running server answers, in the way of OpenAI's API."""

    api_base: str
    api_key: str
    model: str
    slots: int
    context: int
    """Tokens of one request, prompt and answer together."""


@dataclass(frozen=True, slots=True)
class _Running:
    process: asyncio.subprocess.Process
    endpoint: Endpoint
    log: IO[bytes]


class EmbeddedServer:
    """A model of the catalogue, served by a child process.

    `endpoint()` starts it when it is first asked for, and once more if it died since; a second death is an
    error. Safe to call from many tasks at once.
    """

    def __init__(self, entry: CatalogueEntry, cache: Path, settings: EmbeddedSettings, *, port: int = 0) -> None:
        """`port` 0 means any free one on the loopback."""
        self.entry = entry
        self.settings = settings
        self._path = model_path(entry, cache)
        self._cache = cache
        self._port = port
        self._key = secrets.token_urlsafe(24)
        self._lock = asyncio.Lock()
        self._running: _Running | None = None
        self._starts = 0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def endpoint(self) -> Endpoint:
        """Where it answers; starts it if need be.

        Raises:
            ModelSetupError: the extra or the model's file is missing, or it does not start.
            ModelError: it died for the second time.
        """
        async with self._lock:
            if self._closed:
                raise ModelError(f"the embedded model {self.entry.name} is closed")
            running = self._running
            if running is not None and running.process.returncode is None:
                return running.endpoint
            if running is not None:
                self._bury(running)
            self._running = await self._start()
            return self._running.endpoint

    async def aclose(self) -> None:
        """Stop it, at once. May be called twice."""
        async with self._lock:
            self._closed = True
            if self._running is not None:
                await _end(self._running.process)
                self._running.log.close()
                self._running = None

    async def watch(self) -> NoReturn:
        """Start it and wait for its end, which is an error unless this is cancelled.

        Raises:
            ModelSetupError: as `endpoint`.
            ModelError: it died.
        """
        await self.endpoint()
        running = self._running
        assert running is not None
        await running.process.wait()
        raise ModelError(
            f"the embedded model {self.entry.name} died ({_end_of(running.process)}). "
            f"Its last words:\n{_tail(running.log)}"
        )

    def check(self) -> None:
        """Whether all that it needs is there, without starting it.

        Raises:
            ModelSetupError: the extra or the model's file is missing; names the command that mends it.
        """
        if any(importlib.util.find_spec(name) is None for name in ("xllamacpp", "gguf")):
            raise ModelSetupError(
                "embedded models need the extra `local`, which is not installed: "
                "pip install 'shrewdness[local]', or in a checkout: uv sync --extra local"
            )
        if not is_pulled(self.entry, self._cache):
            raise ModelSetupError(
                f"the model {self.entry.name} is not in {self._path.parent}; get it with: "
                f"shrewd models pull {self.entry.name}"
            )

    def _bury(self, dead: _Running) -> None:
        self._running = None
        tail = _tail(dead.log)
        dead.log.close()
        if self._starts > 1:
            raise ModelError(
                f"the embedded model {self.entry.name} died again ({_end_of(dead.process)}). Its last words:\n{tail}"
            )

    async def _start(self) -> _Running:
        self.check()
        self._starts += 1
        log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server, and ends with it
        # -P: no file of the current folder, which may be anybody's repository, is imported.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "agent.models.serve"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=server_environment(os.environ),
        )
        try:
            port = await self._ready(process)
        except BaseException as error:
            await _end(process)
            tail = _tail(log)
            log.close()
            if isinstance(error, _NotReady):
                raise ModelSetupError(
                    f"the embedded model {self.entry.name} did not start: {error}. Its last words:\n{tail}"
                ) from error
            raise
        endpoint = Endpoint(
            api_base=f"http://127.0.0.1:{port}/v1",
            api_key=self._key,
            model=self.entry.name,
            slots=self.settings.slots,
            context=self.settings.context,
        )
        return _Running(process, endpoint, log)

    async def _ready(self, process: asyncio.subprocess.Process) -> int:
        """The port, once the model answers there."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):  # it died already, which the empty line below tells
            process.stdin.write(self._order().line())
            await process.stdin.drain()
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        except TimeoutError:
            raise _NotReady(f"no answer within {START_SECONDS:g} s") from None
        if not line:
            await process.wait()
            raise _NotReady(_end_of(process))
        return int(json.loads(line)["port"])

    def _order(self) -> Order:
        settings = self.settings
        return Order(
            path=str(self._path),
            alias=self.entry.name,
            key=self._key,
            parent=os.getpid(),
            port=self._port,
            threads=settings.threads,
            poll=settings.poll,
            nice=settings.nice,
            slots=settings.slots,
            context=settings.context,
        )


class _NotReady(Exception):
    """The child did not get to the point where it answers."""


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the server sees of the caller's environment: nothing secret."""
    return {name: environment[name] for name in _KEPT if name in environment}


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill and reap: the server has nothing to save."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _end_of(process: asyncio.subprocess.Process) -> str:
    code = process.returncode
    return f"ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"


def _tail(log: IO[bytes]) -> str:
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 8192))
    lines = log.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_TAIL:]) or "(none)"
