"""`shrewd select --task`: choose among patches for one repository's issue."""

import asyncio
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.options import Given
from agent.cli.solve import Ending, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.externals.listed import Listed
    from agent.prepare import Prepared, Wanted
    from swe_tasks.candidate_files import Offered


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says."""

    issue: str
    repository: str
    diffs: tuple[str, ...]
    candidates: tuple[str, ...]
    """Files and runs of several tasks' patches, of which this task's are wanted."""
    out: Path | None
    accept_changes: bool


def choose_among_diffs(given: Given, choice: Choice, ending: Ending) -> int:
    """Prepare the task as `shrewd solve` does, keep the patches in its run, and choose; the exit code.

    Raises:
        UserError: a file is not there, is a directory, cannot be read, or is given twice.
        what preparing and choosing raise.
    """
    from agent.externals.diffs import read_diffs
    from agent.externals.listed import parse_listed
    from agent.places import runs_directory
    from agent.prepare import Wanted
    from swe_tasks.remote import is_url

    if not (choice.diffs or choice.candidates):
        raise click.UsageError("among which patches? Give files of diffs, or --candidates")
    if is_url(choice.repository) and (ending.apply or ending.branch):
        raise click.UsageError("--apply and --branch need a work tree on this machine, not a URL")
    listed = parse_listed((*choice.diffs, *choice.candidates))
    diffs, others = listed[: len(choice.diffs)], listed[len(choice.diffs) :]
    patches = read_diffs(diffs)
    settings = given.resolve(None if is_url(choice.repository) else Path(choice.repository)).settings
    if choice.out is not None:
        _refuse_others(choice.out)
    wanted = Wanted(
        choice.repository,
        choice.issue,
        settings,
        choice.out,
        runs_directory(),
        os.environ.get("GITHUB_TOKEN"),
        choice.accept_changes,
        also=f"-select-{_digest(listed, patches)}",
    )
    return asyncio.run(_choose(wanted, diffs, patches, others, ending))


async def _choose(
    wanted: "Wanted", diffs: "Sequence[Listed]", patches: "Sequence[str]", others: "Sequence[Listed]", ending: Ending
) -> int:
    from agent.prepare import prepare, read_issue
    from agent.terminal import console_err, one_line

    console = console_err()
    text = await read_issue(wanted, sys.stdin.buffer)
    prepared = prepare(wanted, text, lambda line: console.print(one_line(line, 500), style="dim"))
    console.print(f"Run directory: {prepared.run.path}", style="dim")
    _keep(prepared, diffs, patches, others)
    return await work(prepared, ending)


def _keep(
    prepared: "Prepared", diffs: "Sequence[Listed]", patches: "Sequence[str]", others: "Sequence[Listed]"
) -> None:
    """What is chosen among lies in the run, so that `shrewd resume` goes on with it."""
    from agent.batch.external import keep_externals, read_offers
    from agent.externals.diffs import offers
    from agent.externals.names import name_all

    known = (prepared.stored.task.id,)
    offered: list[tuple[Offered, ...]] = [*offers(diffs, patches, known[0]), *read_offers(others, known)]
    keep_externals(prepared.run, name_all((*diffs, *others), offered, known))


def _refuse_others(out: Path) -> None:
    """Raises:
    UsageError: the directory has a run of another kind.
    """
    from agent.rundir import RunDir

    run: RunDir = RunDir(out)
    own = not run.externals.exists() and any(place.journal.exists() for place in run.tasks())
    if own or run.dataset.exists():
        what = "is over a dataset" if run.dataset.exists() else "writes its own patches"
        raise click.UsageError(f"{out} has a run that {what}; choose another directory with --out")


def _digest(listed: "Sequence[Listed]", patches: "Sequence[str]") -> str:
    """Names what is chosen among: other patches make another run."""
    found = hashlib.sha256()
    for text in (*(f"{one.name}={one.path}" for one in listed), *patches):
        found.update(hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).digest())
    return found.hexdigest()[:8]
