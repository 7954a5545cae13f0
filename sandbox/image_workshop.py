"""A container in which one layer of an image is made: files laid, commands run, their last words kept."""

import shlex
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.docker_commit import put, workshop
from sandbox.docker_engine import Engine
from sandbox.image_context import pack_directory, pack_files
from sandbox.image_recipe import PLACE, Helpers, Lay

Say = Callable[[str], None]

_COMMAND_SECONDS = 7200.0
_LINES, _LINE = 20, 2000

_RUN = """\
cd -- "$1" || exit 1
if command -v bash >/dev/null; then exec bash -o pipefail -ec "$2"; fi
exec sh -ec "$2"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    code: int | None
    """None when the time was over."""
    lines: tuple[str, ...]
    """The last ones."""


@contextmanager
def opened(engine: Engine, image: str, helpers: Helpers) -> Generator[str]:
    """A container with the helpers in their place."""
    with workshop(engine, image, network=helpers.network, place=PLACE) as container:
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in helpers.variables.items()]
        files = {**helpers.files, "run": ("".join(lines) + _RUN).encode("utf-8", "surrogateescape")}
        with tempfile.TemporaryFile() as archive:
            pack_files(files, archive)
            archive.seek(0)
            put(engine, container, PLACE, archive)
        yield container


def lay_files(engine: Engine, container: str, lay: Lay) -> None:
    with tempfile.TemporaryFile() as archive:
        pack_directory(lay.source, archive)
        archive.seek(0)
        put(engine, container, lay.at, archive)


def run(engine: Engine, container: str, workdir: str, command: str, hear: Say) -> Answer:
    last: deque[str] = deque(maxlen=_LINES)
    rest = b""

    def take(line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")[:_LINE]
        last.append(text)
        hear(text)

    def receive(_stream: int, piece: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            take(line)

    ends = time.monotonic() + _COMMAND_SECONDS
    words = ["/bin/sh", f"{PLACE}/run", workdir, command]
    code = engine.execute(container, words, user="0:0", receive=receive, deadline=lambda: ends)
    if rest:
        take(rest)
    return Answer(code, tuple(last))


_UNREACHABLE = (
    "name resolution", "failure resolving", "Could not resolve", "Network is unreachable", "Connection refused",
    "Failed to establish",
)  # fmt: skip


def complaint(name: str, command: str, answer: Answer) -> str:
    how = "took too long" if answer.code is None else f"failed with exit status {answer.code}"
    said = "\n".join(f"  {line}" for line in answer.lines) or "  it printed nothing"
    hint = ""
    if any(sign in line for sign in _UNREACHABLE for line in answer.lines):
        hint = "\nThe container could not reach the network; --network host uses this machine's own."
    return f"{name}: this command {how}:\n  {command}\nIts last lines:\n{said}{hint}"
