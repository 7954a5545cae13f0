"""How images of classic tasks are to be made: which layers, with what, as of when."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.git_repository import git, make_repository

from agent.imaging.benchmark import Ground, Task, benchmark_recipe, read_task
from agent.imaging.rows import Row
from sandbox.image_recipe import Layer
from swe_tasks.environment_tables import MADE, Spec, Tables
from swe_tasks.snapshot import Snapshot, open_source

SPEC = Spec(
    python="3.9",
    packages="requirements.txt",
    pip_packages=("six==1.16.0",),
    pre_install=("sed -i s/a/b/ setup.py",),
    install="python -m pip install -e .[test]",
)
TABLES = Tables(specs={"acme/shop": {"1.0": SPEC}}, requirement_files={"acme/shop": ("dev.txt",)})
GROUND = Ground("sweconda:3.9", "/usr/bin:/bin", dates=True)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """A task of a repository whose build needs something."""
    files = {"dev.txt": "pytest~=6.2\n", "pyproject.toml": '[build-system]\nrequires = ["flit_core<4"]\n'}
    place = make_repository(tmp_path / "shop", files)
    commit = git(place, "rev-parse", "HEAD")
    row = Row(
        instance_id="acme__shop-7",
        repo="acme/shop",
        base_commit=commit,
        version="1.0",
        created_at="2023-03-01T10:00:00Z",
    )
    with open_source(str(place)) as source:
        return read_task(row, TABLES, source, commit)


def layers(task: Task, ground: Ground = GROUND) -> tuple[Layer, Layer, Layer]:
    first, second, third = benchmark_recipe(task, ground, Snapshot(Path("x"), "c" * 40, None)).layers
    return first, second, third


def said(layer: Layer) -> str:
    return "\n".join(layer.commands)


def test_a_task_is_looked_up_in_the_tables_and_in_its_repository(task: Task) -> None:
    """Requirements, what building needs, and the day after the commit that set the environment up."""
    assert (task.packages.requirements, task.build, task.set_up) == (("pytest~=6.2",), ("flit_core<4",), "2024-01-02")


def test_tasks_of_one_environment_share_its_layer(task: Task) -> None:
    """Whatever their own dates and commits are."""
    other = replace(task, row=task.row.model_copy(update={"instance_id": "acme__shop-8", "created_at": "2023-05-01"}))
    assert layers(task)[:2] == layers(other)[:2]
    assert layers(task)[2] != layers(other)[2]


def test_each_thing_is_installed_as_of_its_date(task: Task) -> None:
    """Requirements of the environment's, the tables' pins of the tables', the project's needs of the task's."""
    _, environment, own = layers(task)
    requirements = next(one for one in environment.commands if "pytest~=6.2" in one)
    pins = next(one for one in environment.commands if "six==1.16.0" in one)
    needs = next(one for one in own.commands if "--dry-run" in one)
    assert "PIP_UPLOADED_PRIOR_TO=2024-01-02" in requirements
    assert f"PIP_UPLOADED_PRIOR_TO={MADE}" in pins
    assert "PIP_UPLOADED_PRIOR_TO=2023-03-01T10:00:00Z" in needs


def test_the_project_is_installed_as_the_harness_will_do_it_again(task: Task) -> None:
    """After everything it needs is there, without an index and without isolation."""
    commands = layers(task)[2].commands
    offline = next(number for number, one in enumerate(commands) if "no-index = true" in one)
    assert commands.index("sed -i s/a/b/ setup.py") < offline < commands.index(SPEC.install)
    assert "flit_core<4" in "\n".join(commands[:offline])


def test_pins_that_nothing_of_that_day_fits_are_met_a_year_later_at_a_time(task: Task) -> None:
    """Up to the day of the tables, and the user is told which it was."""
    layer: Layer | None = layers(task)[2]
    notes: list[str] = []
    while layer is not None:
        notes.append(layer.note)
        layer = layer.otherwise
    assert [note.partition(" is of ")[2][:10] for note in notes] == ["", "2024-03-01", "2025-03-01", MADE]


def test_a_date_of_the_user_is_kept_or_nothing_is_made(task: Task) -> None:
    """No later one is tried."""
    _, environment, own = layers(task, replace(GROUND, as_of="2022-02-02"))
    assert environment.otherwise is own.otherwise is None
    assert "PIP_UPLOADED_PRIOR_TO=2022-02-02" in said(own)


def test_without_dates_everything_is_of_today(task: Task) -> None:
    """And still the project is installed once more offline, as a proof."""
    _, environment, own = layers(task, replace(GROUND, dates=False))
    assert "PIP_UPLOADED_PRIOR_TO" not in said(environment) + said(own)
    assert own.commands.count(SPEC.install) == 2


def test_an_environment_file_of_conda_is_met_as_far_as_pip_can(tmp_path: Path, task: Task) -> None:
    """What it cannot install is a note, not a failure."""
    packages = replace(task.packages, requirements=(), optional=("numpy==1.2.*",))
    assert "shrewd: $one was left out" in said(layers(replace(task, packages=packages))[1])
