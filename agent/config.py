"""The effective settings: defaults < user file < project file < --config files < environment < flags.

Every layer is checked on its own, also where a later one overrides it, and all problems are reported at
once.

A project file comes with the repository, which may be hostile. It is honoured only for what suits its tests
and cannot harm: how much to try and how long a script may run, within bounds, and shell text for the inside
of the sandbox, where the repository's own code runs anyway. Never for where prompts and keys go (model,
api_base), for money, for what opens the sandbox or chooses it (network, sandbox, image, python, memory ...).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from agent.errors import UserError
from agent.places import CACHE_VARIABLE, user_file
from agent.settings import VARIABLE_PREFIX, Setting, Settings, settings_table
from agent.settings_file import Entry, Problem, read_file, read_text

PROJECT_FILE: Final = ".shrewd.yaml"

PROJECT_KEYS: Final[Mapping[str, float | None]] = {
    "samples": 16,
    "iterations": 8,
    "script_iterations": 8,
    "timeout": 600,
    "setup": None,
    "test_command": None,
}
"""What a project file may set, and the most it may ask for."""

OTHER_VARIABLES: Final = frozenset(
    {
        *(CACHE_VARIABLE, "SHREWD_API_KEY", "SHREWD_EMBED_KEY", "SHREWD_DEBUG"),
        *("SHREWD_PYTHONS", "SHREWD_REQUIRE", "SHREWD_SHARED_DATA"),
    }
)
"""Variables of ours that are no settings: a key is a secret and never becomes one."""


@dataclass(frozen=True, slots=True)
class Resolved:
    settings: Settings
    origin: Mapping[str, str]
    """Where each value came from: `default`, `FILE:LINE`, `SHREWD_X` or `--x`."""


def load_settings(
    *,
    user_file: Path | None = None,
    project_file: Path | None = None,
    files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Resolved:
    """Merge all layers onto the defaults.

    The user file and the project file may be absent, a file of `files` may not. Relative paths among the
    values are meant from their file's directory, or from the current one. `flags` holds what was given, by
    key.

    Raises:
        UserError: names every problem of every layer.
    """
    table = settings_table()
    problems: list[Problem] = []
    layers: list[Iterable[_Given]] = []
    for path, project in ((user_file, False), (project_file, True)):
        if path is not None and (path.exists() or path.is_symlink()):
            layers.append(_from_file(path, table, problems, project=project))
    layers.extend(_from_file(path, table, problems) for path in files)
    layers.append(_from_environment(environment or {}, table, problems))
    layers.append(_from_flags(flags or {}, table, problems))

    values: dict[str, object] = {}
    origin = dict.fromkeys(table, "default")
    for given in (given for layer in layers for given in layer):
        if problem := _wrong(table[given.key], given):
            problems.append(problem)
        values[given.key] = given.value
        origin[given.key] = given.origin
    if problems:
        raise _everything_wrong(problems)
    return Resolved(_whole(values, origin), origin)


def settings_from_yaml(text: str, *, name: str) -> Settings:
    """The settings that `dump_settings` wrote; `name` stands for the text in messages.

    Raises:
        UserError: names everything that is wrong with it.
    """
    table = settings_table()
    entries, problems = read_text(text, name)
    values: dict[str, object] = {}
    for given in _known(entries, table, problems):
        if problem := _wrong(table[given.key], given):
            problems.append(problem)
        values[given.key] = given.value
    if problems:
        raise _everything_wrong(problems)
    return _whole(values, dict.fromkeys(values, name))


@dataclass(frozen=True, slots=True)
class _Given:
    key: str
    value: object
    origin: str
    shown: str
    """How the user wrote the key there."""


def _from_file(
    path: Path, table: Mapping[str, Setting], problems: list[Problem], *, project: bool = False
) -> Iterator[_Given]:
    entries, wrong = read_file(path, follow_links=not project)
    problems.extend(wrong)
    for given in _known(entries, table, problems):
        if project and (problem := _not_for_projects(given)):
            problems.append(problem)
        else:
            yield _located(given, table, path.absolute().parent)


def _from_environment(
    environment: Mapping[str, str], table: Mapping[str, Setting], problems: list[Problem]
) -> Iterator[_Given]:
    variables = {setting.variable: setting for setting in table.values()}
    for name in sorted(environment):
        if name in variables:
            setting = variables[name]
            given = _Given(setting.key, _null_word(setting, environment[name]), name, name)
            yield _located(given, table, Path.cwd())
        elif name.startswith(VARIABLE_PREFIX) and name not in OTHER_VARIABLES:
            problems.append(Problem(name, f"is no setting{_nearest(name, (*variables, *OTHER_VARIABLES))}"))


def _from_flags(flags: Mapping[str, object], table: Mapping[str, Setting], problems: list[Problem]) -> Iterator[_Given]:
    for key, value in flags.items():
        if key not in table:
            problems.append(Problem(f"--{key}", f"is no setting{_nearest(key, table)}"))
            continue
        setting = table[key]
        word = _null_word(setting, value) if isinstance(value, str) else value
        yield _located(_Given(key, word, setting.flag, setting.flag), table, Path.cwd())


def _known(entries: Iterable[Entry], table: Mapping[str, Setting], problems: list[Problem]) -> Iterator[_Given]:
    for entry in entries:
        if entry.key in table:
            yield _Given(entry.key, entry.value, entry.where, entry.key)
        else:
            problems.append(Problem(entry.where, f"unknown key {_quoted(entry.key)}{_nearest(entry.key, table)}"))


def _null_word(setting: Setting, text: str) -> str | None:
    """`none` takes a setting back that a file gave; YAML has `null` for that."""
    return None if setting.nullable and text.strip().lower() == "none" else text


def _located(given: _Given, table: Mapping[str, Setting], directory: Path) -> _Given:
    if table[given.key].says.metavar != "PATH" or not isinstance(given.value, str) or "/" not in given.value:
        return given
    path = directory / Path(given.value).expanduser()
    return _Given(given.key, str(path), given.origin, given.shown)


def _wrong(setting: Setting, given: _Given) -> Problem | None:
    try:
        Settings.model_validate({given.key: given.value})
    except ValidationError as error:
        # Errors without a place are about several settings together; they are judged on the merged whole.
        if any(detail["loc"] for detail in error.errors(include_url=False)):
            named = "" if given.shown == given.origin else f"{given.shown} "
            words = f"{named}must be {setting.says.words}, not {_quoted(given.value)}"
            return Problem(given.origin, words)
    return None


def _not_for_projects(given: _Given) -> Problem | None:
    if given.key not in PROJECT_KEYS:
        return Problem(
            given.origin,
            f"{given.key} cannot be set by a repository (it may set {', '.join(PROJECT_KEYS)}); "
            f"put it into your own settings, {user_file()}, or give it as a flag",
        )
    most = PROJECT_KEYS[given.key]
    if most is not None and (number := _number(given.value)) is not None and number > most:
        return Problem(
            given.origin,
            f"a repository may set {given.key} to at most {most:g}, not {_quoted(given.value)}; "
            f"put more into your own settings, {user_file()}, or give it as a flag",
        )
    return None


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None  # what is no number at all is reported with what the setting may be


def _whole(values: Mapping[str, object], origin: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        details = [str(detail["msg"]).removeprefix("Value error, ") for detail in error.errors()]
        prices = sorted({origin[key] for key in values if key.startswith("price_")} - {"default"})
        raise _everything_wrong([Problem(", ".join(prices) or "settings", text) for text in details]) from None


def _everything_wrong(problems: Sequence[Problem]) -> UserError:
    title = "one setting is wrong:" if len(problems) == 1 else f"{len(problems)} settings are wrong:"
    return UserError("\n  ".join([title, *map(str, problems)]))


def _nearest(word: str, known: Iterable[str]) -> str:
    names = {name.lower().replace("_", "-"): name for name in known}
    close = get_close_matches(word.lower().replace("_", "-"), names, n=1)
    return f"; did you mean {names[close[0]]}?" if close else "; `shrewd config` lists all"


def _quoted(value: object) -> str:
    text = re.sub(r"//[^/\s]*@", "//...@", repr(value))  # a password in an address stays unsaid
    return text if len(text) <= 80 else text[:77] + "..."
