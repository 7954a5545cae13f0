"""Scripts that mean harm, on every backend: each ends within its limits, and the next one notices nothing."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.records import MIB
from sandbox.staging import READY

# The next execution sees the tree as it was, empty temporary places, and of its own user's processes none
# but itself and those that it descends from.
CLEAN = """
import os, pkg
def field(pid, number):
    try:
        return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[number])
    except (FileNotFoundError, ProcessLookupError):
        return 0
def owner(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except FileNotFoundError:
        return None
family = [os.getpid()]
while family[-1]:
    family.append(field(family[-1], 1))
strangers = {int(name) for name in os.listdir("/proc") if name.isdigit()} - set(family)
print(pkg.VALUE, sorted(os.listdir()), open("data.txt").read().strip())
print(sorted(os.listdir("/tmp")), os.listdir("/dev/shm"))
print([pid for pid in strangers if owner(pid) == os.getuid()])
"""

EXPECTED = "1 ['data.txt', 'link', 'pkg', 'tool.sh'] data\n['home'] []\n[]\n"


@pytest.fixture
async def hostile(make_sandbox):
    """Runs a hostile script in a sandbox of one place, then checks the next execution in the same place."""
    bench = make_sandbox(size=1)

    async def run(text: str, **limits: float):
        began = time.monotonic()
        execution = await bench.run(text, **{"seconds": 5, **limits})
        assert time.monotonic() - began < 60
        assert await bench.out(CLEAN) == EXPECTED
        return execution

    run.bench = bench  # type: ignore[attr-defined]
    return run


async def test_fork_bomb(hostile):
    """Processes that multiply are held by the limit on processes and gone afterwards."""
    execution = await hostile(
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        seconds=3,
    )
    assert execution.killed_by is not None


async def test_fork_bomb_left_behind(hostile):
    """So are those whose first process ends at once."""
    execution = await hostile(
        """
import os
if os.fork():
    print("gone", flush=True)
    os._exit(0)
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    )
    assert execution.stdout == "gone\n"


async def test_the_number_of_processes_is_bounded(hostile):
    """A script cannot hold more processes at a time than the limit says."""
    execution = await hostile(
        """
import os, time
count = 0
try:
    while count < 500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
""",
        seconds=15,
    )
    assert 0 < int(execution.stdout) <= 50


async def test_memory_hog(hostile):
    """A script that eats memory is killed, and it is said what killed it."""
    execution = await hostile("hog = []\nwhile True: hog.append(bytearray(16 * 1024 * 1024))", seconds=20)
    refused = "MemoryError" in execution.stderr  # by a limit on each process, where there are no groups
    assert execution.killed_by == "memory" or refused


async def test_memory_hog_of_many_processes(hostile):
    """So it is if the memory is eaten by children."""
    execution = await hostile(
        """
import os, time
for _ in range(8):
    if os.fork() == 0:
        try:
            hog = bytearray(os.urandom(1)) * (120 * 1024 * 1024)
        finally:
            time.sleep(60)
os.wait()
print("a child died")
""",
        seconds=8,
    )
    assert execution.timed_out or execution.stdout == "a child died\n"


async def test_endless_output(hostile):
    """Output without end is cut, costs no memory here, and ends with the time."""
    execution = await hostile("while True: print('x' * 10_000)", seconds=2, output=4096)
    assert execution.timed_out
    assert execution.truncated
    assert len(execution.stdout) < 4200


@pytest.mark.parametrize("place", [".", "/tmp", "/dev/shm", "~"])
async def test_disk_filler(hostile, place):
    """What can be written is bounded, everywhere, and is free again for the next one."""
    execution = await hostile(
        f"""
import os
piece, written = b"x" * 1024 * 1024, 0
try:
    with open(os.path.join(os.path.expanduser({place!r}), "large"), "wb", buffering=0) as file:
        while True:
            written += file.write(piece)
except OSError as error:
    print(written, error.strerror)
""",
        seconds=15,
    )
    written, _, reason = execution.stdout.partition(" ")
    assert reason in {"No space left on device\n", "File too large\n"}
    assert 0 < int(written) <= 64 * MIB


async def test_disk_filled_with_empty_files(hostile):
    """Neither can a script leave a million files behind."""
    await hostile("import itertools\nfor i in itertools.count(): open(f'f{i}', 'w').close()", seconds=4)


@pytest.mark.parametrize("place", ["/", "/etc", "/usr", "/var/tmp", "/dev", "/proc/sys/kernel", "/sys", "/root"])
async def test_the_system_cannot_be_written(hostile, place):
    """Outside of the tree and the temporary places nothing can be made."""
    execution = await hostile(f"open({place!r} + '/planted', 'w')")
    assert execution.exit_code == 1


async def test_a_daemon_that_writes_into_the_next_tree(hostile):
    """A process that left its parent, session and group behind does not see the next execution."""
    execution = await hostile(
        """
import os, time
if os.fork():
    os._exit(7)
os.setsid()
if os.fork():
    os._exit(0)
while True:
    for place in (".", "/tmp", os.getcwd()):
        try:
            open(place + "/planted", "w").close()
            open("pkg/__init__.py", "w").write("VALUE = 666")
        except OSError:
            pass
    time.sleep(0.001)
"""
    )
    assert execution.exit_code == 7


async def test_a_daemon_that_holds_the_output_open(hostile):
    """The execution ends with its script, however long others hold its output."""
    execution = await hostile(
        "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True); print('done')", seconds=15
    )
    assert (execution.exit_code, execution.stdout, execution.timed_out) == (0, "done\n", False)
    assert execution.seconds < 10


async def test_ignoring_every_signal(hostile):
    """A script that ignores all signals it can is ended by the one it cannot."""
    execution = await hostile(
        """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
print("ready", flush=True)
while True: time.sleep(1)
""",
        seconds=2,
    )
    assert (execution.timed_out, execution.stdout) == (True, "ready\n")


async def test_killing_everything(hostile):
    """A script may kill all that it can, itself at last, and that is its own end."""
    execution = await hostile(
        """
import os
try:
    os.kill(-1, 9)
except ProcessLookupError:
    pass  # it is alone
os.kill(os.getpid(), 9)
"""
    )
    assert (execution.exit_code, execution.timed_out) == (137, False)


async def test_killing_everything_one_by_one(hostile):
    """So is one that kills its parents, process 1 and its neighbours."""
    execution = await hostile(
        """
import os
for name in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):
    for number in (15, 2, 1, 9):
        try:
            if int(name) != os.getpid():
                os.kill(int(name), number)
        except OSError:
            pass
"""
    )
    assert execution.exit_code in {0, 137, 143}


async def test_writing_to_the_repositorys_git(hostile):
    """The repository's own .git is not there to be written; one that is made is gone the next time."""
    git = hostile.bench.base / ".git"
    (git / "hooks").mkdir(parents=True)
    (git / "config").write_text("[core]\n")
    expected = EXPECTED.replace("['data", "['.git', 'data")
    bench = hostile.bench
    await bench.run("open('.git/hooks/post-checkout', 'w').write('evil'); open('.git/config', 'w').write('evil')")
    assert await bench.out(CLEAN + "print(open('.git/config').read())") == expected + "[core]\n\n"
    assert (git / "config").read_text() == "[core]\n"
    assert not list((git / "hooks").iterdir())


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file in the real home directory of whoever runs the tests."""
    path = Path.home() / f".shrewd-secret-{os.getpid()}"
    path.write_text("s3cr3t")
    yield path
    path.unlink()


async def test_reading_what_is_not_its_business(hostile, secret):
    """Neither the host's passwords nor its home directories can be read."""
    execution = await hostile(
        f"""
import os
for path in ("/etc/shadow", {str(secret)!r}, "/proc/1/root" + {str(secret)!r}):
    try:
        print(open(path).read())
    except OSError as error:
        print(type(error).__name__)
for folder, names, files in os.walk("/"):
    names[:] = [name for name in names if folder != "/" or name not in ("proc", "sys", "usr", "lib")]
    print([name for name in files if name == {secret.name!r}] or "", end="")
""",
        seconds=15,
    )
    assert "root:" not in execution.stdout
    assert "s3cr3t" not in execution.stdout
    assert secret.name not in execution.stdout
    assert set(execution.stdout.split()) <= {"FileNotFoundError", "PermissionError"}


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a server on this machine that greets everybody."""
    server = socket.create_server(("0.0.0.0", 0))

    def greet() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")

    thread = threading.Thread(target=greet)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


async def test_opening_sockets(hostile, listener):
    """Nobody is there to talk to: no host, no outside, no name server."""
    execution = await hostile(
        f"""
import socket
for address in (("127.0.0.1", {listener}), ("172.17.0.1", {listener}), ("192.0.2.1", 80), ("example.org", 80)):
    try:
        socket.create_connection(address, timeout=2)
        print("connected to", address)
    except OSError:
        pass
""",
        seconds=15,
    )
    assert (execution.exit_code, execution.stdout) == (0, "")


async def test_forging_the_mark_of_the_machinery(hostile):
    """What marks the script's beginning is plain output when the script itself writes it."""
    mark = READY.decode()
    execution = await hostile(f"import sys; sys.stderr.write({mark!r} * 2); sys.stdout.write({mark!r}); sys.exit(4)")
    assert (execution.exit_code, execution.stdout, execution.stderr) == (4, mark, mark * 2)


async def test_forging_by_open_descriptors(hostile):
    """No descriptor of the machinery is open in the script, but for its three streams."""
    execution = await hostile("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert execution.stdout == "[0, 1, 2]\n"


async def test_rewriting_what_starts_the_next_script(hostile):
    """What was laid for the execution can be read, not written."""
    execution = await hostile(
        """
import os, sys
folder = os.path.dirname(os.path.dirname(sys.argv[0]))
for path in (sys.argv[0], folder + "/run.sh", folder + "/../here", folder + "/../new"):
    try:
        open(path, "w")
        print("written", path)
    except OSError:
        pass
"""
    )
    assert (execution.exit_code, execution.stdout) == (0, "")


async def test_filling_tmp_with_closed_folders(hostile):
    """Folders that are closed to their owner, and nested deeper than a path can name, go as well."""
    await hostile(
        """
import os
os.chdir("/tmp")
for _ in range(300):
    os.mkdir("d" * 100); os.chdir("d" * 100)
open("file", "w")
os.chmod(".", 0); os.chmod("/tmp/" + "d" * 100, 0)
os.mkdir("/dev/shm/closed"); os.chmod("/dev/shm/closed", 0)
"""
    )


async def test_leaving_kernel_objects_behind(hostile):
    """Shared memory that outlives its process is not there for the next one."""
    leave = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.shmget(4711, 4096, 0o1666), libc.msgget(4711, 0o1666), libc.semget(4711, 1, 0o1666))
"""
    find = "import ctypes; libc = ctypes.CDLL(None); print(libc.shmget(4711, 4096, 0), libc.msgget(4711, 0))"
    execution = await hostile(leave)
    assert "-1" not in execution.stdout.split()
    assert await hostile.bench.out(find) == "-1 -1\n"


async def test_leaving_marks_on_the_tree_itself(hostile):
    """The mode and the attributes of the work directory and of /tmp are the same for everybody."""
    show = """
import os
for place in (".", "/tmp"):
    print(oct(os.stat(place).st_mode), [name for name in os.listxattr(place)])
"""
    before = await hostile.bench.out(show)
    await hostile(
        """
import os, struct
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", t, 7, 0xFFFFFFFF) for t in (1, 4, 32))
for place in (".", "/tmp"):
    for action in (
        lambda: os.chmod(place, 0),
        lambda: os.setxattr(place, "user.note", b"hello"),
        lambda: os.setxattr(place, "system.posix_acl_default", acl),
    ):
        try:
            action()
        except OSError:
            pass
"""
    )
    assert await hostile.bench.out(show) == before


async def test_peeking_at_other_processes(hostile):
    """Other processes are none of the host's, and those of the sandbox itself cannot be traced or read."""
    execution = await hostile(
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(16, 1, 0, 0))
for path in ("/proc/1/mem", "/proc/kcore", "/dev/mem", "/dev/kmsg"):
    try:
        open(path, "rb").read(1)
        print("read", path)
    except OSError:
        pass
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        print(open(f"/proc/{name}/cmdline").read().replace(chr(0), " "))
    except OSError:
        pass
"""
    )
    assert "pytest" not in execution.stdout
    assert "dockerd" not in execution.stdout
    assert execution.stdout.count("script.py") <= 3


async def test_becoming_root(hostile):
    """There is no way to more rights: no set-uid program, no capability, no namespace."""
    execution = await hostile(
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
status = open("/proc/self/status").read()
for line in status.splitlines():
    if line.startswith(("CapEff", "CapPrm", "CapAmb", "NoNewPrivs")):
        print(*line.split())
print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
"""
    )
    assert set(execution.stdout.splitlines()) == {
        "CapEff: 0000000000000000",
        "CapPrm: 0000000000000000",
        "CapAmb: 0000000000000000",
        "NoNewPrivs: 1",
        "-1",
    }
