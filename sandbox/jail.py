"""One bubblewrap process: started, confined before its program runs, watched, and killed with all its kin.

    Popen(bwrap) ── says ──> {"child-pid": n}      everything is mounted or being mounted; the program waits
    confine(n)   ── then ──> the gate opens        control group and limits hold before the first instruction
    exit or time-out ──────> SIGKILL to n          n is process 1 of its namespace: the kernel kills the rest

The gate wants a word, not just an open door: when this process dies while the program waits, the pipe is
closed, and the shell at the gate ends instead of running the program unconfined.
"""

import asyncio
import contextlib
import os
import re
import subprocess
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from sandbox import orphans, userns
from sandbox.errors import SandboxBroken
from sandbox.watch import Life, Pipe, Sink, first

SETUP_SECONDS = 30.0
"""How long bubblewrap may take to make its namespaces."""

DEATH_SECONDS = 15.0
"""How long the kernel may take to kill a sandbox."""

DRAIN_SECONDS = 2.0
"""How long output that was written before the end may take to arrive."""

_GATE = """
read -r word && [ "$word" = go ] || exit 1
trap : HUP INT QUIT TERM
exec 3>&2 2>/dev/null
(exec "$@" 2>&3 3>&-)
exit $?
"""
"""Process 1: it waits for the word, then for the program, and buries orphans meanwhile. What shells say of
programs that a signal ended is nobody's output. (Bubblewrap's own process 1 would be left to be buried by the
machine's, and in a container there may be none that does.)"""


class Status:
    """What bubblewrap says of itself, as JSON: the child's id first, its exit code last."""

    def __init__(self) -> None:
        self.said = asyncio.Event()
        self._text = b""

    def feed(self, data: bytes) -> None:
        self._text += data
        if self.number("child-pid") is not None:
            self.said.set()

    def number(self, key: str) -> int | None:
        """A number that was told, or None."""
        found = re.search(rb'"%s": (\d+)\D' % key.encode(), self._text)
        return None if found is None else int(found[1])


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start one."""

    bwrap: str
    arguments: Sequence[str]
    command: Sequence[str]
    owner: int
    """Id of the process that it shall not outlive: this one."""
    nobody: bool = False
    """Whether the sandbox gets the two users that a root's has; see `sandbox.userns`."""


@dataclass(slots=True, eq=False)
class Jail:
    """A sandbox whose program waits at the gate, or runs, or has ended."""

    status: Status
    outer: Life
    """Bubblewrap's own process."""
    pipes: Sequence[Pipe]
    gate: BinaryIO
    inner: Life | None = None
    """Process 1 of the sandbox."""
    confined: bool = False

    def open_gate(self) -> None:
        """Let the program begin, unless the sandbox has ended before it was confined."""
        if not self.confined:
            return
        with contextlib.suppress(BrokenPipeError):  # it died at the gate; its exit says so
            self.gate.write(b"go\n")

    def kill(self) -> None:
        """SIGKILL to everything in it."""
        if self.inner is not None:
            self.inner.kill()
        else:
            self.outer.kill()

    async def exit_code(self) -> int | None:
        """The program's, as a shell gives it, when all output has arrived, whoever holds the pipes.

        None if the program never began, or if bubblewrap itself was killed.
        """
        await first(*(pipe.closed for pipe in self.pipes), seconds=DRAIN_SECONDS, how=asyncio.ALL_COMPLETED)
        return self.status.number("exit-code")


@contextlib.asynccontextmanager
async def start(plan: Plan, confine: Callable[[int], None], stdout: Sink, stderr: Sink) -> AsyncGenerator[Jail]:
    """Start a sandbox, confined, its program waiting at the gate. After the context nothing of it lives.

    `confine` gets the id of process 1 inside, which all others will come from. If bubblewrap fails, it says
    why to `stderr` and there is never an exit code.

    Raises:
        SandboxBroken: a limit could not be set, or the kernel did not end it.
    """
    loop = asyncio.get_running_loop()
    status = Status()
    pipes = [Pipe(stdout), Pipe(stderr), Pipe(status.feed)]
    async with contextlib.AsyncExitStack() as ours:
        # Nothing is awaited between the start of the process and the promise to end it.
        with contextlib.ExitStack() as theirs:
            ends: list[int] = []
            for pipe in pipes:
                reader, writer = _pipe(ours, theirs)
                transport, _ = await loop.connect_read_pipe(lambda pipe=pipe: pipe, reader)
                ours.callback(transport.close)
                ends.append(writer)
            gate_out, gate_in = os.pipe()
            theirs.callback(os.close, gate_out)
            gate = ours.enter_context(_file(gate_in, "wb"))
            process = _launch(plan, gate_out, *ends)
        jail = Jail(status, Life(process.pid), pipes, gate)
        ours.callback(jail.outer.close)
        ours.push_async_callback(_end, jail, process)
        await _confine(jail, plan, confine)
        yield jail


def _launch(plan: Plan, gate: int, stdout: int, stderr: int, status: int) -> subprocess.Popen[bytes]:
    command = [plan.bwrap, "--as-pid-1", "--json-status-fd", str(status), *plan.arguments]
    inform = status
    if plan.nobody:  # it waits at the gate, too, until the users are there, and wants to say that apart
        inform = os.dup(status)
        command += ["--userns-block-fd", "0", "--info-fd", str(inform)]
    command += ["--", "/bin/sh", "-c", _GATE, orphans.mark(plan.owner), *plan.command]
    try:
        # Called in the event loop's thread: "parent" in --die-with-parent is the thread that started it.
        return subprocess.Popen(
            command,
            stdin=gate,
            stdout=stdout,
            stderr=stderr,
            pass_fds={status, inform},
            env={},
            extra_groups=() if plan.nobody else None,
            start_new_session=True,  # an interrupt from the keyboard is not for it
        )
    finally:
        if inform != status:
            os.close(inform)


def _pipe(ours: contextlib.AsyncExitStack, theirs: contextlib.ExitStack) -> tuple[BinaryIO, int]:
    reader, writer = os.pipe()
    theirs.callback(os.close, writer)
    return ours.enter_context(_file(reader, "rb")), writer


def _file(descriptor: int, mode: Literal["rb", "wb"]) -> BinaryIO:
    return os.fdopen(descriptor, mode, buffering=0)


async def _confine(jail: Jail, plan: Plan, confine: Callable[[int], None]) -> None:
    if not await first(jail.status.said, jail.outer.ended, seconds=SETUP_SECONDS):
        raise SandboxBroken(f"bubblewrap made no namespaces within {SETUP_SECONDS} s")
    pid = jail.status.number("child-pid")
    if pid is None:
        return  # bubblewrap has ended
    try:
        jail.inner = Life(pid)
        confine(pid)
        if plan.nobody:
            userns.give_users(pid)
            jail.gate.write(b"\n")  # a byte for bubblewrap, which reads no more than one
    except (ProcessLookupError, BrokenPipeError):
        return  # so has its child, because something could not be mounted
    except OSError as error:
        raise SandboxBroken(f"the sandbox could not be confined: {error}") from error
    jail.confined = True


async def _end(jail: Jail, process: subprocess.Popen[bytes]) -> None:
    """Kill and see it die: process 1 of a namespace is gone only after all the others."""
    try:
        if jail.inner is None:  # killed too early, bubblewrap would leave its child behind
            await first(jail.status.said, jail.outer.ended, seconds=SETUP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                pid = jail.status.number("child-pid")
                jail.inner = None if pid is None else Life(pid)
        jail.kill()
        jail.gate.close()  # bubblewrap may wait for it, and does not notice its child meanwhile
        lives = [life.ended for life in (jail.inner, jail.outer) if life is not None]
        if not await first(*lives, seconds=DEATH_SECONDS, how=asyncio.ALL_COMPLETED):
            jail.outer.kill()
            raise SandboxBroken(f"processes of a sandbox outlived SIGKILL by {DEATH_SECONDS} s")
        process.wait()
    finally:
        if jail.inner is not None:
            jail.inner.close()
