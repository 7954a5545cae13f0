"""Grades patches with the official SWE-bench harness (swebench 5), run as a program of its own.

Everything that it reads and writes lies below one folder, the hidden tests of the rows among it.
"""

import asyncio
import hashlib
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from swe_tasks.errors import GradingError
from swe_tasks.harness_docker import check_engine, image_ids, remove_containers
from swe_tasks.harness_reports import (
    FINAL,
    MODEL,
    Grade,
    explain_missing,
    read_run_report,
    read_task_report,
    task_folder,
)
from swe_tasks.rows import GradingRow, gradable_problem, render_grading

RUN_PREFIX: Final = "shrewd-"
_KEPT: Final = (
    *("PATH", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_API_VERSION"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "no_proxy"),
)
_DEFAULT_HOST: Final = "unix:///var/run/docker.sock"
_TAIL: Final = 15


@dataclass(frozen=True, slots=True)
class Manner:
    """How to grade."""

    environment: Mapping[str, str]
    """Made by `harness_environment`."""
    workers: int = 2
    """Tasks at once."""
    seconds: int = 1800
    """For the tests of one task."""


def harness_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the harness sees of the caller's environment: how to reach the container engine, and no keys."""
    kept = {name: environment[name] for name in _KEPT if name in environment}
    kept.setdefault("PATH", os.defpath)
    # The harness asks through the program `docker` and through its library, which have different defaults.
    kept.setdefault("DOCKER_HOST", _DEFAULT_HOST)
    if home := environment.get("HOME"):
        kept.setdefault("DOCKER_CONFIG", str(Path(home) / ".docker"))
    # The rows are files here; and no `.env` of a directory above the package is to be read.
    return kept | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PYTHON_DOTENV_DISABLED": "1"}


def harness_version() -> str:
    """The version of the harness that is installed.

    Raises:
        GradingError: there is none, or an old one.
    """
    if importlib.util.find_spec("swebench") is None:
        raise GradingError("the SWE-bench harness is not installed")
    found = version("swebench")
    if int(found.partition(".")[0]) < 5:
        raise GradingError(f"swebench {found} is installed; grading needs 5.0.2 or later")
    return found


async def grade_patches(
    rows: Sequence[GradingRow],
    patches: Mapping[str, str],
    *,
    folder: Path,
    manner: Manner,
    graded: Callable[[Grade], None],
) -> None:
    """Grade one patch of each task. `graded` is told each grade as soon as it is known, once. One call at a time
    may use a folder.

    The harness works in `folder/<run id>`. The run id is a digest of all that makes the grades, so what an
    interrupted call with the same arguments has finished is not done again, and no other is taken for it.

    Raises:
        GradingError: the harness is missing or broke, or no container engine answers.
    """
    harness = harness_version()
    todo = [row for row in rows if _needs_harness(row, patches[row.id], graded)]
    if not todo:
        return
    check_engine(manner.environment)
    names = {row.id: str(row.row["image"]) for row in todo}
    images = await asyncio.to_thread(image_ids, names.values(), manner.environment)
    place = _lay(folder, [harness, manner.seconds, _identities(todo, patches, images)], todo, patches)
    run_id = place.name
    await asyncio.to_thread(remove_containers, _runs(folder), manner.environment)
    waiting = dict.fromkeys(row.id for row in todo)

    def look() -> None:
        for task in list(waiting):
            grade = read_task_report(task_folder(place, run_id, task), task)
            if grade is not None:
                if names[task] not in images:  # the harness has pulled it
                    images.update(image_ids([names[task]], manner.environment))
                del waiting[task]
                graded(replace(grade, image=images.get(names[task])))

    await _run(place, run_id, manner, look)
    run = read_run_report(place, run_id)
    resolved = frozenset(row.id for row in todo if _resolved(place, run_id, row.id))
    if run.resolved_ids != resolved:
        raise GradingError(f"the SWE-bench harness contradicts itself on {sorted(run.resolved_ids ^ resolved)}")
    images.update(await asyncio.to_thread(image_ids, names.values(), manner.environment))
    for task in waiting:
        grade = explain_missing(task_folder(place, run_id, task), task, run)
        if names[task] not in images:
            grade = Grade(task, "no_image", f"{names[task]} is not on this machine and could not be pulled")
        graded(replace(grade, image=images.get(names[task])))


def _needs_harness(row: GradingRow, patch: str, graded: Callable[[Grade], None]) -> bool:
    """Whether it takes the harness to grade a patch; if not, its grade is told."""
    if not patch.strip():
        graded(Grade(row.id, "empty_patch"))
        return False
    problem = gradable_problem(row)
    if problem:
        graded(Grade(row.id, "no_row", problem))
    return problem is None


def _resolved(place: Path, run_id: str, task: str) -> bool:
    grade = read_task_report(task_folder(place, run_id, task), task)
    return grade is not None and grade.resolved


def row_digest(row: GradingRow) -> str:
    """A name for all that a row says."""
    return _digest(dict(row.row))


def _identities(
    rows: Sequence[GradingRow], patches: Mapping[str, str], images: Mapping[str, str]
) -> list[list[str | None]]:
    return [[row.id, row_digest(row), patches[row.id], images.get(str(row.row["image"]))] for row in rows]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _lay(folder: Path, identity: object, rows: Sequence[GradingRow], patches: Mapping[str, str]) -> Path:
    """Write what the harness reads, and remove what an earlier run left but for final grades: it would be believed.

    The place of the run, called by its id.
    """
    place = folder.absolute()
    place /= RUN_PREFIX + _digest(str(place), identity)  # containers of another folder's runs have other names
    place.mkdir(parents=True, exist_ok=True)
    (place / "rows.jsonl").write_text(render_grading(rows), encoding="ascii")
    lines = [
        json.dumps({"instance_id": row.id, "model_name_or_path": MODEL, "model_patch": patches[row.id]}) + "\n"
        for row in rows
    ]
    (place / "predictions.jsonl").write_text("".join(lines), encoding="ascii")
    for row in rows:
        logs = task_folder(place, place.name, row.id)
        grade = read_task_report(logs, row.id)
        if logs.is_dir() and (grade is None or grade.status not in FINAL):
            shutil.rmtree(logs)
    return place


def _runs(folder: Path) -> list[str]:
    """All runs in a folder. One that was killed has left containers, which would go on and use up the machine."""
    return [path.name for path in folder.glob(f"{RUN_PREFIX}*")]


async def _run(place: Path, run_id: str, manner: Manner, look: Callable[[], None]) -> None:
    """Run the harness to its end, looking every second. However that is left, nothing goes on running."""
    log = place / "harness.log"
    environment = {
        **manner.environment,
        "HF_HOME": str(place / "huggingface"),
        "SWEBENCH_DOCKER_TIMEOUT": str(manner.seconds + 300),  # a test may be silent for as long as it may run
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *_command(run_id, manner),
            cwd=place,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who then end it
        )
    try:
        waiter = asyncio.ensure_future(process.wait())
        while not (await asyncio.wait([waiter], timeout=1))[0]:
            look()
        look()
    except BaseException:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        await asyncio.to_thread(remove_containers, [run_id], manner.environment)
        raise
    if process.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_TAIL:])
        raise GradingError(f"the SWE-bench harness ended with code {process.returncode}; {log} ends with:\n{tail}")


def _command(run_id: str, manner: Manner) -> list[str]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = 4096 if most == resource.RLIM_INFINITY else min(4096, most)
    return [
        *(sys.executable, "-P", "-X", "utf8", "-m", "swe_tasks.harness_process", str(os.getpid())),
        *("--dataset_name", "rows.jsonl", "--predictions_path", "predictions.jsonl", "--run_id", run_id),
        *("--max_workers", str(manner.workers), "--timeout", str(manner.seconds)),
        *("--open_file_limit", str(files), "--report_dir", "."),
    ]
