"""Every setting has a flag, made from its definition."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from agent.cli.options import Given, SettingsCommand, settings_options
from agent.errors import UserError
from agent.settings import settings_table


@click.command(cls=SettingsCommand)
@click.argument("name")
@click.option("--loud", is_flag=True, help="Shout.")
@settings_options
def speak(given: Given, name: str, loud: bool) -> None:
    """Say something."""
    click.echo(repr((dict(given.flags), [str(path) for path in given.files], name, loud)))


def said(*arguments: str) -> object:
    result = CliRunner().invoke(speak, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return eval(result.stdout)


def test_without_flags_nothing_is_given() -> None:
    """A default is no flag: it must not override a file."""
    assert said("x") == ({}, [], "x", False)


def test_flags_are_given_by_key_and_as_text() -> None:
    """What is wrong with them is judged together with all other layers."""
    assert said("x", "--samples", "none", "--api-base", "http://h", "--loud") == (
        {"samples": "none", "api_base": "http://h"},
        [],
        "x",
        True,
    )


@pytest.mark.parametrize("key", sorted(settings_table()))
def test_every_setting_has_a_flag(key: str) -> None:
    """No setting can be reached by file or variable only."""
    setting = settings_table()[key]
    if setting.switch:
        negative = "--no-" + setting.flag[2:]
        assert said("x", setting.flag) == ({key: True}, [], "x", False)
        assert said("x", negative) == ({key: False}, [], "x", False)
    else:
        assert said("x", setting.flag, "value") == ({key: "value"}, [], "x", False)


def test_config_files_are_given_in_order() -> None:
    """Later ones win."""
    assert said("x", "--config", "b.yaml", "--config", "a.yaml") == ({}, ["b.yaml", "a.yaml"], "x", False)


def test_help_lists_settings_under_headings_with_choices_and_defaults() -> None:
    """The command's own options come first."""
    shown = CliRunner().invoke(speak, ["--help"], terminal_width=100).output
    headings = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", *dict.fromkeys(f"{s.section}:" for s in settings_table().values())]
    words = " ".join(shown.split())
    assert "--sandbox [auto|docker|bubblewrap]" in words
    assert "--samples N Trajectories. [default: 4]" in words
    assert "--memory SIZE Memory of an execution. [default: 2GiB]" in words
    assert "--network / --no-network Let scripts reach the network. [default: --no-network]" in words


def test_choices_are_offered_to_completion() -> None:
    """Although a wrong one is reported later, with everything else that is wrong."""
    option = next(parameter for parameter in speak.params if parameter.name == "edit_format")
    context = click.Context(speak)
    assert [item.value for item in option.shell_complete(context, "b")] == ["blocks"]


def test_given_flags_are_merged_with_the_environment_and_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are for a run on that repository."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("SHREWD_ITERATIONS", "7")
    (tmp_path / ".shrewd.yaml").write_text("samples: 3\niterations: 3\nscript_iterations: 5\n")
    (tmp_path / "settings" / "shrewd").mkdir(parents=True)
    (tmp_path / "settings" / "shrewd" / "config.yaml").write_text("budget: 2.5\n")
    settings = Given({"samples": "6"}).resolve(tmp_path).settings
    assert (settings.samples, settings.iterations, settings.script_iterations) == (6, 7, 5)
    assert settings.budget == 2.5
    with pytest.raises(UserError, match="--samples"):
        Given({"samples": "0"}).resolve(tmp_path)


def test_flags_go_over_the_settings_of_a_stored_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is continued with its own settings; what is said now counts more, what is set elsewhere does not."""
    monkeypatch.setenv("SHREWD_SAMPLES", "9")
    stored = tmp_path / "config.yaml"
    stored.write_text("samples: 3\nbudget: 1\n")
    settings = Given({"budget": "2"}).over(stored)
    assert (settings.samples, settings.budget) == (3, 2)
