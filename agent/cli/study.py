"""`shrewd study`: a dossier of a repository, made before any issue is known."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from agent.cli.getting import get_model
from agent.cli.options import Given, SettingsCommand, settings_options

if TYPE_CHECKING:
    from rich.table import Table

    from agent.dossier.study import Made, Studied
    from agent.settings import Settings
    from swe_tasks import BaseTree

_EPILOG: Final = (
    "Exit codes: 0 all parts are there, 1 some could not be made, 2 usage or environment error, 3 the budget ended it "
    "before, 70 a fault in shrewd itself, 130 interrupted."
)


@click.command(cls=SettingsCommand, epilog=_EPILOG)
@click.argument("repository", default=".")
@click.option(
    "--budget",
    "tokens",
    type=click.IntRange(min=1),
    metavar="TOKENS",
    help="Tokens that this study may spend, of prompts and completions. [default: --token-budget]",
)
@click.option("--again", is_flag=True, help="Ask again for parts that failed; with a seed, give another --seed, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@settings_options
def study(given: Given, *, repository: str, tokens: int | None, again: bool, as_json: bool) -> int:
    """Prepare notes on REPOSITORY, a git work tree (default: here) or a URL, for issues that will come.

    They say what each part of the repository is for, how its tests run, how its code is written and which files change
    most. They lie in the cache directory, each under what it was made from: a second study of the same tree asks
    nothing, and after a change only what was made from the changed files is made anew.

    Each part is kept as soon as it is made, so the same command goes on after a crash or a reached budget. No issue is
    needed, and none can be given.
    """
    from swe_tasks.remote import is_url

    if tokens is not None:
        if "token_budget" in given.flags:
            raise click.UsageError("--budget and --token-budget are the same here; give one of them")
        given = Given({**given.flags, "token_budget": tokens}, given.files)
    settings = given.resolve(None if is_url(repository) else Path(repository)).settings
    return asyncio.run(_study(repository, settings, again=again, as_json=as_json))


# Elsewhere --budget counts dollars, which a study can still be held to by a settings file or variable.
study.params = [parameter for parameter in study.params if parameter.name != "budget"]


async def _study(repository: str, settings: "Settings", *, again: bool, as_json: bool) -> int:
    from agent.dossier.study import study as study_tree
    from agent.errors import UserError
    from agent.machinery import open_machinery
    from agent.models.opening import NONE
    from agent.places import cache_directory
    from agent.redact import Redactor
    from agent.scratch import scratch_directory
    from agent.terminal import console_err, console_out, one_line, printable

    if settings.model == NONE:
        raise UserError(f"a study needs a model, and --model is {NONE}: name one")
    get_model(settings)
    console, cache = console_err(), cache_directory(os.environ)

    def say(made: "Made") -> None:
        if not made.reused:
            console.print(one_line(f"{made.part.name}: {made.part.failed or 'made'}"), style="dim")

    with scratch_directory() as scratch:
        base = _base(repository, settings, scratch / "base")
        for note in base.notes:
            console.print(one_line(note, 500), style="dim")
        async with open_machinery(settings, os.environ) as machinery:
            redact = Redactor.from_environment(os.environ).redact
            try:
                studied = await study_tree(base, machinery, cache, redact=redact, say=say, again=again)
            except asyncio.CancelledError:
                console.print("What was made is kept; the same command goes on.", style="dim")
                raise
    if as_json:
        click.echo(json.dumps(_record(studied)))
        return studied.exit_code
    out = console_out()
    out.print(_table(studied))
    spent, stored = studied.totals.total.tokens, sum(one.part.tokens for one in studied.made)
    out.print(f"Tokens: {spent:,} spent now, {stored:,} in all parts. Dossier: {printable(str(studied.path))}")
    if studied.missing:
        out.print(f"Missing: {one_line(', '.join(studied.missing), 2000)}: {studied.stopped}.")
        out.print("The same command with another --budget goes on.")
    return studied.exit_code


def _base(repository: str, settings: "Settings", into: Path) -> "BaseTree":
    """The tree that `shrewd solve` would start from now."""
    from swe_tasks import materialise_local, materialise_url
    from swe_tasks.remote import is_url

    if is_url(repository):
        return materialise_url(repository, into, ref=settings.ref, token=os.environ.get("GITHUB_TOKEN"))
    return materialise_local(Path(repository), into, ref=settings.ref, uncommitted=settings.uncommitted)


def _state(made: "Made") -> str:
    if made.part.failed:
        return "failed"
    return "reused" if made.reused else "made"


def _table(studied: "Studied") -> "Table":
    from rich.table import Table

    from agent.terminal import one_line

    table = Table(title="Dossier", title_justify="left")
    table.add_column("part")
    table.add_column("tokens", justify="right")
    table.add_column("")
    for made in studied.made:
        reason = f": {one_line(made.part.failed)}" if made.part.failed else ""
        table.add_row(one_line(made.part.name), f"{made.part.tokens:,}", _state(made) + reason)
    for name in studied.missing:
        table.add_row(one_line(name), "", "missing")
    return table


def _record(studied: "Studied") -> Mapping[str, object]:
    return {
        "schema_version": 1,
        "tree": studied.tree,
        "path": str(studied.path),
        "exit_code": studied.exit_code,
        "parts": [
            {
                "name": made.part.name,
                "about": list(made.part.about),
                "key": made.part.key,
                "state": _state(made),
                "reused": made.reused,
                "failed": made.part.failed or None,
                "tokens": made.part.tokens,
            }
            for made in studied.made
        ],
        "missing": list(studied.missing),
        "stopped": studied.stopped or None,
        "tokens": {
            "spent": studied.totals.total.tokens,
            "stored": sum(made.part.tokens for made in studied.made),
        },
    }
