"""The program around an example and what it should print."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.trajectory.dialogue import Unreadable
from agent.trajectory.printed import Parts, assemble, parts_of
from agent.trajectory.replies import read_printed


def run(example: str, expected: str, place: Path) -> int:
    (place / "script.py").write_text(assemble(example, expected), encoding="utf-8")
    return subprocess.run([sys.executable, "script.py"], cwd=place, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("example", "expected", "code"),
    [
        ("print(1)\nprint('a  ')", "1\na\n", 0),
        ("print(1)", "2", 2),
        ("print(1)\nraise ValueError('no')", "1", 2),
        ("raise ValueError('no')", "ValueError: no", 0),
        ("raise ValueError('no')", "Traceback (most recent call last):\n  File x\nValueError: no", 0),
        ("import json\njson.loads('{')", "x", 2),
        ("print(undefined)", "1", 1),
        ("import no_such_module", "1", 1),
        ("import sys\nsys.exit(0)", "1", 2),
        ("print('''a\nb''')", "a\nb", 0),
        ('print("""it\'s\n  so""")', "it's\n  so", 0),
    ],
)
def test_exit_code(tmp_path: Path, example: str, expected: str, code: int) -> None:
    """0 if it prints what it should, 2 if not, another when the example itself is broken."""
    assert run(example, expected, tmp_path) == code


def test_no_python() -> None:
    """An example that does not parse is refused."""
    with pytest.raises(SyntaxError):
        assemble("print(", "1")


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=40)
)
def test_any_expectation_is_kept(expected: str) -> None:
    """Quotes, backslashes and braces in what should be printed do not break the program, and come back."""
    parts = parts_of(assemble("print(1)", f"|{expected}|"))
    assert parts == Parts("print(1)\n", f"|{expected}|\n")


def test_other_programs_have_no_parts() -> None:
    """A program that a model wrote as a whole stays whole."""
    assert parts_of("import sys\nsys.exit(2)\n") is None


def test_two_blocks() -> None:
    """The first block is the example, the last one what it should print; prose around them does not matter."""
    script = read_printed("Here:\n\n```python\nprint(3)\n```\n\nIt should print:\n\n```\n4\n```\nSo it does.\n")
    assert isinstance(script, str)
    assert "print(3)" in script
    assert "4" in script


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("```python\nprint(1)\n```\n", "two fenced blocks"),
        ("```python\nprint(\n```\n\n```text\n1\n```\n", "not valid Python"),
        ("```python\nprint(1)\n```\n\n```text\n\n```\n", "empty"),
    ],
)
def test_what_cannot_be_used(reply: str, problem: str) -> None:
    """It is said what is wrong."""
    answer = read_printed(reply)
    assert isinstance(answer, Unreadable)
    assert problem in answer.problem


def test_a_whole_program_is_taken_too() -> None:
    """A model that writes a program with exit codes, unasked, is understood."""
    program = "import sys\nsys.exit(2)\n"
    assert read_printed(f"```python\n{program}```\n") == program
