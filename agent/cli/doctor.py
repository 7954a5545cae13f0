"""`shrewd doctor`: what works on this machine, what does not, and how to mend it."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from agent.cli.options import Given, SettingsCommand, settings_options
from agent.doctor import (
    Check,
    check_extras,
    check_machine,
    check_model,
    check_packages,
    check_sandboxes,
    is_ready,
)
from agent.doctor.sandboxes import remove_orphans
from agent.errors import UserError
from agent.failures import EXIT_CHOSEN, EXIT_USAGE
from agent.places import cache_directory
from agent.redact import Redactor
from agent.scratch import remove_stale_scratch
from agent.settings import Settings
from agent.terminal import printable

_COLOURS = {"ok": "green", "note": "yellow", "broken": "red"}


@click.command(
    cls=SettingsCommand,
    epilog="Exit codes: 0 a run is possible, 2 something has to be mended first, 70 a fault in shrewd itself, "
    "130 interrupted.",
)
@click.option("--reap", is_flag=True, help="First remove what runs that have died left behind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@settings_options
def doctor(given: Given, reap: bool, as_json: bool) -> int:
    """Show what works on this machine, what does not, and how to mend it.

    Checks what a run with these settings would need. Every sandbox that answers is used once, for a script
    of one line. No model is asked, and no key is shown.
    """
    reaped = list(_reap()) if reap else []
    shown: list[Check] = []
    for check in _checks(given):
        shown.append(_safe(check))
        if not as_json:
            _show(shown[-1])
    ready = is_ready(shown)
    if as_json:
        record = {"ready": ready, "reaped": reaped, "checks": [asdict(check) for check in shown]}
        click.echo(json.dumps(record, indent=2))
    else:
        click.echo(_verdict(shown))
    return EXIT_CHOSEN if ready else EXIT_USAGE


def _checks(given: Given) -> Iterator[Check]:
    """The checks, one by one as they are done: some take seconds."""
    try:
        settings = given.resolve(Path.cwd()).settings
    except UserError as error:
        settings = Settings()
        yield Check("settings", "broken", str(error), "shrewd config --help")
    else:
        yield Check("settings", "ok", "are valid; `shrewd config --origin` shows them")
    cache = cache_directory(os.environ)
    yield check_packages()
    yield from check_machine(settings, os.environ, cache)
    yield from check_sandboxes(settings)
    yield from check_model(settings, os.environ, cache)
    yield from check_extras()


def _reap() -> Iterator[str]:
    for removed in (*remove_orphans(), *(f"scratch directory {path}" for path in remove_stale_scratch())):
        click.echo(f"removed {printable(removed)}", err=True)
        yield removed


def _safe(check: Check) -> Check:
    redact = Redactor.from_environment(os.environ).redact
    return Check(check.name, check.status, printable(redact(check.detail)), printable(redact(check.remedy)))


def _show(check: Check) -> None:
    status = click.style(f"{check.status:<6}", fg=_COLOURS[check.status])
    click.echo(f"{status} {check.name}: {_indented(check.detail)}")
    if check.remedy:
        click.echo(f"       mend it with: {_indented(check.remedy)}")


def _indented(text: str) -> str:
    return text.replace("\n", "\n       ")


def _verdict(checks: Iterable[Check]) -> str:
    broken = [check.name for check in checks if check.status == "broken"]
    if not broken:
        return "\nA run is possible."
    return f"\nNo run is possible before this is mended: {', '.join(broken)}."
