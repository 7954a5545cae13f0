"""One bubblewrap process from its start to its end, whatever happens in between."""

import os
import time
from dataclasses import replace

import pytest

from sandbox import jail
from sandbox.errors import SandboxBroken
from sandbox.jail import Plan
from sandbox.machine import Machine, isolation, survey
from sandbox.watch import first

pytestmark = [
    pytest.mark.bubblewrap,
    pytest.mark.parametrize("backend", ["bubblewrap"], indirect=True),
    pytest.mark.usefixtures("backend"),
]


@pytest.fixture
def plan() -> Plan:
    """A shell that echoes a word, in the namespaces of a real sandbox but with all of the system."""
    machine = survey()
    assert isinstance(machine, Machine)
    arguments = (*isolation(machine, network=False), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev")
    return Plan(machine.bwrap, arguments, ("/bin/sh", "-c", "echo begun"), os.getpid(), nobody=machine.root)


def nothing(pid: int) -> None:
    """No limits."""


async def test_the_program_begins_when_the_gate_opens(plan):
    """Until then it waits, so that limits are there before its first instruction."""
    said: list[bytes] = []
    async with jail.start(plan, nothing, said.append, said.append) as running:
        assert not await first(running.outer.ended, seconds=0.3)
        assert said == []
        running.open_gate()
        assert await first(running.outer.ended, seconds=30)
        assert (await running.exit_code(), said) == (0, [b"begun\n"])


async def test_a_gate_that_is_never_opened(plan):
    """Leaving the context ends the sandbox, at once and without the program having begun."""
    said: list[bytes] = []
    began = time.monotonic()
    async with jail.start(plan, nothing, said.append, said.append) as running:
        pass
    assert (running.outer.ended.is_set(), said) == (True, [])
    assert time.monotonic() - began < jail.DEATH_SECONDS


async def test_limits_that_cannot_be_set(plan):
    """Without its limits no program begins; the error is what the kernel said."""

    def refused(pid: int) -> None:
        raise PermissionError("no such luck")

    said: list[bytes] = []
    began = time.monotonic()
    with pytest.raises(SandboxBroken, match="no such luck"):
        async with jail.start(plan, refused, said.append, said.append):
            pytest.fail("it was started")
    assert said == []
    assert time.monotonic() - began < jail.DEATH_SECONDS


async def test_a_sandbox_that_died_before_it_was_confined(plan):
    """Its gate stays shut."""

    def gone(pid: int) -> None:
        raise ProcessLookupError(pid)

    said: list[bytes] = []
    async with jail.start(plan, gone, said.append, said.append) as running:
        running.open_gate()
        assert not await first(running.outer.ended, seconds=0.3)
    assert said == []


async def test_bubblewraps_words_when_it_fails(plan):
    """There is no exit code, and what it said is there to be shown."""
    said: list[bytes] = []
    broken = replace(plan, arguments=(*plan.arguments, "--no-such-option"))
    async with jail.start(broken, nothing, said.append, said.append) as running:
        running.open_gate()
        assert await first(running.outer.ended, seconds=30)
        assert await running.exit_code() is None
    assert b"no-such-option" in b"".join(said)
