"""The flags of all settings, made from their definitions.

@click.command(cls=SettingsCommand)
@settings_options
def solve(given: Given, ...) -> int:
    settings = given.resolve(repository).settings
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Final, TypeVar

import click

from agent.config import PROJECT_FILE, Resolved, load_settings
from agent.places import user_file
from agent.settings import Setting, Settings, settings_table
from agent.values import format_size

_R = TypeVar("_R")

_FILES: Final = "config_files"


@dataclass(frozen=True, slots=True)
class Given:
    """What a command line says about settings: its flags, by key, and its --config files in order."""

    flags: Mapping[str, object] = field(default_factory=dict[str, object])
    files: tuple[Path, ...] = ()

    def resolve(self, repository: Path | None = None) -> Resolved:
        """The effective settings of this process, those of `repository`'s project file among them.

        Raises:
            UserError: names every problem of every layer.
        """
        return load_settings(
            user_file=user_file(),
            project_file=None if repository is None else repository / PROJECT_FILE,
            files=self.files,
            environment=os.environ,
            flags=self.flags,
        )

    def over(self, stored: Path) -> Settings:
        """The settings that a run has stored, with what this command line says on top.

        Raises:
            UserError: names every problem.
        """
        return load_settings(files=(stored, *self.files), flags=self.flags).settings


class SettingsCommand(click.Command):
    """A command whose help lists its own options first, then the settings under their headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        table = settings_table()
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                setting = table.get(parameter.name or "")
                sections.setdefault(setting.section if setting else "Options", []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)


class _Words(click.Choice[str]):
    """Offers its choices to help and completion; a wrong one is reported together with all other problems."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        del param, ctx
        return value


def settings_options(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a click command `--config` and a flag for every setting.

    The function receives a `Given` as its first argument.
    """
    table = settings_table()

    @wraps(function)
    def collect(*args: object, config_files: tuple[Path, ...] = (), **options: object) -> _R:
        flags = {key: value for key in table if (value := options.pop(key, None)) is not None}
        return function(Given(flags, config_files), *args, **options)

    decorated: Callable[..., _R] = collect
    for setting in reversed(list(table.values())):
        decorated = _option(setting)(decorated)
    return click.option(
        "--config",
        _FILES,
        multiple=True,
        type=click.Path(path_type=Path),
        help="A settings file, after your own and the project's; may be repeated.",
    )(decorated)


def _option(setting: Setting) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    default = "" if setting.default in (None, "") else f" [default: {_shown(setting)}]"
    help_text = setting.help.replace("`", "") + default
    if setting.switch:
        names = f"{setting.flag}/--no-{setting.flag[2:]}"
        return click.option(names, setting.key, default=None, type=bool, help=help_text)
    return click.option(
        setting.flag,
        setting.key,
        default=None,
        type=_Words(setting.choices) if setting.choices else str,
        metavar=None if setting.choices else setting.says.metavar,
        help=help_text,
    )


def _shown(setting: Setting) -> str:
    if setting.switch:
        return setting.flag if setting.default else f"--no-{setting.flag[2:]}"
    if setting.says.metavar == "SIZE" and isinstance(setting.default, int):
        return format_size(setting.default)
    return f"{setting.default:g}" if isinstance(setting.default, float) else str(setting.default)
