"""Text of others is shown on a terminal, and does nothing to it."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agent.terminal import console_err, console_out, diff_text, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve café 漢字 ✔", "plain text, naïve café 漢字 ✔"),
        ("line\n\tindented", "line\n\tindented"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("dos\r\n", "dos\\r\n"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("a\u2028b", "a\\u2028b"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\u3164", "\\u3164"),
        ("\x00\x7f", "\\x00\\x7f"),
    ],
)
def test_what_is_not_plainly_visible_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Newlines and tabs stay, and so does everything that people can read."""
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_no_control_or_format_character_gets_through(text: str) -> None:
    """Of any kind that Unicode knows."""
    shown = printable(text)
    assert not [c for c in shown if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert printable(shown) == shown


@given(st.text(max_size=500))
def test_one_line_is_one_short_line(text: str) -> None:
    """For tables and messages."""
    line = one_line(text, 40)
    assert "\n" not in line
    assert "\t" not in line
    assert len(line) <= 40


def rendered(patch: str, *, colours: bool) -> str:
    stream = io.StringIO()
    options = {"force_terminal": True, "color_system": "standard"} if colours else {}
    Console(file=stream, width=200, markup=False, **options).print(diff_text(patch), end="")
    return stream.getvalue()


def test_a_diff_keeps_its_text_and_its_brackets() -> None:
    """Nothing of it is taken for markup."""
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a[0]\n+[bold red]a[/]\n"
    assert rendered(patch, colours=False) == patch


def test_a_diff_has_colours_on_a_terminal_but_none_of_its_own() -> None:
    """Added lines are green; an escape sequence inside of one is shown."""
    shown = rendered("+\x1b[8mhidden\n", colours=True)
    assert "\x1b[32m" in shown
    assert "\x1b[8m" not in shown
    assert "\\x1b[8mhidden" in shown


def test_results_and_progress_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    """And long lines away from a terminal stay whole."""
    console_out().print("[result] " + "x" * 300)
    console_err().print("progress :smile:")
    captured = capsys.readouterr()
    assert captured.out == "[result] " + "x" * 300 + "\n"
    assert captured.err == "progress :smile:\n"
