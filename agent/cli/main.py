"""The command `shrewd`: imports a command when it is used, and turns errors into exit codes, only here."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from typing import Final

import click

EXIT_CODES: Final = (
    "Exit codes: 0 a patch was chosen (or the command did what was asked), 1 none could be, 2 usage or "
    "environment error, 3 budget reached before any candidate, 70 a fault in shrewd itself, 130 interrupted."
)

_BROKEN_PIPE: Final = 141  # as a shell reports a program that SIGPIPE ended
_DEBUG: Final = "shrewd.debug"
_HELP: Final = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command is, and what `shrewd --help` says of it without importing it."""

    module: str
    name: str
    summary: str


COMMANDS: Final[Mapping[str, Lazy]] = {
    "solve": Lazy("agent.cli.solve", "solve", "Turn an issue into a patch."),
    "context": Lazy("agent.cli.context", "context", "Show what of a repository would be read for an issue."),
    "study": Lazy("agent.cli.study", "study", "Prepare notes on a repository for issues that will come."),
    "resume": Lazy("agent.cli.resume", "resume", "Continue a run after a crash, Ctrl-C or a reached budget."),
    "bench": Lazy("agent.cli.bench", "bench", "Solve many tasks of a SWE-bench dataset."),
    "select": Lazy("agent.cli.select", "select", "Choose among the patches of several systems."),
    "metrics": Lazy("agent.cli.metrics", "metrics", "Measure selection methods on a stored run."),
    "grade": Lazy("agent.cli.grade", "grade", "Grade a run with the official harness."),
    "report": Lazy("agent.cli.report", "report", "Show what a run resolved, what it cost, what failed."),
    "export": Lazy("agent.cli.export", "export", "Write a run's results for other programs."),
    "image": Lazy("agent.cli.image", "image", "Build environment images."),
    "apply": Lazy("agent.cli.apply", "apply", "Apply a run's patch to its repository."),
    "models": Lazy("agent.cli.models", "models", "List, pull and serve embedded models."),
    "doctor": Lazy("agent.cli.doctor", "doctor", "Show what works on this machine, and how to mend the rest."),
    "config": Lazy("agent.cli.config", "config", "Show the effective settings."),
    "clean": Lazy("agent.cli.clean", "clean", "Remove what runs left behind, and only that."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is used, not when it is listed."""

    lazy: Mapping[str, Lazy] = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self.lazy:
            return None
        found = self.lazy[cmd_name]
        command: object = getattr(import_module(found.module), found.name)
        assert isinstance(command, click.Command), f"{found.module}:{found.name} is no command"
        _document_exit_codes(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.lazy and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.lazy, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.lazy)}."
            ctx.fail(f"There is no command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self.lazy.items()])


def _document_exit_codes(command: click.Command) -> None:
    if command.epilog is None:
        command.epilog = EXIT_CODES
    if isinstance(command, click.Group):
        for member in command.commands.values():
            _document_exit_codes(member)


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from agent import __version__

        click.echo(f"shrewd {__version__}")
        ctx.exit()


def command_group(commands: Mapping[str, Lazy]) -> click.Group:
    """The whole command line, with these commands."""

    @click.group("shrewd", cls=LazyGroup, epilog=EXIT_CODES, context_settings=_HELP)
    @click.option("-v", "--verbose", count=True, help="Say on stderr what happens; twice: in detail.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error. So does SHREWD_DEBUG=1.")
    @click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Show the version.",
    )
    @click.pass_context
    def shrewd(ctx: click.Context, verbose: int, debug: bool) -> None:
        """Resolve GitHub issues with language models by spending test-time compute well.

        Many trajectories each write a test script and an edit and run them in a sandbox; one patch is
        chosen, with the evidence for it. Results go to stdout, progress to stderr.
        """
        ctx.meta[_DEBUG] = debug
        if verbose:
            from agent.logs import install_logging
            from agent.redact import Redactor

            redactor = Redactor.from_environment(os.environ)
            ctx.call_on_close(install_logging(redactor=redactor, stream=sys.stderr, verbosity=verbose))

    shrewd.lazy = commands
    return shrewd


def main(arguments: Sequence[str] | None = None, commands: Mapping[str, Lazy] = COMMANDS) -> int:
    """Run one command; the exit code. What commands raise is turned into messages here."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a sign is no error
    group = command_group(commands)
    if instruction := os.environ.get("_SHREWD_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "shrewd", "_SHREWD_COMPLETE", instruction)
    meta: dict[str, object] = {}
    try:
        code = _run(group, list(sys.argv[1:] if arguments is None else arguments), meta)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone. Python would complain once more while it flushes at exit.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        return _report(KeyboardInterrupt(), debug=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place that turns errors into codes
        return _report(error, debug=bool(meta.get(_DEBUG)) or bool(os.environ.get("SHREWD_DEBUG")))
    return code


def _run(group: click.Group, arguments: list[str], meta: dict[str, object]) -> int:
    try:
        with group.make_context("shrewd", arguments) as context:
            try:
                result: object = group.invoke(context)
            finally:
                meta.update(context.meta)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    return result if isinstance(result, int) else 0


def _report(error: BaseException, *, debug: bool) -> int:
    from agent.failures import EXIT_INTERRUPTED, classify
    from agent.redact import Redactor
    from agent.terminal import printable

    failure = classify(error)
    kind = "" if failure.exit_code == EXIT_INTERRUPTED else f"{failure.kind}: "
    lines = [f"shrewd: {kind}{failure.message}", failure.remedy]
    if debug:
        import traceback

        lines.insert(0, "".join(traceback.format_exception(error)).rstrip())
    text = "\n".join(line for line in lines if line)
    click.echo(printable(Redactor.from_environment(os.environ).redact(text)), err=True)
    return failure.exit_code


if __name__ == "__main__":
    sys.exit(main())
