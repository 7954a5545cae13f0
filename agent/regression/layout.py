"""Which files of a repository are its tests, by the usual names and by what its pytest configuration says."""

import configparser
import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import cast

PYTHON = ("test_*.py", "*_test.py", "tests.py")
OTHERS = (
    *("*_test.go", "*.test.[jt]s", "*.test.[jt]sx", "*.spec.[jt]s", "*.spec.[jt]sx", "*Test.java", "*Tests.java"),
    *("*_spec.rb", "test_*.rb", "*_test.rb", "*_test.rs", "*_test.cc", "*_test.cpp", "*_test.c", "test_*.c"),
)
"""Test files of other languages, which only the user's own command can run."""
MATERIAL = frozenset(
    {"data", "testdata", "test_data", "fixtures", "roots", "functional", "input", "example_scripts", "examples"}
)
"""Directories whose files are often what tests read, not tests, although they are called so."""


def paths_of_tests(files: Mapping[str, bytes], *, every_language: bool) -> tuple[str, ...]:
    """The paths of test files, in the order of the tree."""
    patterns = (*PYTHON, *python_files(files), *(OTHERS if every_language else ()))
    return tuple(path for path in files if _fits(path, patterns) and not path.endswith("/conftest.py"))


def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatch(path if "/" in pattern else name, pattern) for pattern in patterns)


def python_files(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Pytest's `python_files` of the first configuration file that has it."""
    for path, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if path in files and (found := _ini(files[path], section)):
            return found
    return _toml(files["pyproject.toml"]) if "pyproject.toml" in files else ()


def _ini(text: bytes, section: str) -> tuple[str, ...]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text.decode("utf-8", "replace"))
    except configparser.Error:
        return ()  # of a dialect that only its own program reads; the usual names remain
    return _patterns(parser.get(section, "python_files", fallback=""))


def _toml(text: bytes) -> tuple[str, ...]:
    try:
        found: object = tomllib.loads(text.decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return ()
    for key in ("tool", "pytest", "ini_options", "python_files"):
        found = cast("Mapping[str, object]", found).get(key) if isinstance(found, Mapping) else None
    if isinstance(found, list):
        return _patterns(" ".join(str(one) for one in cast("list[object]", found)))
    return _patterns(found if isinstance(found, str) else "")


def _patterns(text: str) -> tuple[str, ...]:
    # A pattern for every Python file would take the program for its tests.
    return tuple(one for one in text.split() if re.search(r"\w", one.removesuffix(".py")))
