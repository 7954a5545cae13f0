"""The command line: lazy commands, exit codes, and errors without tracebacks."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from support.commands import COMMANDS

from agent.cli.main import COMMANDS as REAL
from agent.cli.main import main

TESTS = Path(__file__).parents[1]


def start(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "support.commands", *arguments],
        cwd=TESTS,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["succeed", "0"], 0),
        (["succeed", "1"], 1),
        (["family", "succeed", "3"], 3),
        (["fail", "user"], 2),
        (["fail", "model"], 2),
        (["fail", "budget"], 3),
        (["fail", "bug"], 70),
        (["fail", "interrupt"], 130),
        (["fail", "abort"], 130),
        (["fail", "click"], 2),
        (["fail", "exit"], 5),
        (["fail", "nonsense"], 2),
        (["--nonsense"], 2),
        (["absent"], 70),
        ([], 2),
        (["--help"], 0),
        (["fail", "--help"], 0),
        (["--version"], 0),
    ],
)
def test_however_a_command_ends_there_is_an_exit_code(arguments: list[str], code: int) -> None:
    """Commands return codes or raise; nothing else leaves the program."""
    assert main(arguments, COMMANDS) == code


def test_an_error_is_a_message_on_stderr_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Its class, its words made harmless, and its remedy."""
    main(["fail", "user"], COMMANDS)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "shrewd: user: no such file: \\x1b[31mx\n"


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By flag or by variable."""
    main(["fail", "bug"], COMMANDS)
    assert "Traceback" not in capsys.readouterr().err
    main(["--debug", "fail", "bug"], COMMANDS)
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err
    monkeypatch.setenv("SHREWD_DEBUG", "1")
    main(["fail", "bug"], COMMANDS)
    assert "Traceback" in capsys.readouterr().err


def test_a_key_in_an_error_is_redacted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In the message and in the traceback."""
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789")
    main(["--debug", "fail", "model"], COMMANDS)
    err = capsys.readouterr().err
    assert "[redacted] was refused" in err
    assert "sk-0123456789" not in err


def test_an_absent_command_does_not_break_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Listing imports nothing."""
    assert main(["--help"], COMMANDS) == 0
    assert "Is not there." in capsys.readouterr().out


def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """Or with all of them."""
    assert main(["suceed"], COMMANDS) == 2
    assert "Did you mean succeed?" in capsys.readouterr().err
    assert main(["xyz"], COMMANDS) == 2
    assert "There are: fail, succeed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["succeed"], ["family"], ["family", "succeed"]])
def test_every_help_text_documents_the_exit_codes(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Also those of subcommands."""
    main([*arguments, "--help"], COMMANDS)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Exit codes: 0 a patch was chosen" in shown
    assert "130 interrupted" in shown


def test_a_command_may_document_its_own_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """What it says itself stays."""
    main(["fail", "--help"], COMMANDS)
    assert "Exit codes of its own." in capsys.readouterr().out


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    """There is one place where it is written down."""
    main(["--version"])
    assert capsys.readouterr().out == f"shrewd {version('shrewdness')}\n"


@pytest.mark.parametrize("name", sorted(REAL))
def test_the_listed_commands_are_there(name: str) -> None:
    """What `shrewd --help` promises can be imported, and has a help text of its own."""
    lazy = REAL[name]
    command: object = getattr(import_module(lazy.module), lazy.name)
    assert isinstance(command, click.Command)
    assert command.help


def test_ctrl_c_ends_with_130() -> None:
    """Quietly, whatever was going on."""
    process = start("wait")
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("shrewd: interrupted\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """As in `shrewd ... | head -1`."""
    process = start("flood")
    assert process.stdout is not None
    assert process.stdout.readline() == "a line of output\n"
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_signs_that_a_terminal_cannot_show_are_no_error() -> None:
    """An old locale gets escapes, not a crash."""
    process = start("fail", "naïve…", environment={"PYTHONIOENCODING": "ascii"})
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "na" in err
    assert "Traceback" not in err
