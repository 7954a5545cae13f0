"""Makes images that were asked for: looks everything up, lets the sandbox package build, and tells."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent.errors import UserError
from agent.imaging.bases import have_base, path_of, python_of
from agent.imaging.benchmark import Ground, benchmark_recipe, read_task
from agent.imaging.host import helpers
from agent.imaging.plain import Plan, check_lay_at, plain_recipe
from agent.imaging.rows import Row, find_repository
from agent.imaging.shell import PIP
from agent.imaging.wheels import dating_pip, index_knows_dates
from sandbox.image_build import build_image
from sandbox.image_recipe import Built, Helpers
from sandbox.image_stock import foreign_image
from sandbox.images import check_name
from swe_tasks.environment_tables import Tables, find_spec
from swe_tasks.snapshot import open_source, snapshot

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Means:
    """What images are made with."""

    environment: Mapping[str, str]
    cache: Path
    base: str
    network: str = "bridge"
    fresh: bool = False
    nearest: bool = False
    """Whether another Python will do where there is no base image for the right one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One image of a repository at a commit."""

    repository: str
    commit: str | None
    python: str
    plan: Plan


def make_plain(wanted: Wanted, means: Means, say: Say) -> Built:
    """The image of a repository at a commit.

    Raises:
        UserError: something asked for makes no sense, or `as_of` cannot be kept.
        TaskError: the repository or commit cannot be had.
        SandboxError: the image cannot be made.
    """
    check_lay_at(wanted.plan.lay_at)
    check_name(wanted.plan.name)
    with (
        open_source(wanted.repository, token=means.environment.get("GITHUB_TOKEN")) as source,
        tempfile.TemporaryDirectory(prefix="shrewd-image-") as folder,
    ):
        laid = snapshot(source, source.commit(wanted.commit), Path(folder) / "checkout")
        base, note = have_base(means.base, wanted.python, nearest=means.nearest, say=say)
        help_ = helpers(means.environment, network=means.network)
        if wanted.plan.date is not None:
            dating = _dating(means, python_of(base), help_)
            if isinstance(dating, str):
                raise UserError(f"--as-of cannot be kept: {dating}; without it, what is installed is of today")
            help_ = dating
        recipe = plain_recipe(replace(wanted.plan, base=base, path=path_of(base)), laid)
        built = build_image(recipe, help_, say=say, fresh=means.fresh)
    return replace(built, notes=(*laid.notes, *([note] if note else []), *built.notes))


def make_benchmark(row: Row, tables: Tables, means: Means, say: Say, *, git: Path | None, as_of: str | None) -> Built:
    """The image of a row of a data set. One of its name that was not made here, such as an official one, is kept.

    Raises:
        UserError: `as_of` cannot be kept, or there is no clone of the repository.
        TaskError: the tables do not know the row's environment, or a commit cannot be had.
        SandboxError: the image cannot be made.
    """
    if (there := foreign_image(row.name)) is not None:
        return Built(row.name, there, ("it is there already, and was not made here: it is kept",), 0, 0)
    place = f"https://github.com/{row.repo}" if git is None else str(find_repository(git, row.repo))
    with (
        open_source(place, token=means.environment.get("GITHUB_TOKEN")) as source,
        tempfile.TemporaryDirectory(prefix="shrewd-image-") as folder,
    ):
        commit = source.commit(row.base_commit)
        task = read_task(row, tables, source, commit)
        laid = snapshot(source, commit, Path(folder) / "checkout")
        python = find_spec(tables, row.repo, row.version).python
        base, other = have_base(means.base, python, nearest=means.nearest, say=say)
        notes = [*laid.notes, *([other] if other else [])]
        help_ = helpers(means.environment, network=means.network)
        dating = _dating(means, python if other is None else python_of(base), help_)
        if isinstance(dating, str):
            if as_of is not None:
                raise UserError(f"--as-of cannot be kept: {dating}; without it, what is installed is of today")
            notes.append(f"what pip chose is of today: {dating}")
        else:
            help_ = dating
        ground = Ground(base, path_of(base), dates=not isinstance(dating, str), as_of=as_of)
        built = build_image(benchmark_recipe(task, ground, laid), help_, say=say, fresh=means.fresh)
    return replace(built, notes=(*notes, *built.notes))


def check_date(text: str) -> str:
    """A date, or a date and time, if it is one.

    Raises:
        UserError: it is not.
    """
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--as-of is a date such as 2023-05-31, not {text!r}") from error
    return text


def _dating(means: Means, python: str, plain: Helpers) -> Helpers | str:
    """Helpers with which things can be installed as of a date, or the reason why they cannot."""
    pip = dating_pip(means.cache, means.environment, python)
    if pip is None:
        return f"no pip for Python {python} knows the dates of packages"
    if not index_knows_dates(pip, plain.variables, means.environment):
        return "the package index does not say when its files were uploaded"
    return replace(plain, files={**plain.files, PIP: pip})
