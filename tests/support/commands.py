"""Commands that end in every way in which a command can end."""

import time

import click

from agent.cli.main import Lazy
from agent.errors import BudgetReached, ModelError, UserError

ERRORS: dict[str, BaseException] = {
    "user": UserError("no such file: \x1b[31mx"),
    "budget": BudgetReached("dollars", 5, 5),
    "model": ModelError("the key sk-0123456789 was refused", status=401),
    "bug": ZeroDivisionError("division by zero"),
    "interrupt": KeyboardInterrupt(),
    "abort": click.Abort(),
    "click": click.ClickException("a plain click error"),
    "exit": click.exceptions.Exit(5),
    "pipe": BrokenPipeError(),
}


@click.command(epilog="Exit codes of its own.")
@click.argument("how", type=click.Choice(sorted(ERRORS)))
def fail(how: str) -> None:
    """Fail."""
    raise ERRORS[how]


@click.command()
@click.argument("code", type=int)
def succeed(code: int) -> int:
    """End with a code."""
    click.echo("a result")
    return code


@click.command()
def wait() -> None:
    """Wait to be interrupted."""
    click.echo("waiting", err=True)
    time.sleep(60)


@click.command()
def flood() -> None:
    """Write more than a pipe holds."""
    for _ in range(100_000):
        click.echo("a line of output")


@click.group()
def family() -> None:
    """Hold a command."""


family.add_command(succeed)

COMMANDS = {
    "fail": Lazy("support.commands", "fail", "Fail."),
    "succeed": Lazy("support.commands", "succeed", "End with a code."),
    "wait": Lazy("support.commands", "wait", "Wait to be interrupted."),
    "flood": Lazy("support.commands", "flood", "Write more than a pipe holds."),
    "family": Lazy("support.commands", "family", "Hold a command."),
    "absent": Lazy("support.no_such_module", "absent", "Is not there."),
}

if __name__ == "__main__":
    import sys

    from agent.cli.main import main

    sys.exit(main(commands=COMMANDS))
