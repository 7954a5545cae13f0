"""What is left of a sandbox whose owner was killed while it set it up."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import orphans


@pytest.fixture
def dead() -> int:
    """The id of a process that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.fixture
def sandboxed() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a test starts; all are killed at the end."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def start(owner: int) -> subprocess.Popen[bytes]:
    """A process that is marked as a sandbox of `owner`."""
    return subprocess.Popen(["/bin/sh", "-c", "sleep 60; exit 0", orphans.mark(owner)])


def test_orphans_are_killed(sandboxed, dead):
    """A sandbox whose owner is gone goes, too."""
    sandboxed.append(start(dead))
    assert sandboxed[0].pid in orphans.reap()
    assert sandboxed[0].wait(timeout=20) == -9


def test_sandboxes_of_the_living_are_not_touched(sandboxed):
    """Neither ours nor those of another program that runs beside us."""
    sandboxed += [start(os.getpid()), start(os.getppid())]
    assert not {process.pid for process in sandboxed} & set(orphans.reap())
    assert [process.poll() for process in sandboxed] == [None, None]


def test_a_mark_within_other_words_is_none(sandboxed, dead):
    """A program that merely mentions a sandbox, such as a search for it, is not one."""
    sandboxed.append(subprocess.Popen(["/bin/sh", "-c", f"sleep 60; : {orphans.mark(dead)}"]))
    assert sandboxed[0].pid not in orphans.reap()


OWNER = """
import asyncio, os, signal, sys
from sandbox import jail
from sandbox.machine import isolation, survey

async def main():
    machine = survey()
    arguments = (*isolation(machine, network=False), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev")
    plan = jail.Plan(machine.bwrap, arguments, ("/bin/true",), os.getpid(), nobody=machine.root)
    async with jail.start(plan, lambda pid: os.kill(os.getpid(), signal.SIGKILL), print, print):
        pass

asyncio.run(main())
"""


@pytest.mark.bubblewrap
@pytest.mark.parametrize("backend", ["bubblewrap"], indirect=True)
def test_a_real_one_that_was_left_in_the_middle(backend):
    """An owner that dies while bubblewrap waits for it leaves nothing that is not found."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], cwd=Path(__file__).parents[2])
    assert owner.wait(timeout=60) == -9
    mark = orphans.mark(owner.pid).encode()
    deadline = time.monotonic() + 20
    while True:
        orphans.reap()
        left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _read(path).split(b"\0")]
        if not left:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
