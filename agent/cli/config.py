"""`shrewd config`: the effective settings, and where each came from."""

import json
from pathlib import Path

import click

from agent.cli.options import Given, SettingsCommand, settings_options
from agent.config import PROJECT_KEYS, Resolved
from agent.places import user_file
from agent.settings_file import dump_value
from agent.terminal import printable


@click.command(cls=SettingsCommand)
@click.argument("repository", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--origin", is_flag=True, help="Say where each value came from.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@settings_options
def config(given: Given, repository: Path, origin: bool, as_json: bool) -> None:
    """Show the effective settings, as they would be for a run on REPOSITORY.

    What is printed is itself a settings file. Later ones win: built-in defaults, your own file, the
    repository's .shrewd.yaml, --config files in order, SHREWD_... variables, flags.
    """
    resolved = given.resolve(repository)
    if as_json:
        click.echo(json.dumps(_origins(resolved) if origin else _record(resolved), indent=2))
        return
    if origin:
        click.echo(f"# your own file: {printable(str(user_file()))}")
        click.echo(f"# a repository's .shrewd.yaml may set: {', '.join(PROJECT_KEYS)}")
    for key, value in _record(resolved).items():
        text, source = dump_value(key, value).rstrip("\n"), printable(resolved.origin[key])
        if not origin:
            click.echo(text)
        elif "\n" in text:
            click.echo(f"# {source}:\n{text}")
        else:
            click.echo(f"{text:<40} # {source}")


def _record(resolved: Resolved) -> dict[str, object]:
    return resolved.settings.model_dump(mode="json")


def _origins(resolved: Resolved) -> dict[str, object]:
    return {key: {"value": value, "origin": resolved.origin[key]} for key, value in _record(resolved).items()}
