"""Sandboxes without Docker: one bubblewrap process tree for every execution.

The program sees this machine's system read-only and a copy of the tree at the repository's own path, and of
everything else nothing. All that it can write lies in memory and goes with it, so there is no state in which
an execution could find another one's traces.
"""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sandbox import cgroups, jail, mounts, orphans, remedies, rlimits, staging, userns
from sandbox.docker_tree import readable
from sandbox.errors import SandboxBroken, SandboxUnavailable
from sandbox.machine import Machine, diagnose, isolation, survey
from sandbox.output import Capture
from sandbox.records import Diagnosis, Environment, Execution, Limits, Owner, Script, Tree
from sandbox.watch import first

__all__ = ["BubblewrapSandbox", "diagnose"]

T = TypeVar("T")

STAGING_SECONDS = 300.0
"""How long copying the tree and setting its environment up may take, before the script's own time."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OWN_PROCESSES = 1
"""Process 1 inside, which waits for orphans."""


class BubblewrapSandbox:
    """Runs scripts in namespaces of their own, at most `size` at a time."""

    name = "bubblewrap"

    def __init__(
        self,
        environment: Environment,
        owner: Owner,
        *,
        scratch: Path,
        size: int,
        machine: Machine | None = None,
    ) -> None:
        """Small files for each execution lie below `scratch` while it runs.

        Raises:
            SandboxUnavailable: bubblewrap is missing or too old, or something to be seen is root's alone.
            ValueError: a path of the environment cannot be mounted.
        """
        mounts.check(environment)
        found = machine or survey()
        if isinstance(found, Diagnosis):
            raise SandboxUnavailable(f"{found.detail}: {found.remedy}")
        if found.root:
            userns.refuse_private(environment.readonly)
        self._machine = found
        self._environment = environment
        self._owner = owner
        self._size = size
        self._slots = asyncio.Semaphore(size)
        self._jails: set[jail.Jail] = set()
        self._closed = False
        self._bases: dict[Path, Path] = {}
        self._looking = asyncio.Lock()
        orphans.reap()
        cgroups.sweep(found.groups)
        scratch.mkdir(parents=True, exist_ok=True)
        self._directory = Path(tempfile.mkdtemp(prefix="bubblewrap-", dir=scratch)).resolve()
        (self._directory / "etc").mkdir(mode=0o755)
        mounts.write_etc(self._directory / "etc")

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        """Run `script` on a copy of `tree`. What the tree changes below a read-only path stays hidden.

        Raises:
            SandboxBroken: the sandbox could not be set up, or was closed meanwhile.
            ValueError: a path or name in the tree or the script cannot be laid into a sandbox.
        """
        async with self._slots:
            if self._closed:  # also by the time a place is free
                raise SandboxBroken("the sandbox is closed")
            shown = tuple(c for c in tree.changes if not mounts.covered(self._environment, c.path))
            try:
                return await self._execute(replace(tree, changes=shown), script, limits)
            except OSError as error:  # no more processes, files or room on this machine
                raise SandboxBroken(f"this machine could not run a sandbox: {error}") from error

    async def close(self) -> None:
        """Kill what still runs, which its callers get as SandboxBroken, and remove all files."""
        if self._closed:
            return
        self._closed = True
        for running in self._jails:
            running.kill()
        for _ in range(self._size):
            await self._slots.acquire()
        for _ in range(self._size):  # for those who still come, to be told
            self._slots.release()
        shutil.rmtree(self._directory)

    async def _execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        directory = Path(tempfile.mkdtemp(dir=self._directory))
        try:
            await _to_the_end(lambda: staging.stage(tree, script, limits, self._environment, directory))
            base = await self._readable(tree.base.resolve())
            return await self._run(mounts.Host(base, directory, self._directory / "etc"), limits)
        finally:
            shutil.rmtree(directory)

    async def _readable(self, base: Path) -> Path:
        """The base, or a copy of it if the user whom root's sandboxes run as cannot read it."""
        if not self._machine.root:
            return base
        async with self._looking:
            if base not in self._bases:
                self._bases[base] = await _to_the_end(lambda: readable(base, self._directory))
        return self._bases[base]

    async def _run(self, host: mounts.Host, limits: Limits) -> Execution:
        stdout, stderr = Capture(limits.output), Capture(limits.output)
        heard = _Heard(staging.Prelude(stderr))
        async with self._group(host.stage.name, limits) as group:

            def confine(pid: int) -> None:
                if group is not None:
                    group.add(pid)
                rlimits.limit(pid, limits, own=_OWN_PROCESSES, memory=group is None)

            plan = self._plan(host, limits)
            async with jail.start(plan, confine, stdout.feed, heard.feed) as running:
                exit_code, timed_out, seconds = await self._watch(running, heard, limits)
            starved = exit_code in {None, 137} and group is not None and group.memory_kills() > 0
        killed = self._closed and exit_code in {None, 137} and not timed_out
        if killed or (exit_code is None and not starved) or not heard.prelude.ready:
            raise self._failure(heard.prelude, exit_code, limits)
        exit_code = 137 if exit_code is None else exit_code
        return Execution(
            exit_code=exit_code,
            stdout=stdout.text(),
            stderr=stderr.text(),
            timed_out=timed_out,
            killed_by=staging.killed_by(exit_code, timed_out=timed_out, out_of_memory=starved),
            truncated=stdout.truncated or stderr.truncated,
            seconds=seconds,
        )

    async def _watch(self, running: jail.Jail, heard: "_Heard", limits: Limits) -> tuple[int | None, bool, float]:
        """Let the program run. Its exit code, whether it was stopped, and its seconds."""
        self._jails.add(running)
        try:
            if self._closed:
                raise SandboxBroken("the sandbox was closed")
            running.open_gate()
            ended = running.outer.ended
            if not await first(heard.began, ended, seconds=STAGING_SECONDS):
                raise SandboxBroken(f"the environment was not set up within {STAGING_SECONDS} s")
            timed_out = not await first(ended, seconds=limits.seconds)
            seconds = time.monotonic() - heard.started
            running.kill()
            exit_code = await running.exit_code()
            return (137 if timed_out else exit_code), timed_out, seconds
        finally:
            self._jails.discard(running)

    def _plan(self, host: mounts.Host, limits: Limits) -> jail.Plan:
        environment, machine = self._environment, self._machine
        command = ("/bin/sh", f"{mounts.STAGE}/run.sh", mounts.BASE)
        if machine.root:
            command = userns.becoming(mounts.directories(environment), command)
        return jail.Plan(
            machine.bwrap,
            (
                *isolation(machine, network=environment.network),
                *("--setenv", "PATH", _PATH, "--setenv", "USER", "user", "--setenv", "LOGNAME", "user"),
                *mounts.mounts(environment, host, limits.disk),
            ),
            command,
            self._owner.pid,
            nobody=machine.root,
        )

    @contextlib.asynccontextmanager
    async def _group(self, serial: str, limits: Limits) -> AsyncGenerator[cgroups.Group | None]:
        groups = self._machine.groups
        if not groups.parents:
            yield None
            return
        # What lies in memory file systems counts as memory of the group, too.
        quota = cgroups.Quota(
            limits.memory + limits.disk, limits.processes + _OWN_PROCESSES, limits.cpus, limits.shares
        )
        group = cgroups.make(groups, cgroups.name_for(self._owner.pid, serial), quota)
        try:
            yield group
        finally:
            await group.remove()

    def _failure(self, prelude: staging.Prelude, exit_code: int | None, limits: Limits) -> SandboxBroken:
        if self._closed:
            return SandboxBroken("the sandbox was closed")
        if prelude.ready:
            return SandboxBroken("bubblewrap was killed while the script ran")
        failure = prelude.failure(exit_code, limits)
        remedy = remedies.allow_namespaces(self._machine.bwrap) if exit_code is None else ""
        return SandboxBroken(f"{failure}\n{remedy}".strip())


class _Heard:
    """Standard error, with the moment at which the script began."""

    def __init__(self, prelude: staging.Prelude) -> None:
        self.prelude = prelude
        self.began = asyncio.Event()
        self.started = time.monotonic()

    def feed(self, data: bytes) -> None:
        self.prelude.feed(data)
        if self.prelude.ready and not self.began.is_set():
            self.started = time.monotonic()
            self.began.set()


async def _to_the_end(work: Callable[[], T]) -> T:
    """Do blocking work in a thread; when cancelled, still wait for it, so that nothing is left half done."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
