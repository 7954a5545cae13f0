"""The facts that go into a sandbox and come out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

MIB = 1 << 20

KilledBy = Literal["timeout", "memory", "signal"]
"""What ended a script that did not end by itself: the time limit, the memory limit, or a signal of
unknown origin (its own, or one of another limit)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution may use. Sizes are bytes."""

    seconds: float = 60.0
    memory: int = 2048 * MIB
    cpus: float = 1.0
    shares: int = 1024
    """Weight against other work when processors are short, as `cpu.shares` of a control group: 1024 is an equal."""
    processes: int = 256
    disk: int = 1024 * MIB
    """All that a script may write, its own copy of the tree included."""
    output: int = 64 * 1024
    """Kept of each of stdout and stderr: the first half and the last half."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a script runs. The same value on any machine means the same surroundings.

    `workdir` is the absolute path at which the tree is seen; with bubblewrap it is the repository's own
    path, so that an editable install in a virtualenv imports the candidate's code.
    """

    workdir: str
    image: str | None = None
    """A container image; None means the host's system, which only bubblewrap serves."""
    setup: str = ""
    """Shell text run before the script, in the same shell, for example to activate an environment."""
    variables: tuple[tuple[str, str], ...] = ()
    readonly: tuple[str, ...] = ()
    """Host paths made visible, read-only, at their own place (a virtualenv, its interpreter)."""
    network: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs from the base tree. `content` None means deleted."""

    path: str
    content: bytes | None
    mode: Literal["file", "executable", "symlink"] = "file"


@dataclass(frozen=True, slots=True)
class Tree:
    """A read-only directory on this machine and what a patch changes in it."""

    base: Path
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A program and how to start it. `{script}` in the command stands for the path it is laid at.

    It starts in the tree's root, with standard input closed.
    """

    text: str
    name: str = "script.py"
    command: tuple[str, ...] = ("python", "{script}")


@dataclass(frozen=True, slots=True)
class Execution:
    """One script run on one tree: a result, whatever the program did."""

    exit_code: int
    """As a shell gives it: 128 + signal number when a signal ended it; 137 after a time-out."""
    stdout: str
    stderr: str
    timed_out: bool = False
    killed_by: KilledBy | None = None
    truncated: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether a backend works here, and if not, how to mend it."""

    backend: str
    works: bool
    detail: str
    """Version and what is enforced, or why it does not work."""
    remedy: str = ""
    """The command that mends it; empty when there is nothing to mend."""


class Sandbox(Protocol):
    """Runs scripts on trees. Safe to call from many tasks at once."""

    name: str

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        """Run `script` on a pristine copy of `tree`.

        Whatever the script does, nothing of it is left for the next execution.

        Raises:
            ImageError: the environment's image is missing or cannot run here.
            SandboxBroken: the machinery failed; nothing is known about the script.
        """
        ...

    async def close(self) -> None:
        """Remove everything this sandbox made. Waits for no grace period."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a sandbox's containers belong to; they carry it as labels."""

    run: str
    pid: int
    extra: Sequence[tuple[str, str]] = field(default=())
