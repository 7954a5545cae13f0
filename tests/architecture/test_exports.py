"""What packages offer: few names, all there; typed; and tests are not shipped."""

import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "sandbox", "selection", "swe_tasks")
MOST_NAMES = 25


def all_packages() -> list[str]:
    """Our packages and the packages in them."""
    inner = [
        found.name
        for name in PACKAGES
        for found in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}.")
        if found.ispkg
    ]
    return [*PACKAGES, *inner]


def exported(package: str) -> list[str]:
    return list(getattr(importlib.import_module(package), "__all__", ()))


@pytest.mark.parametrize("package", all_packages())
def test_exported_names_are_few_and_there(package: str) -> None:
    """A name that is public once is public for ever."""
    names = exported(package)
    assert len(names) == len(set(names)) <= MOST_NAMES
    module = importlib.import_module(package)
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", all_packages())
def test_a_star_import_gives_exactly_the_exported_names(package: str) -> None:
    """In a fresh interpreter, so nothing that is loaded already can help."""
    names = exported(package)
    if not names:
        pytest.skip("offers nothing by itself")
    code = (
        f"from {package} import *\n"
        f"assert set({names!r}) <= set(globals()), set({names!r}) - set(globals())\n"
        f"import {package} as module\n"
        f"assert set({names!r}) <= set(dir(module))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed_and_say_what_they_are_for(package: str) -> None:
    """A checker believes annotations only where `py.typed` lies."""
    assert (ROOT / package / "py.typed").is_file()
    assert importlib.import_module(package).__doc__


def test_the_distribution_ships_the_packages_and_nothing_else() -> None:
    """`tests` in a site-packages would be everybody's `tests`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)
    assert not (ROOT / "tests" / "__init__.py").exists()
