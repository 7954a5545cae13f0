"""From what a user names, a repository and an issue, to a task in a run directory."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agent.config import settings_from_yaml
from agent.errors import RunConflict, UserError
from agent.rundir import RunDir, TaskDir, write_file
from agent.scratch import scratch_directory
from agent.settings import Settings
from agent.settings_file import dump_settings
from agent.stored import StoredTask, load_task, store_task
from agent.surroundings import find_surroundings
from sandbox.choose import choose
from sandbox.records import Environment
from swe_tasks import BaseTree, Task, materialise_local, materialise_url
from swe_tasks.build import remove_base
from swe_tasks.github import fetch_issue, parse_issue_url, render_issue
from swe_tasks.remote import is_url
from swe_tasks.repository import find_repository
from swe_tasks.sources import read_issue_argument, task_id

FREE_TO_CHANGE = frozenset(
    {
        *("budget", "token_budget", "time_budget"),
        *("api_base", "model_timeout", "completions_at_once", "executions_at_once"),
        *("price_input", "price_cached", "price_output", "samples", "iterations", "script_iterations", "repairs"),
        *("uncommitted", "ref", "comments"),
        *("method", "tests", "test_command", "test_seconds", "select_calls", "sstar_variant", "abstain"),
    }
)
"""Settings that a run may be continued with other values of: they add work, limit it, or were used up when the
task was made, and change no answer that is already there."""

CONTAINER_WORKDIR = "/workspace"
"""Where the tree is seen in a container whose image says nothing of it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task that is ready to be worked on."""

    run: RunDir
    place: TaskDir
    stored: StoredTask
    settings: Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for."""

    repository: str
    """A path or a URL."""
    issue: str
    """As given: text, a file, an issue's URL."""
    settings: Settings
    out: Path | None
    """The run directory; None: one below `runs` that the task and the settings name."""
    runs: Path
    github_token: str | None = None
    accept_changes: bool = False
    """Go on although the run was begun with other settings."""
    also: str = ""
    """What else the default run directory is named by."""


async def read_issue(wanted: Wanted, stdin: BinaryIO) -> str:
    """The issue's text, from GitHub where an address is given.

    Raises:
        IssueError: it cannot be had.
    """
    ref = parse_issue_url(wanted.issue)
    if ref is None:
        return read_issue_argument(wanted.issue, stdin=stdin)
    import httpx

    async with httpx.AsyncClient(timeout=30) as client:
        issue = await fetch_issue(ref, token=wanted.github_token, client=client)
    return render_issue(issue, comments=wanted.settings.comments)


def prepare(wanted: Wanted, issue: str, say: Callable[[str], None]) -> Prepared:
    """Make the task in its run directory, or find it there.

    Raises:
        TaskError: the repository cannot be used.
        UserError, SandboxError: no Python or no sandbox fits.
        RunConflict: the run directory belongs to other settings.
    """
    home = wanted.out or wanted.runs
    home.mkdir(parents=True, exist_ok=True)
    # Beside its final place, so that a rename puts it there.
    nursery = home / ".making"
    try:
        with scratch_directory(nursery) as making:
            return _prepare(wanted, issue, making, say)
    finally:
        with suppress(OSError):  # another run may be making its task there
            nursery.rmdir()


def _prepare(wanted: Wanted, issue: str, making: Path, say: Callable[[str], None]) -> Prepared:
    base = make_base(wanted, making / "base")
    for note in base.notes:
        say(note)
    name = task_id(wanted.repository, issue, base.tree)
    run = RunDir(wanted.out or wanted.runs / f"{name}-{_answers(wanted.settings)}{wanted.also}")
    place = run.task(name)
    keep_settings(run, wanted.settings, change=wanted.accept_changes)
    if place.task.exists():
        stored = load_task(place.task)
    else:
        stored = _stored(wanted, issue, base, name, say)
        place.path.mkdir(parents=True, exist_ok=True)
        remove_base(place.base)
        (making / "base").rename(place.base)
        # A run that lies in a work tree must not become part of the next task.
        write_file(run.path / ".gitignore", "*\n")
        store_task(place, stored)
    return Prepared(run, place, stored, wanted.settings)


def make_base(wanted: Wanted, into: Path) -> BaseTree:
    """The base tree of what the user names.

    Raises:
        TaskError: the repository cannot be used.
    """
    settings = wanted.settings
    if is_url(wanted.repository):
        return materialise_url(wanted.repository, into, ref=settings.ref, token=wanted.github_token)
    return materialise_local(Path(wanted.repository), into, ref=settings.ref, uncommitted=settings.uncommitted)


def _stored(wanted: Wanted, issue: str, base: BaseTree, name: str, say: Callable[[str], None]) -> StoredTask:
    settings = wanted.settings
    local = not is_url(wanted.repository)
    top = (find_repository(Path(wanted.repository)).top or Path(wanted.repository).absolute()) if local else None
    workdir, python, readonly = CONTAINER_WORKDIR, "python", ()
    plain = Environment(workdir, settings.image, settings.setup, network=settings.network)
    choice = choose(settings.sandbox, plain)
    say(f"Sandbox: {choice.backend} ({choice.why})")
    if choice.backend == "bubblewrap":
        # At its own path, so that an editable install in a virtualenv imports the candidate's code.
        workdir = str(top) if top else CONTAINER_WORKDIR
        found = find_surroundings(top or base.path, python=settings.python, virtual_env=os.environ.get("VIRTUAL_ENV"))
        say(f"Python: {found.note}")
        python, readonly = found.python, found.readonly
    image = settings.image if choice.backend == "docker" else None
    environment = Environment(workdir, image, settings.setup, (), readonly, settings.network)
    task = Task(
        id=name,
        issue=issue,
        repository=str(top) if top else wanted.repository,
        base_commit=base.commit,
        base_tree=base.tree,
        workdir=workdir,
        image=image,
        python=python if choice.backend == "bubblewrap" else None,
    )
    return StoredTask(task, environment, choice.backend, python)


def keep_settings(run: RunDir, settings: Settings, *, change: bool = False) -> None:
    """Store a run's settings, or check them against those that it was begun with.

    Raises:
        RunConflict: the run was begun with other settings and `change` was not asked for.
    """
    if not change:
        check_unchanged(run, settings)
    write_file(run.config, dump_settings(settings))


def check_unchanged(run: RunDir, settings: Settings) -> None:
    """Raises:
    RunConflict: the run was begun with settings that it cannot be gone on with in the place of these.
    """
    if run.config.exists():
        begun = settings_from_yaml(run.config.read_text(encoding="utf-8"), name=str(run.config))
        old, new = begun.model_dump(mode="json"), settings.model_dump(mode="json")
        other = sorted(key for key in new if new[key] != old[key] and key not in FREE_TO_CHANGE)
        if other:
            said = "; ".join(f"{key} was {old[key]!r} and is now {new[key]!r}" for key in other)
            raise RunConflict(
                f"the run {run.path} was begun with other settings: {said}. Give the old ones, choose another "
                "directory with --out, or accept the mixture with --accept-changes"
            )


def load_run(path: Path) -> RunDir:
    """The run in a directory.

    Raises:
        UserError: there is no run.
    """
    run = RunDir(path)
    if not run.config.is_file() or not run.tasks():
        raise UserError(f"{path} is not a run directory: it has no {run.config.name} or no task")
    return run


def _answers(settings: Settings) -> str:
    """Names the settings that a run cannot be continued without."""
    fixed = settings.model_dump_json(exclude=set(FREE_TO_CHANGE))
    return hashlib.sha256(fixed.encode()).hexdigest()[:8]
