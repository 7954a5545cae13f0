"""`shrewd image`: make, list and remove images of environments."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

if TYPE_CHECKING:
    from agent.imaging.making import Means
    from sandbox.image_recipe import Built

_PYTHON: Final = "3.11"
_BASE: Final = "python:{python}-slim-bookworm"
_BASE_OF_ROWS: Final = "python:{python}-bookworm"
"""With compilers, which old packages need."""


class Given(TypedDict):
    """The options of `shrewd image build`."""

    repo: str | None
    commit: str | None
    python: str
    base: str | None
    setup: tuple[str, ...]
    lay_at: str
    conda_shim: bool
    as_of: str | None
    name: str | None
    dataset: Path | None
    git_source: Path | None
    only: tuple[str, ...]
    spec_tables: Path | None
    python_fallback: bool
    network: str
    no_cache: bool


@click.group()
def image() -> None:
    """Make images of environments, and list and remove those that were made."""


@image.command()
@click.option("--repo", metavar="PATH|URL", help="The repository: a directory or an address.")
@click.option("--commit", metavar="REF", help="A branch, tag or commit id (default: what is checked out).")
@click.option("--python", metavar="X.Y", default=_PYTHON, help=f"The Python of the base image (default: {_PYTHON}).")
@click.option("--base", metavar="IMAGE", help=f"The base; {{python}} in it is the version (default: {_BASE}).")
@click.option("--setup", metavar="CMD", multiple=True, help="Run this in the checkout. Several times: in this order.")
@click.option("--lay-at", metavar="PATH", default="/testbed", help="Where the checkout lies (default: /testbed).")
@click.option("--conda-shim", is_flag=True, help="Answer to `conda activate testbed`, and let pip work offline.")
@click.option("--as-of", metavar="DATE", help="Install what package indexes held then.")
@click.option("--tag", "name", metavar="NAME", help="The image's name.")
@click.option("--dataset", type=click.Path(path_type=Path, dir_okay=False), help="Rows of SWE-bench: an image each.")
@click.option("--git-source", type=click.Path(path_type=Path, file_okay=False), help="Clones for --dataset.")
@click.option("--only", metavar="GLOB", multiple=True, help="Only rows whose ids match. May be repeated.")
@click.option(
    "--spec-tables", type=click.Path(path_type=Path, dir_okay=False), help="A wheel of swebench 4.1 or older."
)
@click.option("--python-fallback", is_flag=True, help="Take the nearest Python where no base has the right one.")
@click.option("--network", metavar="NAME", default="bridge", help="The network while building: bridge, host or none.")
@click.option("--no-cache", is_flag=True, help="Make every layer anew.")
def build(**given: Unpack[Given]) -> int:
    """Make an image of a repository at a commit, or of the tasks of a data set.

    The checkout is a working repository of that one commit, without its history. Nothing is installed unless
    --setup or the data set says so. With --dataset, Python, packages and commands come from the environment
    tables of SWE-bench, and what they leave open is chosen as of the task's own date.
    """
    from agent.imaging.making import Means, check_date
    from agent.places import cache_directory

    if (given["repo"] is None) == (given["dataset"] is None):
        raise click.UsageError("what is the image to be made of? Give either --repo or --dataset")
    if given["as_of"] is not None:
        check_date(given["as_of"])
    base = given["base"] or (_BASE if given["dataset"] is None else _BASE_OF_ROWS)
    means = Means(
        environment=os.environ,
        cache=cache_directory(os.environ),
        base=base,
        network=given["network"],
        fresh=given["no_cache"],
        nearest=given["python_fallback"],
    )
    return _one(given, means) if given["dataset"] is None else _rows(given, given["dataset"], means)


@image.command("list")
def list_() -> int:
    """List the images that were made here."""
    from agent.terminal import printable
    from sandbox.image_stock import made_images

    found = made_images()
    for one in found:
        day = datetime.fromtimestamp(one.made, UTC).strftime("%Y-%m-%d %H:%M")
        names = ", ".join(one.names) or one.id[:19]
        click.echo(printable(f"{names}\t{one.size / 1e6:,.0f} MB\t{day}\t{one.labels.get('shrewd.commit', '')[:12]}"))
    if not found:
        click.echo("There are none; `shrewd image build` makes one.")
    return 0


@image.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them, and layers that are kept for later builds.")
def remove(names: tuple[str, ...], everything: bool) -> int:
    """Remove images that were made here, and no others."""
    from agent.terminal import printable
    from sandbox.image_stock import remove_made

    if not names and not everything:
        raise click.UsageError("which images? Give their names, or --all")
    for line in remove_made(None if everything else names):
        click.echo(f"removed {printable(line)}")
    return 0


def _one(given: Given, means: "Means") -> int:
    from agent.imaging.making import Wanted, make_plain
    from agent.imaging.plain import Plan

    for option, value in (("--git-source", given["git_source"]), ("--only", given["only"]),
                          ("--spec-tables", given["spec_tables"])):  # fmt: skip
        if value:
            raise click.UsageError(f"{option} belongs to --dataset")
    if given["name"] is None:
        raise click.UsageError("what is the image to be called? Give --tag NAME")
    assert given["repo"] is not None
    plan = Plan(given["name"], means.base, "", given["lay_at"], given["setup"], given["conda_shim"], given["as_of"])
    _tell(make_plain(Wanted(given["repo"], given["commit"], given["python"], plan), means, _say()))
    return 0


def _rows(given: Given, dataset: Path, means: "Means") -> int:
    from agent.errors import UserError
    from agent.failures import classify
    from agent.imaging.making import make_benchmark
    from agent.imaging.rows import read_rows
    from agent.imaging.wheels import tables_wheel
    from sandbox.errors import ImageError
    from swe_tasks.environment_tables import SHA256, read_tables
    from swe_tasks.errors import TaskError

    for option, value in (("--commit", given["commit"]), ("--setup", given["setup"]), ("--tag", given["name"])):
        if value:
            raise click.UsageError(f"with --dataset, {option} comes from the rows")
    if given["lay_at"] != "/testbed":
        raise click.UsageError("with --dataset, the checkout lies at /testbed: evaluation scripts say so")
    rows = read_rows(dataset, given["only"])
    own = given["spec_tables"]
    tables = read_tables(own or tables_wheel(means.cache, means.environment), sha256=None if own else SHA256)
    say, failed, code = _say(), list[str](), 0
    for number, row in enumerate(rows, 1):
        say(f"##### {number}/{len(rows)} {row.instance_id}")
        try:
            _tell(make_benchmark(row, tables, means, say, git=given["git_source"], as_of=given["as_of"]))
        except (ImageError, TaskError, UserError) as error:
            failed.append(f"{row.instance_id}: {error}")
            code = max(code, classify(error).exit_code)
            say(failed[-1])
    for line in failed:
        click.echo(f"shrewd: image: {_safe(line)}", err=True)
    return code


def _say() -> Callable[[str], None]:
    from agent.terminal import console_err, one_line

    console = console_err()
    return lambda line: console.print("\n".join(one_line(part, 500) for part in line.splitlines()), style="dim")


def _tell(built: "Built") -> None:
    for note in built.notes:
        click.echo(f"Note: {_safe(note)}", err=True)
    click.echo(f"{built.made} layers made, {built.reused} found from earlier builds", err=True)
    click.echo(_safe(built.name))


def _safe(text: str) -> str:
    from agent.terminal import printable

    return printable(text)
