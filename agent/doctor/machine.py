"""Python, git, disk, memory, processors, and the token for GitHub."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.doctor.records import Check
from agent.settings import Settings
from agent.values import format_size
from sandbox import remedies

OLDEST_GIT: Final = (2, 30)
_ROOM: Final = 2 << 30


def check_machine(settings: Settings, environment: Mapping[str, str], cache: Path) -> list[Check]:
    """What the machine has, measured by what one execution may use."""
    return [
        Check("python", "ok", f"{platform.python_version()} at {sys.executable}"),
        check_git(environment.get("PATH", os.defpath)),
        *_check_disk({"temporary files": Path(tempfile.gettempdir()), "models": cache}),
        _check_memory(settings),
        Check("processors", "ok", str(len(os.sched_getaffinity(0)))),
        _check_github(environment),
    ]


def check_git(search_path: str) -> Check:
    """Whether git is there and not too old."""
    git = shutil.which("git", path=search_path)
    if git is None:
        return Check("git", "broken", "is not installed", remedies.install("git"))
    told = subprocess.run([git, "--version"], capture_output=True, text=True, env={}, check=False, timeout=60)
    found = re.search(r"(\d+)\.(\d+)[\d.]*", told.stdout)
    if found is None:
        return Check("git", "broken", f"{git} does not tell its version", remedies.install("git"))
    if (int(found[1]), int(found[2])) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        return Check("git", "broken", f"{found[0]} is older than {oldest}", remedies.install("git"))
    return Check("git", "ok", f"{found[0]} at {git}")


def _check_disk(places: Mapping[str, Path]) -> list[Check]:
    checks: list[Check] = []
    for what, place in places.items():
        there = next(path for path in (place, *place.parents) if path.exists())
        free = shutil.disk_usage(there).free
        text = f"{_about(free)} free in {there}"
        if free >= _ROOM:
            checks.append(Check(f"disk for {what}", "ok", text))
        else:
            remedy = f"free some; {_about(_ROOM)} or more is comfortable"
            checks.append(Check(f"disk for {what}", "note", text, remedy))
    return checks


def _check_memory(settings: Settings) -> Check:
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    kilobytes = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}
    available, total = kilobytes["MemAvailable"] << 10, kilobytes["MemTotal"] << 10
    detail = f"{_about(available)} of {_about(total)} available"
    if available >= settings.memory:
        return Check("memory", "ok", detail)
    remedy = f"lower --memory: one execution may use {format_size(settings.memory)}"
    return Check("memory", "note", detail, remedy)


def _check_github(environment: Mapping[str, str]) -> Check:
    if environment.get("GITHUB_TOKEN"):
        return Check("GITHUB_TOKEN", "ok", "is set")
    return Check(
        "GITHUB_TOKEN",
        "note",
        "is not set: issues of private repositories cannot be read, those of public ones 60 times an hour",
        "export GITHUB_TOKEN=...",
    )


def _about(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
