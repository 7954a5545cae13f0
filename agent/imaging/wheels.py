"""Wheels that help to make images: SWE-bench's tables, and a pip that can look at an index as of a date."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.errors import UserError
from agent.models.wheels import pip_environment
from swe_tasks.environment_tables import REQUIREMENT, SHA256, WHEEL

_FOLDER: Final = "image-build"
_NO_DATES: Final = re.compile(r"upload.?time|uploaded-prior-to", re.IGNORECASE)


def tables_wheel(cache: Path, environment: Mapping[str, str]) -> Path:
    """The wheel that holds the environment tables, fetched when it is first needed.

    Raises:
        UserError: it cannot be fetched.
    """
    folder = cache / _FOLDER
    wheel = folder / WHEEL
    if wheel.is_file() and hashlib.sha256(wheel.read_bytes()).hexdigest() == SHA256:
        return wheel
    wheel.unlink(missing_ok=True)
    said = _download(folder, environment, REQUIREMENT)
    if not wheel.is_file():
        raise UserError(
            f"the environment tables of SWE-bench ({REQUIREMENT}) cannot be fetched: {_reason(said)}\n"
            f"Fetch them where there is a network (pip download --no-deps {REQUIREMENT}) and name the wheel with "
            "--spec-tables"
        )
    return wheel


def dating_pip(cache: Path, environment: Mapping[str, str], python: str) -> Path | None:
    """A pip for a version of Python that knows `--uploaded-prior-to`; None if there is none for that version.

    Raises:
        UserError: it cannot be fetched for another reason.
    """
    folder = cache / _FOLDER / f"pip-for-{python}"
    if not list(folder.glob("pip-*.whl")):
        said = _download(folder, environment, "pip>=26", "--python-version", python)
        if not list(folder.glob("pip-*.whl")):
            if re.search(r"requires a different python|Requires-Python", said, re.IGNORECASE):
                return None
            raise UserError(f"a pip that knows dates cannot be fetched: {_reason(said)}")
    return max(folder.glob("pip-*.whl"), key=lambda path: path.stat().st_mtime)


def index_knows_dates(pip: Path, variables: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether the index, as commands in containers reach it, says when files were uploaded.

    Raises:
        UserError: the index cannot be asked.
    """
    # As in a container: the same indexes, and nothing of this machine's files of settings.
    kept = {key: value for key, value in variables.items() if key.startswith("PIP_") and key != "PIP_CERT"}
    given = {key: value for key, value in pip_environment(environment, pip.parent).items() if key[:4] != "PIP_"}
    certificates = {"PIP_CERT": environment["PIP_CERT"]} if "PIP_CERT" in environment else {}
    given |= {**kept, **certificates, "PIP_CONFIG_FILE": os.devnull, "PYTHONPATH": str(pip)}
    command = [
        sys.executable,
        "-P",
        "-m",
        "pip",
        "index",
        "versions",
        "setuptools",
        "--uploaded-prior-to",
        "2024-01-01",
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", env=given, check=False
    )
    if done.returncode == 0:
        return True
    if _NO_DATES.search(done.stderr):
        return False
    raise UserError(f"the package index cannot be asked for dates: {_reason(done.stderr)}")


def _download(folder: Path, environment: Mapping[str, str], *requirement: str) -> str:
    if importlib.util.find_spec("pip") is None:
        raise UserError(
            "pip is missing in this environment; install it with: uv pip install pip, "
            "or pip install 'shrewdness[local]'"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # -P: a file pip.py in the current folder, which may be anybody's repository, is not run.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--quiet", "--disable-pip-version-check", "-d", str(folder), *requirement]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=pip_environment(environment, folder),
        check=False,
    )
    return done.stdout


def _reason(said: str) -> str:
    """The line of pip that says what was wrong, or its last one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["pip said nothing"])[-1]
