"""Where a task's issue text and its name come from."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.errors import IssueError
from swe_tasks.sources import read_issue_argument, task_id


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of the test's own, with an issue in it."""
    (tmp_path / "issue.md").write_text("# Broken\n\nIt is.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given_argument(text: str, stdin: bytes = b"") -> str:
    return read_issue_argument(text, stdin=io.BytesIO(stdin))


@pytest.mark.parametrize("argument", ["@issue.md", "issue.md", "./issue.md"])
def test_file_is_read(argument: str) -> None:
    """With or without the sign that says so."""
    assert given_argument(argument) == "# Broken\n\nIt is.\n"


def test_text_is_taken_as_it_is() -> None:
    """A sentence, several lines or a single word."""
    for text in ("TypeError when a cart is empty", "a\nissue.md\nb", "broken", "see https://x.org/y now", "x" * 5000):
        assert given_argument(text) == text


def test_dash_is_standard_input() -> None:
    """A byte order mark is no part of the text."""
    assert given_argument("-", b"\xef\xbb\xbfBroken\n") == "Broken\n"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("@missing.md", "no file 'missing.md'"),
        ("@", "needs the name of a file"),
        ("missing.md", "no file 'missing.md' in .*make it a sentence"),
        ("docs/missing.TXT", "no file 'docs/missing.TXT'"),
        (".", "is a directory"),
        ("@.", "is a directory"),
        ("@a\0b", "cannot be read"),
        ("", "the issue is empty"),
        ("  \n", "the issue is empty"),
        ("https://github.com/o/r", "not an issue's address"),
        ("empty.md", "'empty.md' is empty"),
        ("binary", "'binary' is binary"),
        ("latin.md", "'latin.md' is not UTF-8"),
        ("-", "standard input is empty"),
    ],
)
def test_argument_that_is_no_issue_is_an_error(folder: Path, argument: str, words: str) -> None:
    """Each says what was wrong and where."""
    (folder / "empty.md").write_text("\n")
    (folder / "binary").write_bytes(b"\x7fELF\0")
    (folder / "latin.md").write_bytes(b"caf\xe9")

    with pytest.raises(IssueError, match=words):
        given_argument(argument)


def test_task_id_names_the_repository() -> None:
    """A directory, an address and an ssh address of the same repository have the same id."""
    ids = {
        task_id(place, "text", "tree") for place in ("/home/ann/shop", "https://x.org/a/shop.git", "git@x.org:shop/")
    }

    assert len(ids) == 1
    assert re.fullmatch(r"shop-[0-9a-f]{10}", ids.pop())


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_task_id_is_a_safe_directory_name(repository: str, issue: str, tree: str) -> None:
    """Whatever the repository is called; and it depends on nothing else than what is given."""
    name = task_id(repository, issue, tree)

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{10}", name)
    assert len(name) <= 51
    assert name == task_id(repository, issue, tree)


def test_task_id_changes_with_issue_and_tree() -> None:
    """Text cannot move from one to the other unnoticed."""
    assert len({task_id("r", *parts) for parts in (("a", "b"), ("ab", ""), ("", "ab"), ("b", "a"))}) == 4
