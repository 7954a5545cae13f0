"""What grading asks of the container engine. It goes through the program `docker`, as the harness itself does."""

import re
import shutil
import subprocess
import time
from collections.abc import Collection, Mapping
from typing import Final

from swe_tasks.errors import GradingError

_NO_IMAGE: Final = re.compile(r"no such image|image not known", re.IGNORECASE)
_GONE: Final = re.compile(r"no such container|is already in progress", re.IGNORECASE)
_SECONDS: Final = 120


def check_engine(environment: Mapping[str, str]) -> None:
    """Make sure that the harness will find an engine.

    Raises:
        GradingError: there is no program `docker`, or no engine answers it.
    """
    if shutil.which("docker", path=environment.get("PATH")) is None:
        raise GradingError("the SWE-bench harness needs the program `docker`, which is not on the PATH")
    done = _docker(environment, "version", "--format", "{{.Server.Version}}")
    if done.returncode:
        raise GradingError(
            f"the SWE-bench harness needs a container engine, and none answers: {_last(done.stderr)}; "
            "`shrewd doctor` shows what works here"
        )


def image_ids(images: Collection[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Image -> its id, of those that this machine has.

    Raises:
        GradingError: the engine failed.
    """
    found: dict[str, str] = {}
    for image in sorted(set(images)):
        done = _docker(environment, "image", "inspect", "--format", "{{.Id}}", image)
        if done.returncode == 0:
            found[image] = done.stdout.strip()
        elif not _NO_IMAGE.search(done.stderr):
            raise GradingError(f"the container engine cannot say whether it has {image}: {_last(done.stderr)}")
    return found


def remove_containers(run_ids: Collection[str], environment: Mapping[str, str]) -> int:
    """Remove the containers that the harness made in these runs of it; how many there were.

    The harness leaves them behind when it is killed. One that was being made at that moment comes up later, so
    this looks until it finds none.

    Raises:
        GradingError: the engine failed.
    """
    removed = 0
    while names := _containers(run_ids, environment):
        done = _docker(environment, "rm", "--force", *names)
        if done.returncode and not _GONE.search(done.stderr):
            raise GradingError(f"containers of the harness cannot be removed: {_last(done.stderr)}")
        removed += len(names)
        time.sleep(0.5)
    return removed


def _containers(run_ids: Collection[str], environment: Mapping[str, str]) -> list[str]:
    done = _docker(environment, "ps", "--all", "--filter", "name=sweb.eval.", "--format", "{{.Names}}")
    if done.returncode:
        raise GradingError(f"the container engine cannot list its containers: {_last(done.stderr)}")
    # `sweb.eval.<task>.<run>`, and a time behind it where that name was taken.
    ours = re.compile(rf"sweb\.eval\..+\.(?:{'|'.join(map(re.escape, run_ids))})(?:\.\d+)?")
    return [name for name in done.stdout.split() if run_ids and ours.fullmatch(name)]


def _docker(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["docker", *arguments],
            env=dict(environment),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GradingError(f"the container engine did not answer `docker {arguments[0]}` in {_SECONDS} s") from error


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing"
