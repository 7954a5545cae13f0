"""What is particular to bubblewrap: the repository's own path, its virtualenv, and this machine's limits."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox import userns
from sandbox.bubblewrap import BubblewrapSandbox, diagnose
from sandbox.cgroups import Hierarchy
from sandbox.errors import SandboxBroken, SandboxUnavailable
from sandbox.machine import Machine, survey
from sandbox.records import MIB, Change, Environment, Execution, Limits, Owner, Script, Tree

pytestmark = [
    pytest.mark.bubblewrap,
    pytest.mark.parametrize("backend", ["bubblewrap"], indirect=True),
    pytest.mark.usefixtures("backend"),
]

LIMITS = Limits(seconds=20, memory=192 * MIB, cpus=1, processes=48, disk=64 * MIB, output=8192)

NO_GROUPS = Hierarchy(2, {}, "this test does without")


@dataclass(frozen=True)
class Repository:
    """A repository on this machine, and the unchanged tree that work on it starts from."""

    path: Path
    base: Path
    sandbox: BubblewrapSandbox
    python: str

    async def run(self, text: str, *changes: Change, **limits: float) -> Execution:
        """Run a Python script on the base tree with changes."""
        script = Script(textwrap.dedent(text), command=(self.python, "{script}"))
        return await self.sandbox.execute(Tree(self.base, changes), script, replace(LIMITS, **limits))  # type: ignore[arg-type]


Open = Callable[..., Repository]


@pytest.fixture
async def open_repository(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the sandbox of a repository at `tmp_path / "repository"`; all are closed at the end."""
    opened: list[BubblewrapSandbox] = []
    path, base = tmp_path / "repository", tmp_path / "base"
    (base / "lib").mkdir(parents=True)
    (base / "lib" / "demo.py").write_text("VALUE = 1\n")
    shutil.copytree(base, path)

    def make(python: str = "", machine: Machine | None = None, **settings: object) -> Repository:
        readonly = () if sys.base_prefix == "/usr" else (sys.base_prefix,)
        plain = Environment(str(path), readonly=(*readonly, *settings.pop("readonly", ())))  # type: ignore[misc]
        environment = replace(plain, **settings)  # type: ignore[arg-type]
        owner = Owner(run="test", pid=os.getpid())
        sandbox = BubblewrapSandbox(environment, owner, scratch=tmp_path / "scratch", size=2, machine=machine)
        opened.append(sandbox)
        return Repository(path, base, sandbox, python or f"{sys.base_prefix}/bin/python3")

    yield make
    for sandbox in opened:
        await sandbox.close()


@pytest.fixture
def machine() -> Machine:
    """This machine."""
    found = survey()
    assert isinstance(found, Machine)
    return found


@pytest.fixture(params=["groups", "no groups"])
def any_machine(request: pytest.FixtureRequest, machine: Machine) -> Machine:
    """This machine with its control groups, and as if it had none."""
    if request.param == "no groups":
        return replace(machine, groups=NO_GROUPS)
    if not machine.groups.parents:
        pytest.skip(f"no control groups can be made here: {machine.groups.note}")
    return machine


@pytest.fixture
def virtualenv(tmp_path: Path, open_repository: Open) -> Path:
    """A real virtualenv inside the repository, with an editable install of it."""
    path = tmp_path / "repository" / ".venv"
    subprocess.run([f"{sys.base_prefix}/bin/python3", "-m", "venv", "--without-pip", str(path)], check=True)
    (packages,) = path.glob("lib/python*/site-packages")
    (packages / "editable.pth").write_text(f"{tmp_path}/repository/lib\n")
    return path


def running(mark: str) -> list[int]:
    """Ids of this machine's processes that have `mark` on their command line."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "cmdline").read_text(errors="replace"):
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Wait, within reason, for something to become true."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.fixture
def mark() -> str:
    """A number of seconds that nobody else sleeps."""
    return f"9{uuid.uuid4().int % 10**12}"


async def test_an_editable_install_imports_the_candidates_code(open_repository, virtualenv):
    """The virtualenv's link to the repository leads to the tree under test, not to the user's checkout."""
    repository = open_repository(f"{virtualenv}/bin/python", readonly=(str(virtualenv),))
    execution = await repository.run(
        "import demo, sys; print(demo.VALUE, demo.__file__, sys.prefix)", Change("lib/demo.py", b"VALUE = 2\n")
    )
    assert execution.stdout == f"2 {repository.path}/lib/demo.py {virtualenv}\n"
    assert (repository.path / "lib" / "demo.py").read_text() == "VALUE = 1\n"


async def test_the_virtualenv_cannot_be_written(open_repository, virtualenv):
    """Nothing that a script does to the virtualenv reaches the user's."""
    repository = open_repository(f"{virtualenv}/bin/python", readonly=(str(virtualenv),))
    execution = await repository.run("open('.venv/planted', 'w')")
    assert "Read-only file system" in execution.stderr


@pytest.mark.parametrize("path", [".venv/lib/planted.py", ".venv"])
async def test_what_a_candidate_changes_in_the_virtualenv_stays_hidden(open_repository, virtualenv, path):
    """A candidate that brings files for the virtualenv's place is run without them."""
    repository = open_repository(f"{virtualenv}/bin/python", readonly=(str(virtualenv),))
    execution = await repository.run("import demo, os; print(os.listdir('.venv'))", Change(path, b"planted"))
    assert "pyvenv.cfg" in execution.stdout
    assert "planted" not in execution.stdout


async def test_only_the_tree_is_at_the_repositorys_path(open_repository):
    """What lies in the user's checkout and not in the tree is not seen, although the path is the same."""
    repository = open_repository()
    (repository.path / "untracked").write_text("mine")
    execution = await repository.run("import os; print(os.getcwd(), os.listdir())")
    assert execution.stdout == f"{repository.path} ['lib']\n"


async def test_neighbours_and_the_home_directory_are_invisible(open_repository, tmp_path):
    """Beside a path that is shown, nothing is."""
    repository = open_repository()
    (tmp_path / "secret").write_text("s3cr3t")
    planted = Path.home() / f".shrewd-test-{uuid.uuid4().hex}"
    planted.write_text("s3cr3t")
    try:
        execution = await repository.run(
            f"""
            import os
            print(os.listdir({str(tmp_path)!r}), os.path.exists({str(planted)!r}))
            print(os.path.exists({str(planted.parent)!r}) and {planted.name!r} in os.listdir({str(planted.parent)!r}))
            print(sorted(set(os.listdir("/")) & {{"boot", "mnt", "media", "srv", "sys", "var", "opt"}}))
            print(os.listdir("/run"), sorted(set(os.listdir("/etc")) & {{"shadow", "ssh", "sudoers", "gitconfig"}}))
            """
        )
    finally:
        planted.unlink()
    assert execution.stdout == "['repository'] False\nFalse\n[]\n['shrewd'] []\n"


async def test_all_that_can_be_written_is_within_the_disk_limit(open_repository):
    """The places that can be written share the limit."""
    execution = await open_repository().run(
        """
        import os
        total = 0
        for place in (".", "/tmp", "/dev/shm", os.path.expanduser("~")):
            for number in range(100):
                try:
                    with open(f"{place}/{number}", "wb", buffering=0) as file:
                        total += file.write(bytes(1 << 20))
                except OSError:
                    break
        print(total >> 20)
        """,
        disk=32 * MIB,
    )
    assert 25 <= int(execution.stdout) <= 32


async def test_no_process_is_left(open_repository, mark):
    """Children that their parent left behind end with the execution."""
    execution = await open_repository().run(
        f"""
        import subprocess
        for _ in range(3):
            subprocess.Popen(["setsid", "sleep", "{mark}"])
        """
    )
    assert (execution.exit_code, running(mark)) == (0, [])


async def test_a_fork_bomb_is_held(open_repository, any_machine):
    """With and without control groups, a script has no more processes than its limit, and they all end."""
    execution = await open_repository(machine=any_machine).run(
        """
        import os, time
        count = 0
        try:
            while count < 300:
                if os.fork() == 0:
                    time.sleep(60)
                count += 1
        except BlockingIOError:
            print(count, flush=True)
        while True:
            try:
                os.fork()
            except BlockingIOError:
                pass
        """,
        seconds=3,
    )
    assert execution.killed_by == "timeout"
    assert 40 <= int(execution.stdout.split()[0]) <= 48


async def test_concurrent_executions_have_a_limit_each(open_repository, any_machine):
    """The processes of one execution are not counted against another."""
    repository = open_repository(machine=any_machine)
    text = "import subprocess; [subprocess.Popen(['sleep', '2']) for _ in range(40)]; print('ok')"
    executions = await asyncio.gather(*(repository.run(text) for _ in range(2)))
    assert [execution.stdout for execution in executions] == ["ok\n", "ok\n"]


async def test_without_groups_each_process_has_a_memory_limit(open_repository, machine):
    """It is refused more, rather than killed; address space that nobody uses does not count."""
    repository = open_repository(machine=replace(machine, groups=NO_GROUPS))
    execution = await repository.run(
        """
        import mmap
        mmap.mmap(-1, 8 << 30, prot=0)
        print("reserved", flush=True)
        bytearray(256 << 20)
        """
    )
    assert (execution.exit_code, execution.stdout, execution.killed_by) == (1, "reserved\n", None)
    assert "MemoryError" in execution.stderr


async def test_a_child_killed_for_memory_is_not_the_scripts_end(open_repository, machine):
    """Only a script that was itself ended by the memory limit is said to have been."""
    if not machine.groups.parents:
        pytest.skip(f"no control groups can be made here: {machine.groups.note}")
    execution = await open_repository(machine=machine).run(
        """
        import subprocess, sys
        hog = "hog = bytearray(b'x') * (1 << 30)"
        print(subprocess.run([sys.executable, "-c", hog]).returncode)
        """
    )
    assert (execution.exit_code, execution.stdout, execution.killed_by) == (0, "-9\n", None)


async def test_no_control_group_is_left(open_repository, machine):
    """The group of an execution goes with it."""
    await open_repository(machine=machine).run("")
    groups = [p for parent in machine.groups.parents.values() for p in parent.glob(f"shrewd-{os.getpid()}-*")]
    assert groups == []


async def test_roots_scripts_are_nobody(open_repository, machine):
    """When root runs the sandbox, the script's user is one that the machine does not have."""
    if not machine.root:
        pytest.skip("only root's scripts run as somebody else")
    execution = await open_repository().run("print(open('/proc/self/uid_map').read().split()[-3:])")
    assert execution.stdout == "['1000', '2000000000', '1']\n"


async def test_what_is_roots_alone_is_refused(open_repository, machine, tmp_path):
    """A directory that the script's user could not read is named at once, with the command that opens it."""
    if not machine.root:
        pytest.skip("only root's scripts run as somebody else")
    (tmp_path / "private").mkdir(mode=0o700)
    with pytest.raises(SandboxUnavailable, match=rf"chmod -R go\+rX {tmp_path}/private$"):
        open_repository(readonly=(f"{tmp_path}/private",))


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("network", [True, False])
async def test_the_network_is_there_when_it_is_allowed(open_repository, listener, network):
    """With `network` the host's is shared; without, not even the host itself is reached."""
    text = f"import socket; socket.create_connection(('127.0.0.1', {listener}), timeout=10)"
    execution = await open_repository(network=network).run(text)
    assert (execution.exit_code == 0) == network


async def test_bubblewraps_own_failure_is_no_execution(open_repository, machine, tmp_path):
    """When bubblewrap gives up, its words are in an error, and its exit code is nobody's result."""
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    repository = open_repository(machine=replace(machine, bwrap=f"{tmp_path}/bwrap"))
    with pytest.raises(SandboxBroken, match="uid map: Permission denied"):
        await repository.run("")


async def test_a_path_that_cannot_be_mounted_is_no_execution(open_repository):
    """So it is when something of the environment is gone."""
    with pytest.raises(SandboxBroken, match="/no/such/prefix"):
        await open_repository(readonly=("/no/such/prefix",)).run("")


@pytest.mark.parametrize("workdir", ["relative", "/usr", "/", "/a/../b", "/proc/x", "/run/shrewd/base"])
def test_a_work_directory_that_cannot_be_mounted_is_refused(open_repository, workdir):
    """A place that belongs to the system is refused before anything runs."""
    with pytest.raises(ValueError, match="workdir"):
        open_repository(workdir=workdir)


async def test_bubblewrap_killed_from_outside_is_no_execution(open_repository, tmp_path, mark):
    """Somebody else's SIGKILL to the machinery says nothing about the script, and ends it."""
    task = asyncio.create_task(open_repository().run(f"import os; os.execvp('sleep', ['sleep', '{mark}'])"))
    await until(lambda: running(mark) != [])
    (outer,) = [pid for pid in running(f"{tmp_path}/base") if Path(f"/proc/{pid}/exe").resolve().name == "bwrap"]
    os.kill(outer, signal.SIGKILL)
    with pytest.raises(SandboxBroken, match="bubblewrap was killed"):
        await task
    assert running(mark) == []


OWNER = """
import asyncio, os, sys
from pathlib import Path
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.records import Environment, Limits, Owner, Script, Tree

async def main(base, scratch, mark):
    sandbox = BubblewrapSandbox(Environment("/w"), Owner("run", os.getpid()), scratch=Path(scratch), size=1)
    script = Script("sleep " + mark, command=("sh", "{script}"))
    await sandbox.execute(Tree(Path(base)), script, Limits(seconds=200))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_scripts_die_with_their_owner(open_repository, machine, tmp_path, mark):
    """When this program is killed, so are its scripts; the next one removes their control groups."""
    base, scratch = open_repository().base, tmp_path / "scratch"
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(base), str(scratch), mark, cwd=Path(__file__).parents[2]
    )
    await until(lambda: running(f"sleep\0{mark}") != [])
    owner.kill()
    await owner.wait()
    await until(lambda: running(mark) == [])
    await open_repository().run("")
    left = [p for parent in machine.groups.parents.values() for p in parent.glob(f"shrewd-{owner.pid}-*")]
    assert left == []


def test_diagnose_says_what_is_enforced():
    """Where it works, the version and the limits are told."""
    diagnosis = diagnose()
    assert (diagnosis.backend, diagnosis.works, diagnosis.remedy) == ("bubblewrap", True, "")
    assert diagnosis.detail.startswith("bubblewrap 0.")
    assert "control groups" in diagnosis.detail


def test_without_groups_it_is_said(machine):
    """What is not enforced is told, too."""
    assert "processor time is not" in replace(machine, groups=NO_GROUPS).describe()


def test_a_release_that_cannot_limit_sizes_is_refused(tmp_path):
    """An old bubblewrap does not work, and the reason is its version."""
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    (tmp_path / "bwrap").chmod(0o755)
    found = survey(f"{tmp_path}/bwrap")
    assert not isinstance(found, Machine)
    assert (found.works, "0.6.1" in found.detail, "0.7" in found.remedy) == (False, True, True)


def test_a_missing_bubblewrap_is_installed_by_a_command(tmp_path):
    """What is missing can be had with one command."""
    found = survey(f"{tmp_path}/bwrap")
    assert not isinstance(found, Machine)
    assert "bubblewrap" in found.remedy


def test_real_root_is_told_from_a_namespaces(tmp_path):
    """Root of a user namespace is an ordinary user of the machine."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "uid_map").write_text("         0     100000      65536\n")
    assert not userns.is_real_root(tmp_path)
