"""What is true of containers alone: the engine, the image, whose they are, and how they are reused."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import pytest
from support.sandboxes import IMAGE, LIMITS, Bench, small_tree

from sandbox.docker import DockerSandbox, clean, diagnose, reap
from sandbox.docker_engine import Engine
from sandbox.docker_owner import Place, is_orphan, labels
from sandbox.errors import ImageError, SandboxBroken, SandboxUnavailable
from sandbox.records import Change, Environment, Owner, Script, Tree


@pytest.fixture
def engine(docker: str) -> Iterator[Engine]:
    """The engine itself, to look and to break things."""
    engine = Engine.connect()
    yield engine
    engine.close()


@pytest.fixture
async def make(docker: str, tmp_path: Path):
    """Makes benches of a run of its own; all are closed at the end."""
    made: list[DockerSandbox] = []

    def make(*, size: int = 1, owner: Owner | None = None, **settings: object) -> Bench:
        environment = replace(Environment("/testbed", image=IMAGE), **settings)
        owner = owner or Owner(f"test-{uuid.uuid4().hex}", os.getpid(), extra=(("task", "t-1"),))
        sandbox = DockerSandbox(environment, owner, scratch=tmp_path / "scratch", size=size)
        made.append(sandbox)
        base = tmp_path / "base"
        bench = Bench(sandbox, base if base.exists() else small_tree(base), LIMITS, environment)
        bench.label = f"shrewd.run={owner.run}"
        return bench

    yield make
    for sandbox in made:
        await sandbox.close()


@pytest.mark.docker
async def test_containers_are_reused(make, engine):
    """Many executions, one container; the second and later ones find it made."""
    bench = make(size=1)
    await bench.run("")
    before = [one.id for one in engine.labelled(bench.label)]
    for _ in range(4):
        await bench.run("open('x', 'x')")
    assert [one.id for one in engine.labelled(bench.label)] == before
    assert len(before) == 1


@pytest.mark.docker
async def test_a_container_lost_while_a_script_runs_is_broken_machinery(make, engine):
    """A container that somebody kills or removes says nothing about the script; the next one works."""
    bench = make()
    for kill in ("kill", "rm -f"):
        await bench.run("")
        task = asyncio.create_task(bench.run("import time; print('partial', flush=True); time.sleep(30)"))
        await asyncio.sleep(1)
        (container,) = engine.labelled(bench.label)
        await asyncio.to_thread(subprocess.run, ["docker", *kill.split(), container.id], capture_output=True)
        with pytest.raises(SandboxBroken):
            await task
    assert await bench.out("print('works')") == "works\n"


@pytest.mark.docker
async def test_a_container_lost_between_executions_is_replaced(make, engine):
    """Who comes next either hears of it as broken machinery or notices nothing."""
    bench = make()
    await bench.run("")
    await asyncio.sleep(0.5)
    (container,) = engine.labelled(bench.label)
    engine.remove(container.id)
    with pytest.raises(SandboxBroken):
        await bench.run("")
    assert await bench.out("print('works')") == "works\n"


@pytest.mark.docker
async def test_a_missing_image_says_how_to_get_it(make):
    """The error names the command."""
    with pytest.raises(ImageError, match=r"docker pull no\.such/image:1"):
        await make(image="no.such/image:1").run("")


def test_an_environment_without_image_is_refused(tmp_path):
    """Docker cannot serve the host's own system."""
    with pytest.raises(ImageError, match="names none"):
        DockerSandbox(Environment("/w"), Owner("r", 1), scratch=tmp_path, size=1)


async def test_no_engine_is_said_and_mended(tmp_path, monkeypatch):
    """Without an engine, an execution and the diagnosis say so, the latter with a remedy."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    sandbox = DockerSandbox(Environment("/w", image=IMAGE), Owner("r", 1), scratch=tmp_path / "s", size=1)
    with pytest.raises(SandboxUnavailable, match="no container engine answers"):
        await sandbox.execute(Tree(small_tree(tmp_path / "base")), Script(""), LIMITS)
    await sandbox.close()
    diagnosis = diagnose()
    assert not diagnosis.works
    assert diagnosis.remedy.startswith("sudo ")


@pytest.mark.docker
def test_the_diagnosis_says_what_is_enforced(docker):
    """A working engine is described by its version and its limits."""
    diagnosis = diagnose()
    assert diagnosis.works
    assert "limits memory" in diagnosis.detail


@pytest.mark.docker
async def test_limits_reach_the_engine(make, engine):
    """Processors, their weight, processes and memory are limits of the container; memory holds the files, too."""
    bench = make()
    await bench.run("", cpus=0.5, shares=128)
    (container,) = engine.labelled(bench.label)
    words = ["docker", "inspect", "--format", "{{json .HostConfig}}", container.id]
    host = json.loads((await asyncio.to_thread(subprocess.run, words, capture_output=True)).stdout)
    assert (host["NanoCpus"], host["CpuShares"]) == (500_000_000, 128)
    assert host["Memory"] == host["MemorySwap"] == LIMITS.memory + LIMITS.disk
    assert host["PidsLimit"] == LIMITS.processes + 4


@pytest.mark.docker
async def test_scripts_run_as_nobody(make):
    """Where the image allows it, scripts have a user of no rights, who can use Python and the tree."""
    assert await make().out("import os, json; open('x', 'w'); print(os.getuid(), os.getgid())") == "65534 65534\n"


@pytest.fixture
def commit(docker: str) -> Iterator[Callable[..., str]]:
    """Makes an image from the tests' image by a command and changes to its settings."""
    names: list[str] = []

    def run(*arguments: str) -> str:
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()

    def commit(command: str, *changes: str) -> str:
        names.append(f"shrewd-test:{uuid.uuid4().hex}")
        container = run("run", "--detach", "--network=none", IMAGE, "sh", "-c", command)
        run("wait", container)
        options = [word for change in changes for word in ("--change", change)]
        run("commit", *options, container, names[-1])
        run("rm", "--volumes", container)
        return names[-1]

    yield commit
    for name in names:
        run("rmi", "--force", name)


@pytest.mark.docker
async def test_an_image_that_shuts_nobody_out_runs_as_root_without_rights(commit, make):
    """An interpreter only root can read is run by a root without capabilities, in containers used once."""
    image = commit("chmod 700 /usr/local/lib/python3.11")
    bench = make(image=image)
    script = "import os; print(os.getuid(), open('/proc/self/status').read().count('CapEff:\\t0000000000000000'))"
    assert await bench.out(script) == "0 1\n"
    await bench.run("open('x', 'w'); open('/tmp/y', 'w'); open('/dev/z', 'w'); open('/dev/shm/z', 'w')")
    look = "import os; print(os.listdir('/tmp'), os.path.exists('/dev/z'), os.listdir('/dev/shm'), os.path.exists('x'))"
    assert await bench.out(look) == "['home'] False [] False\n"


@pytest.mark.docker
async def test_what_an_image_wants_does_not_matter(commit, make):
    """Neither its entry point, nor its health checks, user or volumes reach the next execution."""
    image = commit(
        "mkdir -m 777 /data",
        'ENTRYPOINT ["false"]',
        'HEALTHCHECK --interval=1s CMD ["sh", "-c", "sleep 3"]',
        'VOLUME ["/data"]',
        "USER 1234",
        "ENV FROM_IMAGE=yes",
    )
    bench = make(image=image)
    script = "import os; print(os.listdir('/data'), os.getuid(), os.environ['FROM_IMAGE']); open('/data/x', 'w')"
    for _ in range(2):
        assert await bench.out(script) == "[] 65534 yes\n"


def static_busybox() -> str | None:
    """A busybox that needs no library, so that it can be all of an image."""
    path = shutil.which("busybox")
    return path if path and b"/ld-linux" not in Path(path).read_bytes() else None


BUSYBOX = static_busybox()


@pytest.fixture
def busybox_image(docker: str, tmp_path: Path) -> Iterator[str]:
    """An image that holds nothing but busybox, under eight of its names."""
    assert BUSYBOX is not None
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        archive.add(BUSYBOX, "bin/busybox")
        for name in ("sh", "sleep", "ls", "rm", "rmdir", "mkdir", "chmod", "tar", "cat"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    name = f"shrewd-test:{uuid.uuid4().hex}"
    subprocess.run(["docker", "import", str(tmp_path / "image.tar"), name], capture_output=True, check=True)
    yield name
    subprocess.run(["docker", "rmi", "--force", name], capture_output=True, check=True)


@pytest.mark.docker
@pytest.mark.skipif(BUSYBOX is None, reason="no static busybox is installed")
async def test_an_image_of_nothing_but_busybox(busybox_image, make):
    """An image needs no more than a POSIX shell and a few small programs."""
    bench = make(image=busybox_image)
    script = "cat data.txt new; echo *; echo left >left; mkdir /tmp/x; chmod 0 /tmp/x"
    for _ in range(2):
        execution = await bench.run(script, Change("new", b"new\n"), command=("sh", "{script}"))
        assert (execution.exit_code, execution.stderr) == (0, "")
        assert execution.stdout == "data\nnew\ndata.txt link new pkg tool.sh\n"


@pytest.mark.docker
async def test_a_respawning_process_whose_watch_was_killed(make):
    """A process that kills the shell above it and is a new one every moment does not reach the next tree."""
    bench = make()
    await bench.run(
        """
import os, time
os.kill(os.getppid(), 15)
while True:
    if os.fork():
        os._exit(0)
    try:
        open("planted", "w"); open("/tmp/planted", "w")
    except OSError:
        pass
""",
        seconds=3,
    )
    look = "import os, time; time.sleep(0.5); print(os.path.exists('planted'), os.listdir('/tmp'))"
    for _ in range(2):
        assert await bench.out(look) == "False ['home']\n"


@pytest.mark.docker
async def test_a_network_is_there_only_if_asked_for(make):
    """Without, there is the loopback; with one, there is more."""
    script = "import socket; print(len(socket.if_nameindex()))"
    assert await make().out(script) == "1\n"
    assert int(await make(network=True).out(script)) > 1


@pytest.mark.docker
async def test_host_paths_of_the_environment_are_read_only(make):
    """What the environment makes visible is at its own place, and cannot be written."""
    shared = Path("/usr/share/git-core")  # there is git, and it does not lie below /tmp as a checkout may
    bench = make(readonly=(str(shared),))
    execution = await bench.run(f"import os; print(os.listdir('{shared}'), flush=True); open('{shared}/x', 'w')")
    assert "templates" in execution.stdout
    assert "Read-only file system" in execution.stderr


@pytest.mark.parametrize("path", ["/tmp/venv", "/testbed/.venv", "/testbed"])
def test_host_paths_where_scripts_write_are_refused(tmp_path, path):
    """A mount inside of what is emptied after each execution could not be emptied."""
    environment = Environment("/testbed", image=IMAGE, readonly=(path,))
    with pytest.raises(ValueError, match="where scripts write"):
        DockerSandbox(environment, Owner("r", 1), scratch=tmp_path, size=1)


@pytest.mark.parametrize("path", ["/", "work", "/a/../b", "/tmp/work", "/proc/x", "/shrewd/base"])
def test_work_directories_that_cannot_be_are_refused(tmp_path, path):
    """The work directory is a mount of its own, at a place that nothing else needs."""
    with pytest.raises(ValueError, match="work directory"):
        DockerSandbox(Environment(path, image=IMAGE), Owner("r", 1), scratch=tmp_path, size=1)


@pytest.mark.docker
async def test_containers_carry_their_owner(make, engine):
    """The labels say whose a container is."""
    bench = make()
    await bench.run("")
    (container,) = engine.labelled(bench.label)
    assert container.labels["shrewd.pid"] == str(os.getpid())
    assert container.labels["shrewd.task"] == "t-1"
    assert not is_orphan(container.labels, Place(*[container.labels[f"shrewd.{n}"] for n in PLACE]))


PLACE = ("machine", "boot", "pid-namespace")
HERE = Place("machine", "boot", "namespace")
MARKS = {
    "shrewd.pid": "77",
    "shrewd.started": "1000",
    "shrewd.machine": "machine",
    "shrewd.boot": "boot",
    "shrewd.pid-namespace": "namespace",
}


@pytest.mark.parametrize(
    ("changed", "begun", "orphan"),
    [
        ({}, "1000", False),
        ({}, None, True),
        ({}, "2000", True),
        ({"shrewd.boot": "earlier"}, "1000", True),
        ({"shrewd.machine": "other"}, None, False),
        ({"shrewd.pid-namespace": "other"}, None, False),
        ({"shrewd.pid": ""}, None, False),
    ],
    ids=["alive", "dead", "another process", "before the last start", "elsewhere", "other container", "unmarked"],
)
def test_who_is_an_orphan(changed, begun, orphan):
    """Only whose owner is certainly dead: not one of another machine, not one of a process id used again."""
    assert is_orphan({**MARKS, **changed}, HERE, lambda pid: begun) is orphan


def test_the_labels_tell_a_process_from_a_later_one():
    """The time at which a process began is part of who it is."""
    own = labels(Owner("r", os.getpid(), extra=(("task", "x"),)))
    assert own["shrewd.run"] == "r"
    assert own["shrewd.task"] == "x"
    assert own["shrewd.started"].isdecimal()
    assert labels(Owner("r", 2**22 + 1))["shrewd.started"] == ""


CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
from sandbox.docker import DockerSandbox
from sandbox.records import Environment, Limits, Owner, Script, Tree

async def main():
    run, image, base, scratch = sys.argv[1:]
    sandbox = DockerSandbox(Environment("/w", image=image), Owner(run, os.getpid()), scratch=Path(scratch), size=1)
    await sandbox.execute(Tree(Path(base)), Script(""), Limits(memory=2**27, disk=2**26))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.docker
async def test_reaping_takes_what_a_crash_left_and_nothing_else(make, engine, tmp_path):
    """Containers of a killed process go; those of a living one, and those of others, stay."""
    bench = make()
    await bench.run("")
    stranger = engine.create(IMAGE, {}, command=["true"], labels={"other.run": "x", "shrewd": "no"})
    run = f"crash-{uuid.uuid4().hex}"
    words = [sys.executable, "-c", textwrap.dedent(CRASH), run, IMAGE, str(bench.base), str(tmp_path / "s")]
    crashed = await asyncio.to_thread(subprocess.run, words, cwd=Path(__file__).parents[2], check=False)
    try:
        assert crashed.returncode == -signal.SIGKILL
        assert len(engine.labelled(f"shrewd.run={run}")) == 1
        assert any(run in line for line in reap())
        assert engine.labelled(f"shrewd.run={run}") == []
        assert len(engine.labelled(bench.label)) == 1
        assert engine.state(stranger).running is False
    finally:
        engine.remove(stranger)


@pytest.mark.docker
async def test_cleaning_takes_one_run(make, engine):
    """`clean` of a run removes what carries its label, in use or not."""
    one, other = make(), make()
    await one.run("")
    await other.run("")
    removed = clean(one.label.partition("=")[2])
    assert len(removed) == 1
    assert engine.labelled(one.label) == []
    assert len(engine.labelled(other.label)) == 1


@pytest.mark.docker
async def test_closing_waits_for_no_grace_period(make, engine):
    """Four containers with programs that ignore SIGTERM are gone in a moment."""
    bench = make(size=4)
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    tasks = [asyncio.create_task(bench.run(script)) for _ in range(4)]
    await asyncio.sleep(4)
    began = time.monotonic()
    await bench.sandbox.close()
    assert time.monotonic() - began < 9
    assert engine.labelled(bench.label) == []
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(result, SandboxBroken)


class Hasty(BaseHTTPRequestHandler):
    """An engine that sends a command's output in one packet with the head of its answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Tell the version, or how the command ended."""
        self._answer({"ApiVersion": "1.41", "Running": False, "ExitCode": 3})

    def do_POST(self) -> None:
        """Make a command, or start it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.endswith("/start"):
            self._answer({"Id": "command"})
            return
        frames = b"\1\0\0\0\0\0\0\5hello" + b"\2\0\0\0\0\0\0\2!\n"
        head = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        self.wfile.write(head + frames)
        self.close_connection = True

    def _answer(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def test_output_that_comes_with_the_answers_head_is_not_lost(tmp_path, monkeypatch):
    """On a busy machine the first output is read together with the HTTP head; it is output all the same."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    with ThreadingUnixStreamServer(f"{tmp_path}/engine.sock", Hasty) as server:
        threading.Thread(target=server.serve_forever).start()
        engine = Engine.connect()
        heard: list[tuple[int, bytes]] = []
        code = engine.execute(
            "container",
            ["say"],
            user="1",
            receive=lambda stream, piece: heard.append((stream, piece)),
            deadline=lambda: time.monotonic() + 10,
        )
        engine.close()
        server.shutdown()
    assert (code, heard) == (3, [(1, b"hello"), (2, b"!\n")])
