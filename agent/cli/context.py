"""`shrewd context`: what a model would be shown of a repository for an issue, and why; nothing is solved."""

import asyncio
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli.options import Given, SettingsCommand, settings_options

if TYPE_CHECKING:
    from pydantic import JsonValue

    from agent.context import Context, Ranking
    from agent.ledger import Totals
    from agent.prepare import Wanted


@dataclass(frozen=True, slots=True)
class Found:
    ranking: "Ranking"
    packed: "Context"
    budget: int
    """Tokens that might be shown."""
    spent: "Totals"


@click.command(cls=SettingsCommand)
@click.argument("repository", default=".")
@click.option(
    "--issue", required=True, help="The issue: its text, a file or @FILE, - for standard input, or its address."
)
@click.option(
    "--top", default=20, show_default=True, type=click.IntRange(1, 1000), help="Files of the ranking to show."
)
@click.option("--text", is_flag=True, help="Print the packed text alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@settings_options
def context(given: Given, *, repository: str, issue: str, top: int, text: bool, as_json: bool) -> int:
    """Show what of REPOSITORY would be read for an issue: the ranking, what each score is made of, and the packed
    result with its tokens.

    No model is asked but with --scan, --rank or --embed.
    """
    from swe_tasks.remote import is_url

    settings = given.resolve(None if is_url(repository) else Path(repository)).settings
    from agent.places import runs_directory
    from agent.prepare import Wanted
    from agent.terminal import printable

    wanted = Wanted(repository, issue, settings, None, runs_directory(), os.environ.get("GITHUB_TOKEN"))
    found = asyncio.run(_context(wanted))
    if text:
        click.echo(printable(found.packed.text))
    elif as_json:
        click.echo(json.dumps(_record(found, top)))
    else:
        _show(found, top)
    return 0


async def _context(wanted: "Wanted") -> "Found":
    from agent.bench import reading_of
    from agent.context.find import FOLDER, file_budget, find_ranking, pack_for
    from agent.places import cache_directory
    from agent.prepare import make_base, read_issue
    from agent.reading import open_reading
    from agent.redact import Redactor
    from agent.scratch import scratch_directory
    from swe_tasks.sources import task_id

    issue = await read_issue(wanted, sys.stdin.buffer)
    with scratch_directory() as scratch:
        base = await asyncio.to_thread(make_base, wanted, scratch / "base")
        place = scratch / "reading"
        if reading_of(wanted.settings).asks or wanted.settings.embed:
            # What a model says is paid for: it is kept, and the same question is free from then on.
            place = cache_directory(os.environ) / FOLDER / task_id(wanted.repository, issue, base.tree)
        redact = Redactor.from_environment(os.environ).redact
        async with open_reading(base, issue, wanted.settings, os.environ, place=place, redact=redact) as bench:
            budget = file_budget(bench)
            ranking = await find_ranking(bench, budget)
            packed = await asyncio.to_thread(pack_for, bench, ranking, budget)
            return Found(ranking, packed, budget, bench.ledger.totals())


def _record(found: "Found", top: int) -> "JsonValue":
    from agent.results import totals_record

    return {
        "schema_version": 1,
        "budget": found.budget,
        "tokens": found.packed.tokens,
        "ranking": [
            {"path": one.path, "score": round(one.score, 4), "reasons": [*one.reasons]}
            for one in (found.ranking.file(file) for file in found.ranking.order[:top])
        ],
        "files": [
            {"path": one.path, "tier": one.tier, "rows": [[start, stop] for start, stop in one.rows]}
            for one in found.packed.files
        ],
        "text": found.packed.text,
        "spent": totals_record(found.spent),
    }


def _show(found: "Found", top: int) -> None:
    from rich.table import Table

    from agent.terminal import console_out, printable

    tiers = {one.path: one.tier for one in found.packed.files}
    table = Table(box=None, pad_edge=False)
    for head in ("", "score", "shown", "file", "why"):
        table.add_column(head, justify="right" if head in {"", "score"} else "left", overflow="fold")
    for place, file in enumerate(found.ranking.order[:top], 1):
        one = found.ranking.file(file)
        said = printable("; ".join(one.reasons))
        table.add_row(str(place), f"{one.score:.2f}", tiers.get(one.path, ""), printable(one.path), said)
    console = console_out()
    console.print(table)
    counts = Counter(tiers.values())
    console.print(
        f"Packed: {found.packed.tokens} of {found.budget} tokens; {counts['whole']} files whole, "
        f"{counts['parts']} in part, {counts['line']} as a line. `--text` prints them."
    )
    spent = found.spent.total
    if spent.calls:
        console.print(f"Asked of the model: {spent.calls} times, {spent.prompt + spent.completion} tokens.")
