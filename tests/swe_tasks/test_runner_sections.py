"""What says how tests are run is put back; the rest of a change is kept."""

import configparser
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.runner_sections import with_runner_of

CFG = b"[metadata]\nname = x\n\n[tool:pytest]\naddopts = -ra\n\n[flake8]\nmax-line-length = 80\n"
TOML = b'[project]\nname = "x"\n\n[tool.pytest.ini_options]\naddopts = "-ra"\n\n[tool.ruff]\nline-length = 80\n'


@pytest.mark.parametrize(("path", "old"), [("setup.cfg", CFG), ("a/pyproject.toml", TOML)])
def test_a_change_of_the_runner_alone_is_undone(path: str, old: bytes) -> None:
    """To the byte."""
    assert with_runner_of(path, old, old.replace(b"-ra", b"-p cheat")) == old
    added = b"\n\n[coverage:run]\nx = 1\n" if path == "setup.cfg" else b"\n\n[tool.coverage.run]\nx = 1\n"
    assert with_runner_of(path, old, old + added) == old


@pytest.mark.parametrize(("path", "old"), [("setup.cfg", CFG), ("pyproject.toml", TOML)])
def test_other_changes_are_kept(path: str, old: bytes) -> None:
    """Alone as they are, and together with one of the runner's without that."""
    other = old.replace(b"80", b"120")

    assert with_runner_of(path, old, other) == other
    assert with_runner_of(path, old, other.replace(b"-ra", b"-p cheat")) == other


def test_removed_sections_come_back_and_new_ones_go() -> None:
    """The runner's only."""
    removed = b"[metadata]\nname = y\n\n[flake8]\nmax-line-length = 80\n"

    assert with_runner_of("setup.cfg", CFG, removed) == CFG.replace(b"= x", b"= y")
    assert with_runner_of("setup.cfg", removed, CFG.replace(b"= x", b"= y")) == removed


def test_a_new_file_is_kept_without_them() -> None:
    """One that holds nothing else is no file."""
    assert with_runner_of("pyproject.toml", None, b"[tool.pytest.ini_options]\nx = 1\n") is None
    assert with_runner_of("pyproject.toml", None, b'[project]\nname = "x"\n') == b'[project]\nname = "x"\n'
    assert with_runner_of("pyproject.toml", None, None) is None


def test_of_a_deleted_file_they_are_left() -> None:
    """A deletion changes them too."""
    assert with_runner_of("setup.cfg", CFG, None) == b"[tool:pytest]\naddopts = -ra\n\n"


@pytest.mark.parametrize(
    "new",
    [
        b'tool.pytest.ini_options.addopts = "-p cheat"\n[project]\nname = "y"\n',
        b'[tool]\npytest = {ini_options = {addopts = "-p cheat"}}\n',
        b'[tool."pytest".ini_options]\naddopts = "-p cheat"\n[project]\nname = "y"\n',
        b"[tool.pytest.ini_options\n",
        b"\xff",
    ],
)
def test_what_cannot_be_told_apart_goes_back_whole(new: bytes) -> None:
    """Other spellings of the same settings, and damaged files."""
    assert with_runner_of("pyproject.toml", TOML, new) == TOML


TITLES = st.sampled_from(["metadata", "tool:pytest", "flake8", "coverage:run", "options", "tox"])
FILES = st.dictionaries(TITLES, st.integers(0, 3), max_size=6).flatmap(
    lambda found: st.permutations(list(found.items()))
)


def cfg(sections: list[tuple[str, int]]) -> bytes:
    return "\n".join(f"[{title}]\nx = {value}\n" for title, value in sections).encode()


def settings(content: bytes | None) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string((content or b"").decode())
    return {title: parser[title]["x"] for title in parser.sections()}


@given(old=FILES, new=FILES)
def test_the_runners_settings_are_the_old_ones_and_the_others_the_new_ones(
    old: list[tuple[str, int]], new: list[tuple[str, int]]
) -> None:
    """Whatever was there before and after, in whatever order."""
    before, after = settings(cfg(old)), settings(cfg(new))
    runner = {"tool:pytest", "coverage:run", "tox"}

    made = settings(with_runner_of("setup.cfg", cfg(old), cfg(new)))

    assert made == {
        **{title: value for title, value in before.items() if title in runner},
        **{title: value for title, value in after.items() if title not in runner},
    }


def test_the_example_is_what_it_seems() -> None:
    """The files of these tests can be read."""
    assert tomllib.loads(TOML.decode())["tool"]["pytest"]
    assert settings(b"[a]\nx = 1\n") == {"a": "1"}
