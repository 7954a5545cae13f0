"""`shrewd models`: list, pull and serve the embedded models."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from agent.models.catalogue import CatalogueEntry
    from agent.models.embedded import EmbeddedServer


@click.group()
def models() -> None:
    """List, pull and serve embedded models.

    They lie in the user's cache directory, or where SHREWD_CACHE says.
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_models(as_json: bool) -> None:
    """Show the models that can be pulled, and which are."""
    rows = list(_rows(_cache()))
    if as_json:
        click.echo(json.dumps([row.record() for row in rows], indent=2))
        return
    from rich.table import Table

    from agent.terminal import console_out

    table = Table("name", "size", "licence", "pulled", box=None)
    table.add_column("path", overflow="fold")
    for row in rows:
        table.add_row(row.name, f"{row.size / 1e9:.1f} GB", row.licence, "yes" if row.pulled else "no", str(row.path))
    console_out().print(table)


@models.command()
@click.argument("name")
def pull(name: str) -> None:
    """Get the model NAME, unless it is there. An interrupted pull goes on where it was."""
    from agent.models.catalogue import find
    from agent.models.progress import pull_bar
    from agent.models.pull import pull_entry
    from agent.terminal import console_err

    entry = find(name)
    with pull_bar(entry.name, entry.size, console_err()) as watcher:
        path = pull_entry(entry, cache=_cache(), progress=watcher)
    click.echo(path)


@models.command()
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0, the default: any free one.")
@click.option("--slots", type=click.IntRange(1), help="Requests computed at once.")
@click.option("--context", type=click.IntRange(256), help="Tokens of one request, prompt and answer together.")
def serve(name: str, port: int, slots: int | None, context: int | None) -> int:
    """Serve the model NAME on this machine, in the way of OpenAI's API, until Ctrl-C."""
    from agent.models.catalogue import find
    from agent.models.cores import share, usable_cores
    from agent.models.embedded import EmbeddedServer

    entry = find(name)
    settings = share(usable_cores(), _context(entry, context)).embedded
    if slots is not None:
        settings = replace(settings, slots=slots)
    server = EmbeddedServer(entry, _cache(), settings, port=port)
    try:
        asyncio.run(_serve(server))
    except KeyboardInterrupt:
        return 130
    return 0


async def _serve(server: "EmbeddedServer") -> None:
    async with server:
        endpoint = await server.endpoint()
        click.echo(f"base URL  {endpoint.api_base}")
        click.echo(f"key       {endpoint.api_key}")
        click.echo(f"slots     {endpoint.slots}, each with {endpoint.context} tokens of context")
        click.echo(
            f"example   SHREWD_API_KEY={endpoint.api_key} shrewd solve . --issue issue.md "
            f"--model openai/{endpoint.model} --api-base {endpoint.api_base}"
        )
        await server.watch()


def _context(entry: "CatalogueEntry", wanted: int | None) -> int:
    if wanted is None:
        return entry.served_context
    if wanted > entry.trained_context:
        raise click.BadParameter(
            f"{entry.name} was trained for {entry.trained_context} tokens, not {wanted}", param_hint="--context"
        )
    return wanted


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    size: int
    licence: str
    pulled: bool
    path: Path

    def record(self) -> dict[str, object]:
        return {
            "name": self.name,
            "size": self.size,
            "licence": self.licence,
            "pulled": self.pulled,
            "path": str(self.path),
        }


def _rows(cache: Path) -> Iterator[_Row]:
    from agent.models.catalogue import CATALOGUE, is_pulled, model_path

    for entry in CATALOGUE.values():
        yield _Row(entry.name, entry.size, entry.licence, is_pulled(entry, cache), model_path(entry, cache))


def _cache() -> Path:
    from agent.places import cache_directory

    return cache_directory(os.environ)
