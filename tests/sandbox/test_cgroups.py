"""Control groups: version 1 for real where this process may make them, version 2 on a made-up directory."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import cgroups
from sandbox.cgroups import Group, Hierarchy, Quota
from sandbox.records import MIB

QUOTA = Quota(memory=100 * MIB, processes=7, cpus=1.5)


def own_groups(proc: Path, text: str) -> Path:
    """A made-up /proc that says which groups this process is in."""
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(text)
    return proc


def unified(directory: Path, *, enabled: str = "", pids: str = "", available: str = "cpu memory pids") -> Path:
    """A made-up group of version 2."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "cgroup.controllers").write_text(f"{available}\n")
    (directory / "cgroup.subtree_control").write_text(f"{enabled}\n")
    (directory / "cgroup.procs").write_text(pids)
    return directory


@pytest.fixture
def user_slice(tmp_path: Path) -> Path:
    """A user's delegated part of a unified hierarchy, with this process in a scope below it."""
    root = tmp_path / "cgroup"
    unified(root, enabled="memory pids", pids="1\n")
    service = unified(root / "user.slice" / "user@1000.service", enabled="memory pids")
    unified(root / "user.slice", enabled="memory pids")
    unified(service / "shell.scope", pids="10\n11\n")
    own_groups(tmp_path / "proc", "0::/user.slice/user@1000.service/shell.scope\n")
    return root


def test_unified_takes_the_nearest_ancestor_that_may_have_groups(user_slice, tmp_path):
    """A group with processes has no limited children, so the one above it is taken, with what it has."""
    (user_slice / "user.slice" / "user@1000.service" / "cgroup.controllers").write_text("memory pids\n")
    hierarchy = cgroups.find(user_slice, tmp_path / "proc")
    service = user_slice / "user.slice" / "user@1000.service"
    assert hierarchy == Hierarchy(2, {"memory": service, "pids": service}, "version 2: memory, pids")


def test_unified_switches_controllers_on_in_an_empty_group(user_slice, tmp_path):
    """A group that was handed over whole gets the controllers that it lacks."""
    service = unified(user_slice / "user.slice" / "user@1000.service", enabled="memory")
    hierarchy = cgroups.find(user_slice, tmp_path / "proc")
    assert hierarchy.controllers == {"memory", "pids", "cpu"}
    assert (service / "cgroup.subtree_control").read_text() == "+pids +cpu"


def test_unified_without_delegation_says_how_to_get_it(tmp_path):
    """Where no group may be made, the note tells what to start the program with."""
    root = unified(tmp_path / "cgroup")
    (root / "cgroup.procs").unlink()
    hierarchy = cgroups.find(root, own_groups(tmp_path / "proc", "0::/\n"))
    assert (hierarchy.parents, hierarchy.controllers) == ({}, frozenset())
    assert "systemd-run --user --scope" in hierarchy.note


def test_unified_outside_of_its_namespace(tmp_path):
    """In a container the path may lead nowhere; then the mount's root is meant."""
    root = unified(tmp_path / "cgroup", enabled="cpu memory pids")
    hierarchy = cgroups.find(root, own_groups(tmp_path / "proc", "0::/../../somewhere\n"))
    assert hierarchy.parents["memory"] == root


def test_no_control_groups_at_all(tmp_path):
    """A kernel without them is no error."""
    assert cgroups.find(tmp_path, tmp_path).parents == {}


def test_unified_limits(user_slice, tmp_path):
    """Memory, processes and processors are written in the kernel's words."""
    service = unified(user_slice / "user.slice" / "user@1000.service", enabled="cpu memory pids")
    group = cgroups.make(cgroups.find(user_slice, tmp_path / "proc"), "shrewd-1-a", QUOTA)
    group.add(4711)
    written = {path.name: path.read_text() for path in (service / "shrewd-1-a").iterdir()}
    assert written == {
        "memory.max": "104857600",
        "pids.max": "7",
        "cpu.max": "150000 100000",
        "cgroup.procs": "4711",
    }


def test_unified_tells_who_was_killed_for_memory(tmp_path):
    """The count is read from the group's events."""
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n")
    assert Group(2, {"memory": tmp_path, "pids": tmp_path}).memory_kills() == 1


def test_unified_kills_at_one_stroke(tmp_path):
    """Where the kernel has cgroup.kill, it is used."""
    (tmp_path / "cgroup.kill").write_text("")
    Group(2, {"memory": tmp_path}).kill()
    assert (tmp_path / "cgroup.kill").read_text() == "1"


def test_unified_kills_one_by_one_on_older_kernels(tmp_path):
    """Without it, each process in the list is killed, and one that is gone is no error."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        (tmp_path / "cgroup.procs").write_text(f"{gone.pid}\n{sleeper.pid}\n")
        Group(2, {"memory": tmp_path}).kill()
        assert sleeper.wait(timeout=20) == -9


def test_a_group_that_cannot_be_made_leaves_nothing(tmp_path):
    """When one controller refuses, the directories of the others go."""
    (tmp_path / "memory").mkdir()
    hierarchy = Hierarchy(1, {"memory": tmp_path / "memory", "pids": tmp_path / "missing"}, "")
    with pytest.raises(FileNotFoundError):
        cgroups.make(hierarchy, "shrewd-1-a", QUOTA)
    assert not list((tmp_path / "memory").iterdir())


def test_sweep_removes_what_dead_owners_left(tmp_path):
    """Groups of processes that are gone are removed; those of the living, and of others, are not."""
    parent, proc = tmp_path / "memory", tmp_path / "proc"
    (proc / "20").mkdir(parents=True)
    for name in ("shrewd-10-a", "shrewd-20-a", "docker", "shrewd-x-a"):
        (parent / name).mkdir(parents=True)
    assert cgroups.sweep(Hierarchy(1, {"memory": parent}, ""), proc) == ("shrewd-10-a",)
    assert sorted(path.name for path in parent.iterdir()) == ["docker", "shrewd-20-a", "shrewd-x-a"]


def test_version_1_finds_each_controllers_own_group(tmp_path):
    """Controllers lie apart, and each has its own path; one that leads nowhere means the mount's root."""
    root = tmp_path / "cgroup"
    for directory in ("memory/here", "pids", "cpu"):
        (root / directory).mkdir(parents=True)
        (root / directory / "cgroup.procs").write_text("")
    proc = own_groups(tmp_path / "proc", "4:memory:/here\n3:pids:/docker/abc\n2:cpu,cpuacct:/\n0::/\n")
    hierarchy = cgroups.find(root, proc)
    assert hierarchy.parents == {"memory": root / "memory" / "here", "pids": root / "pids", "cpu": root / "cpu"}


def test_version_1_that_cannot_be_written(tmp_path):
    """Without both memory and pids there are no groups, and the note says which is lacking."""
    (tmp_path / "cgroup" / "memory").mkdir(parents=True)
    hierarchy = cgroups.find(tmp_path / "cgroup", own_groups(tmp_path / "proc", "4:memory:/\n"))
    assert (hierarchy.version, hierarchy.parents) == (1, {})
    assert "memory and pids" in hierarchy.note


@pytest.fixture
def hierarchy() -> Hierarchy:
    """This machine's own groups."""
    found = cgroups.find()
    if not found.parents:
        pytest.skip(f"no control groups can be made here: {found.note}")
    return found


@pytest.fixture
async def group(hierarchy: Hierarchy):
    """A real group with tight limits."""
    made = cgroups.make(hierarchy, cgroups.name_for(os.getpid(), "test"), replace(QUOTA, memory=64 * MIB))
    yield made
    await made.remove()
    assert not any(directory.exists() for directory in made.directories.values())


def waiting(program: str) -> subprocess.Popen[bytes]:
    """A Python that waits for a line before it runs `program`."""
    return subprocess.Popen(
        [sys.executable, "-c", f"input()\n{program}"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def test_a_real_group_holds_memory(group):
    """A process that takes more than its group may have is killed, and the group knows."""
    with waiting("hog = bytearray(b'x') * (256 << 20)") as process:
        group.add(process.pid)
        assert process.pid in group.processes()
        process.communicate(b"\n", timeout=60)
    assert process.returncode == -9
    assert group.memory_kills() == 1


def test_a_real_group_holds_processes(group):
    """No more processes are started than the group may have."""
    forks = "import os, sys\nn = 0\ntry:\n  while os.fork(): n += 1\n  os._exit(0)\nexcept OSError: os._exit(n)"
    with waiting(forks) as process:
        group.add(process.pid)
        process.communicate(b"\n", timeout=60)
    assert 0 < process.returncode <= QUOTA.processes
    assert group.memory_kills() == 0


def test_a_real_group_is_removed_with_all_in_it(hierarchy):
    """Removing kills what is left, and waits for it to be gone."""
    group = cgroups.make(hierarchy, cgroups.name_for(os.getpid(), "full"), QUOTA)
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        group.add(sleeper.pid)
        asyncio.run(group.remove())
        assert sleeper.wait(timeout=20) == -9
    assert not any(directory.exists() for directory in group.directories.values())
