"""What a task's image says of itself: its activated environment, its Python, its repository. All of it blocks.

One throw-away container without network or capabilities answers. What it prints is data from a stranger: bounded,
in frames of stated length, and taken only where it looks like what was asked for.
"""

import re
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath

from sandbox.docker_engine import STDOUT, Engine
from sandbox.docker_owner import labels
from sandbox.errors import ImageError
from sandbox.image_probe_program import LIMITS, PROGRAM
from sandbox.images import check_name
from sandbox.records import MIB, Owner

SECONDS = 60.0
MAX_DIRTY = 1000

# Of the shell, the terminal or the user that asked, and not of the environment.
_NOISE = frozenset({
    "_", "CONDA_PROMPT_MODIFIER", "COLUMNS", "HISTCONTROL", "HISTFILE", "HISTSIZE", "HOME", "HOSTNAME", "LESSCLOSE",
    "LESSOPEN", "LINES", "LOGNAME", "LS_COLORS", "MAIL", "OLDPWD", "PROMPT_COMMAND", "PS1", "PS2", "PS3", "PS4", "PWD",
    "SHELL", "SHLVL", "TERM", "TMPDIR", "USER",
})  # fmt: skip
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSION = re.compile(r"Python ([0-9]+\.[0-9]+(?:\.[0-9]+)?[0-9A-Za-z.+_-]{0,20})")


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found. The image may lie about itself, and about nothing else."""

    variables: tuple[tuple[str, str], ...]
    """The activated environment, sorted by name, without what belongs to a shell, a terminal or a user."""
    python: str | None
    """The path of the `python` that the environment finds, or of its `python3` where it has no other."""
    python_version: str | None
    head: str | None
    """The commit that is checked out; None without a `.git` at `workdir` itself, a commit, or git."""
    parents: tuple[str, ...]
    dirty: tuple[str, ...]
    """Tracked paths that differ from `head`, sorted; at most `MAX_DIRTY`."""
    workdir: str
    notes: tuple[str, ...] = ()
    """What a user should be told."""


def probe(image: str, workdir: str, *, owner: Owner, seconds: float = SECONDS) -> Probe:
    """Look into an image whose repository is said to be at `workdir`.

    The environment is what an interactive bash of the image's user exports: images activate theirs in ~/.bashrc,
    which often does nothing in other shells, while a login shell would reset PATH. Where that leaves conda's base
    active, or nothing, and there is a conda environment called testbed, it is activated as SWE-bench's own scripts
    do. Without bash, it is what the image declares.

    Raises:
        ImageError: no such image or directory, no answer within `seconds`, or one that makes no sense.
        SandboxBroken: the engine failed.
        SandboxUnavailable: no engine answers.
        ValueError: `workdir` is not absolute.
    """
    check_name(image)
    if not PurePosixPath(workdir).is_absolute() or "\0" in workdir:
        raise ValueError(f"the work directory is an absolute path, not {workdir!r}")
    with closing(Engine.connect()) as engine:
        container = engine.create(
            image,
            _HOST,
            entrypoint=["sleep", "2147483647"],
            command=[],
            hostname="sandbox",
            working_dir="/",
            healthcheck={"test": ["NONE"]},
            labels=labels(owner),
        )
        try:
            engine.start(container, image)
            answer = _ask(engine, container, image, workdir, seconds)
        finally:
            engine.remove(container)
    try:
        return read_answer(answer, workdir)
    except ValueError as error:
        raise ImageError(f"the image {image} gives no sensible answer about itself: {error}") from error


_HOST: dict[str, object] = {
    "init": True,
    "network_mode": "none",
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,
    "ipc_mode": "private",
    "mem_limit": 2048 * MIB,
    "memswap_limit": 2048 * MIB,
    "pids_limit": 256,
    "ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
    "tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={64 * MIB}"},  # noqa: S108 - inside the container
    "log_config": {"Type": "none"},
}


def _ask(engine: Engine, container: str, image: str, workdir: str, seconds: float) -> bytes:
    answer = bytearray()
    most = sum(LIMITS.values()) + 4096
    end = time.monotonic() + seconds

    def receive(stream: int, piece: bytes) -> None:
        if stream == STDOUT and len(answer) <= most:
            answer.extend(piece)

    # As the image's own user, whose start-up files they are.
    code = engine.execute(
        container, ["sh", "-c", PROGRAM, "sh", workdir], user="", receive=receive, deadline=lambda: end
    )
    if code is None:
        raise ImageError(
            f"the image {image} does not answer within {seconds:.0f} s: do the start-up files of its shell end?"
        )
    if code == 3:
        raise ImageError(f"the image {image} has no directory {workdir}")
    if code != 0 or len(answer) > most:
        raise ImageError(f"the image {image} gives no answer about itself (exit code {code})")
    return bytes(answer)


def read_answer(answer: bytes, workdir: str) -> Probe:
    """What the program in the container printed.

    Raises:
        ValueError: it is not what the program prints.
    """
    frames = _frames(answer)
    notes: list[str] = []
    activated = _pairs(frames["activated"])
    if not activated:
        notes.append("no bash of the image tells its environment; what the image declares is used")
        activated = _pairs(frames["plain"])
    variables, odd = _chosen(activated)
    if odd:
        notes.append("variables that are not text are left out: " + ", ".join(odd[:10]))
    python = _text(frames["python"]).strip("\n")
    if python and not (PurePosixPath(python).is_absolute() and python.isprintable() and len(python) < 4096):
        raise ValueError("the path of its python is none")
    if python and PurePosixPath(python).name != "python":
        notes.append(f"the environment has no `python`, only {python}")
    version = _VERSION.match(_text(frames["version"]))
    head, parents = _commit(frames)
    if head is None:
        notes.append(f"{workdir} is no repository whose commit can be told")
    dirty = [_text(name) for name in frames["dirty"].split(b"\0")[:-1]]
    if len(dirty) > MAX_DIRTY:
        notes.append(f"more than {MAX_DIRTY} tracked files differ from the commit")
    return Probe(
        variables=variables,
        python=python or None,
        python_version=version[1] if version else None,
        head=head,
        parents=parents,
        dirty=tuple(sorted(dirty)[:MAX_DIRTY]),
        workdir=workdir,
        notes=tuple(notes),
    )


def _frames(answer: bytes) -> dict[str, bytes]:
    frames: dict[str, bytes] = {}
    for name, limit in LIMITS.items():
        line, newline, answer = answer.partition(b"\n")
        said, _, length = line.partition(b" ")
        if not newline or said != name.encode() or not re.fullmatch(rb"[0-9]{1,8}", length.strip()):
            raise ValueError(f"there is no part called {name}")
        size = int(length)
        if size > limit or (size == limit and name in {"plain", "activated"}):
            raise ValueError(f"the part called {name} is longer than {limit} bytes")
        frames[name], answer = answer[:size], answer[size:]
        if len(frames[name]) != size:
            raise ValueError(f"the part called {name} is cut")
    if answer:
        raise ValueError("something follows the last part")
    return frames


def _pairs(environ: bytes) -> dict[bytes, bytes]:
    pairs = (item.partition(b"=") for item in environ.split(b"\0"))
    return {name: value for name, equals, value in pairs if equals and re.fullmatch(rb"[A-Za-z_][A-Za-z0-9_]*", name)}


def _chosen(pairs: dict[bytes, bytes]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    chosen: list[tuple[str, str]] = []
    odd: list[str] = []
    for name, value in pairs.items():
        if name.decode() in _NOISE:
            continue
        try:
            chosen.append((name.decode(), value.decode()))
        except UnicodeDecodeError:
            odd.append(name.decode())
    return tuple(sorted(chosen)), odd


def _commit(frames: dict[str, bytes]) -> tuple[str | None, tuple[str, ...]]:
    head = _text(frames["head"]).strip("\n")
    if not head:
        return None, ()
    if not _COMMIT.fullmatch(head):
        raise ValueError("its commit has no id")
    parents: list[str] = []
    for line in _text(frames["commit"]).split("\n"):
        if not line:
            break
        word, _, parent = line.partition(" ")
        if word == "parent":
            if not _COMMIT.fullmatch(parent) or len(parents) == 64:
                raise ValueError("its commit has parents without id")
            parents.append(parent)
    return head, tuple(parents)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
