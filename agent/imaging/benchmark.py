"""The image of a classic SWE-bench task, made as the environment tables say. Official images are not needed.

Tasks share what they have in common: one layer for the tools, one for each environment, one for each task.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from agent.imaging import shell
from agent.imaging.plain import labels_of, lay_of, system_layer
from agent.imaging.rows import Row
from sandbox.image_recipe import Layer, Recipe
from swe_tasks.environment_tables import MADE, Packages, Spec, Tables, find_packages, find_spec
from swe_tasks.snapshot import Snapshot, Source

TOOLS = ("pip<25", "setuptools<69", "wheel")
"""What installs projects of those years without isolation and without a network."""

_PROJECT = re.compile(
    r"""(?:python3? -m )?pip3? install(?: --?[\w-]+)*? (['"]?)(?P<project>\.(?:\[[\w, -]+\])?)\1( --verbose)?"""
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a task's image is made on."""

    base: str
    path: str
    """The variable PATH of the base image."""
    dates: bool
    """Whether what is installed can be chosen by its date."""
    as_of: str | None = None
    """One date for everything, if the user said so."""


@dataclass(frozen=True, slots=True)
class Task:
    """Everything about one row that its image depends on."""

    row: Row
    spec: Spec
    packages: Packages
    set_up: str
    """The day after the commit that set the environment up: all tasks of an environment share it."""
    build: tuple[str, ...]
    """What building the project needs, by its own words."""
    notes: tuple[str, ...] = ()


def read_task(row: Row, tables: Tables, source: Source, commit: str) -> Task:
    """Look a task up, in the tables and in its repository.

    Raises:
        TaskError: the tables do not know its environment, or a commit or file is missing.
    """
    spec = find_spec(tables, row.repo, row.version)
    set_up = source.commit(row.environment_setup_commit or row.base_commit)

    def read(path: str) -> str | None:
        content = source.read(set_up, path)
        return None if content is None else content.decode("utf-8", "replace")

    day = (source.date(set_up) + timedelta(days=1)).date().isoformat()
    return Task(row, spec, find_packages(tables, row.repo, spec, read), day, _build_requirements(source, commit))


def benchmark_recipe(task: Task, ground: Ground, snapshot: Snapshot, *, at: str = "/testbed") -> Recipe:
    """How the task's image is made."""
    layers = (system_layer(ground.path, conda_shim=True), _environment(task, ground), _task(task, ground, snapshot, at))
    return Recipe(task.row.name, ground.base, layers, at, {**labels_of(snapshot), "shrewd.task": task.row.instance_id})


def _environment(task: Task, ground: Ground) -> Layer:
    """What the tables pin, and what the repository's own files of requirements name."""
    name = f"the environment of {task.row.repo} {task.row.version}"
    made = MADE if ground.dates else None

    def layer(date: str | None, note: str, otherwise: Layer | None) -> Layer:
        commands = [shell.dated(shell.pip_install("--upgrade", *TOOLS), made)]
        if task.packages.requirements:
            commands.append(shell.dated(shell.pip_install(*task.packages.requirements), date))
        if task.packages.optional:
            commands.append(shell.dated(shell.pip_install_if_there(task.packages.optional), date))
        if task.spec.pip_packages:
            # These pins, and with them what they need, are often younger than the task.
            commands.append(shell.dated(shell.pip_install(*task.spec.pip_packages), made))
        return Layer(name, tuple(commands), otherwise=otherwise, note=note)

    return _by_date(layer, ground, task.set_up, name)


def _task(task: Task, ground: Ground, snapshot: Snapshot, at: str) -> Layer:
    """The checkout, and the project installed as an evaluation script will install it again."""
    name = f"the task {task.row.instance_id}"
    found = _PROJECT.fullmatch(task.spec.install.strip())
    project = found["project"] if found else None

    def layer(date: str | None, note: str, otherwise: Layer | None) -> Layer:
        commands = [*([shell.CHECK_BEFORE] if otherwise else []), *task.spec.pre_install]
        if task.build:
            commands.append(shell.dated(shell.pip_install(*task.build), date))
        if project and date:
            commands.append(shell.install_requirements_of(project, date))
        else:
            commands.append(shell.dated(task.spec.install, date))
        commands.append(shell.OFFLINE)
        if project:
            commands.append(task.spec.install)
        commands += [*([shell.CHECK_AFTER] if otherwise else []), shell.FINISH]
        lay, kept = lay_of(snapshot, at), tuple(command for command in commands if command)
        return Layer(name, kept, lay, at, otherwise=otherwise, note=note)

    return _by_date(layer, ground, task.row.created_at or task.set_up, name)


def _by_date(layer: Callable[[str | None, str, Layer | None], Layer], ground: Ground, day: str, name: str) -> Layer:
    if not ground.dates:
        return layer(None, "", None)
    if ground.as_of is not None:
        return layer(ground.as_of, "", None)
    chosen = None
    for date in reversed(_later(day[:10])):
        note = f"{name}: what pip chose is of {date}, not of {day[:10]}: nothing older fits the pins of the tables"
        chosen = layer(date, note, chosen)
    return layer(day, "", chosen)


def _later(day: str) -> list[str]:
    """Dates to try when the pins of the tables, chosen long after a task, leave nothing of its own day: the
    years that follow. What an old project needs changes the less the shorter the leap."""
    years = range(int(day[:4]) + 1, int(MADE[:4]) + 1)
    return [*(date for year in years if (date := f"{year}{day[4:]}".replace("-02-29", "-02-28")) < MADE), MADE]


def _build_requirements(source: Source, commit: str) -> tuple[str, ...]:
    content = source.read(commit, "pyproject.toml")
    if content is None:
        return ()
    try:
        said = tomllib.loads(content.decode("utf-8", "replace"))
        return tuple(str(one) for one in said.get("build-system", {}).get("requires", ()))
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        return ()  # pip will say what is wrong with the file
