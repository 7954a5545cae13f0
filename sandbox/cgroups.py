"""Control groups: what all processes of one execution may use together.

Groups are children of the one this process is in (version 1) or of the nearest ancestor that may have them
(version 2, where a group with processes cannot have limited children). So limits that were put on this
process keep holding for what it starts. Every function takes the directories it works in, and nothing is
mounted or asked of a service manager.
"""

import asyncio
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PERIOD = 100_000
"""Microseconds over which processor time is shared out; the kernel's own default."""

_WANTED = ("memory", "pids", "cpu")
_NEEDED = {"memory", "pids"}
_PREFIX = "shrewd"


@dataclass(frozen=True, slots=True)
class Quota:
    """What a group may use: bytes, processes, processors, and its weight against others (1024: an equal)."""

    memory: int
    processes: int
    cpus: float
    shares: int = 1024


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where groups can be made, by controller. No parents at all means that none can; `note` says why."""

    version: Literal[1, 2]
    parents: Mapping[str, Path]
    note: str

    @property
    def controllers(self) -> frozenset[str]:
        """Controllers that limit something here."""
        return frozenset(self.parents)


@dataclass(frozen=True, slots=True)
class Group:
    """One execution's group: a directory for each controller, the same one for all in version 2."""

    version: Literal[1, 2]
    directories: Mapping[str, Path]

    def add(self, pid: int) -> None:
        """Put a process, and with it all it will start, into the group."""
        for directory in set(self.directories.values()):
            _write(directory / "cgroup.procs", str(pid))

    def memory_kills(self) -> int:
        """How many of its processes the kernel killed for want of memory."""
        directory = self.directories.get("memory")
        if directory is None:
            return 0
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        found = re.search(r"^oom_kill (\d+)$", (directory / name).read_text(), re.MULTILINE)
        return int(found[1]) if found else 0

    def processes(self) -> tuple[int, ...]:
        """Ids of the processes in the group."""
        lists = (d / "cgroup.procs" for d in set(self.directories.values()))
        return tuple(sorted({int(pid) for file in lists for pid in file.read_text().split()}))

    def kill(self) -> None:
        """Send SIGKILL to all in the group. Those that a member starts meanwhile need another call."""
        directory = next(iter(self.directories.values()))
        if self.version == 2 and (directory / "cgroup.kill").exists():  # since Linux 5.14
            return _write(directory / "cgroup.kill", "1")
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended between the listing and the signal
        return None

    async def remove(self, seconds: float = 10.0) -> None:
        """Kill what is left and remove the group.

        Raises:
            TimeoutError: processes are still in it after `seconds`.
        """
        async with asyncio.timeout(seconds):
            pause = 0.001
            while self.processes():
                self.kill()
                await asyncio.sleep(pause)
                pause = min(0.1, pause * 2)
            for directory in set(self.directories.values()):
                while not _removed(directory):  # noqa: ASYNC110 - the kernel tells nobody
                    await asyncio.sleep(0.01)


def find(root: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> Hierarchy:
    """Where this process may make groups. Makes none, but in version 2 may switch controllers on for the
    children of a group that was delegated to it."""
    try:
        own = _own_groups((proc / "self" / "cgroup").read_text())
    except FileNotFoundError:
        return Hierarchy(2, {}, "the kernel has no control groups")
    if (root / "cgroup.controllers").exists():
        return _find_unified(root, own.get("", "/"))
    parents: dict[str, Path] = {}
    for controller in _WANTED:
        top = root / controller
        # In a container the path may be the host's; then the mount's own root is this process's group.
        at = next((d for d in (_below(top, own.get(controller, "/")), top) if d.is_dir()), None)
        if at is not None and _writable(at):
            parents[controller] = at
    missing = _NEEDED - parents.keys()
    if missing:
        return Hierarchy(1, {}, f"cannot write the {' and '.join(sorted(missing))} groups below {root}")
    return Hierarchy(1, parents, f"version 1: {', '.join(parents)}")


def make(hierarchy: Hierarchy, name: str, quota: Quota) -> Group:
    """Make a group of that name with these limits.

    Raises:
        OSError: the kernel refused; nothing is left behind.
    """
    directories = {controller: parent / name for controller, parent in hierarchy.parents.items()}
    group = Group(hierarchy.version, directories)
    made: list[Path] = []
    try:
        for directory in dict.fromkeys(directories.values()):
            directory.mkdir()
            made.append(directory)
        _limit(group, quota)
    except OSError:
        for directory in made:
            directory.rmdir()
        raise
    return group


def name_for(owner: int, serial: str) -> str:
    """A group's name; it tells whose it is, so that `sweep` can remove it after a crash."""
    return f"{_PREFIX}-{owner}-{serial}"


def sweep(hierarchy: Hierarchy, proc: Path = Path("/proc")) -> tuple[str, ...]:
    """Remove empty groups whose owner is gone, and say which."""
    swept: list[str] = []
    for parent in dict.fromkeys(hierarchy.parents.values()):
        for directory in parent.glob(f"{_PREFIX}-*-*"):
            owner = directory.name.split("-")[1]
            if owner.isdigit() and not (proc / owner).exists() and _removed(directory):
                swept.append(directory.name)
    return tuple(dict.fromkeys(swept))


def _limit(group: Group, quota: Quota) -> None:
    share = str(round(quota.cpus * PERIOD))
    memory = group.directories["memory"]
    _write(group.directories["pids"] / "pids.max", str(quota.processes))
    if group.version == 1:
        _write(memory / "memory.limit_in_bytes", str(quota.memory))
        _write_if_there(memory / "memory.memsw.limit_in_bytes", str(quota.memory))
    else:
        _write(memory / "memory.max", str(quota.memory))
        _write_if_there(memory / "memory.swap.max", "0")
    if "cpu" in group.directories and group.version == 1:
        _write(group.directories["cpu"] / "cpu.cfs_period_us", str(PERIOD))
        _write(group.directories["cpu"] / "cpu.cfs_quota_us", share)
        _write_if_there(group.directories["cpu"] / "cpu.shares", str(quota.shares))
    elif "cpu" in group.directories:
        _write(group.directories["cpu"] / "cpu.max", f"{share} {PERIOD}")
        # Version 2 calls an equal 100.
        _write_if_there(group.directories["cpu"] / "cpu.weight", str(max(1, round(quota.shares * 100 / 1024))))


def _find_unified(root: Path, own: str) -> Hierarchy:
    start = _below(root, own)
    if not start.is_dir():  # a path outside of this control group namespace
        start = root
    for directory in (start, *start.parents):
        if _writable(directory):
            enabled = _enabled(directory)
            if enabled >= _NEEDED:
                parents = {c: directory for c in _WANTED if c in enabled}
                return Hierarchy(2, parents, f"version 2: {', '.join(parents)}")
        if directory == root:
            break
    return Hierarchy(
        2,
        {},
        "no group at or above this process's own was delegated to it"
        " (start it below `systemd-run --user --scope -p Delegate=yes`)",
    )


def _enabled(directory: Path) -> set[str]:
    """Controllers that limit this group's children, after switching on what can be."""
    control = directory / "cgroup.subtree_control"
    enabled = set(control.read_text().split())
    available = set((directory / "cgroup.controllers").read_text().split())
    lacking = [c for c in _WANTED if c in available - enabled]
    # Only a group that was handed over whole: with processes of its own the kernel refuses, and without a
    # delegated parent it belongs to the service manager.
    if not lacking or (directory / "cgroup.procs").read_text().split():
        return enabled
    try:
        _write(control, " ".join(f"+{c}" for c in lacking))
    except OSError:  # not ours to switch; an ancestor may still serve
        return enabled
    return enabled | set(lacking)


def _own_groups(text: str) -> dict[str, str]:
    """Paths of this process's groups by controller; the unified one is named by the empty string."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {controller: path for _, controllers, path in lines for controller in controllers.split(",")}


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _writable(directory: Path) -> bool:
    return os.access(directory, os.W_OK) and os.access(directory / "cgroup.procs", os.W_OK)


def _write(path: Path, value: str) -> None:
    path.write_text(value)


def _write_if_there(path: Path, value: str) -> None:
    if path.exists():  # only a kernel that accounts swap has it
        path.write_text(value)


def _removed(directory: Path) -> bool:
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # busy: its last process is not quite gone
        return False
    return True
