"""What an issue's text says of code."""

import pytest

from agent.context.issue import read_issue

ISSUE = """Crash in `Parser.parse_line` with tabs

Since 2.0 parse_line fails in src/app/parser.py, see lib::reader::open as well.

```python-traceback
Traceback (most recent call last):
  File "/home/me/site-packages/app/cli.py", line 10, in main
    run()
  File "/home/me/site-packages/app/parser.py", line 3, in parse_line
    raise ValueError
ValueError: line 3 at tab character
```

- OS: Linux
- Python version: 3.11
"""


def test_what_it_names_is_found() -> None:
    """Paths, frames, dotted names, identifiers and messages of errors."""
    found = read_issue(ISSUE).mentions
    assert "src/app/parser.py" in found.paths
    assert [name for _, name in found.frames] == ["main", "parse_line"]
    assert {"Parser.parse_line", "lib.reader.open"} <= found.dotted
    assert {"parse_line", "Parser", "reader"} <= found.names
    assert found.messages == ("at tab character",)


def test_a_title_weighs_more_than_prose_and_prose_more_than_code() -> None:
    """Where a word stands says how much the issue is about it."""
    weights = read_issue("alpha\n\nbeta is odd\n\n```\ngamma\n```\n").weights
    assert weights["alpha"] > weights["beta"] > weights["gamma"] > 0


def test_forms_and_common_words_are_left_out() -> None:
    """What every issue says tells nothing."""
    weights = read_issue(ISSUE).weights
    assert "linux" not in weights
    assert "the" not in weights
    assert "traceback" not in weights


@pytest.mark.parametrize("issue", ["", "\n\n", "```", "`" * 5000, "a" * 300_000, "\0\udcff", 'File "' * 1000])
def test_odd_texts_do_no_harm(issue: str) -> None:
    """An issue is whatever somebody typed, or a machine."""
    read_issue(issue)


def test_frames_of_other_languages() -> None:
    """JavaScript and Java say where they were as well."""
    found = read_issue("it dies\n    at run (/app/src/index.js:10:5)\n    at com.acme.Main.go(Main.java:7)\n").mentions
    assert [path for path, _ in found.frames] == ["/app/src/index.js", "Main.java"]
