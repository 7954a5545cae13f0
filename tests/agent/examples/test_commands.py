"""Commands in issues."""

import pytest

from agent.examples.commands import commands_in, commands_quoted, needed_files
from agent.examples.pieces import Code, Prose, pieces_of


def block(text: str, language: str = "shell", before: str = "") -> tuple[str, ...]:
    return commands_in(Code(text, language, 1), Prose(((False, before),)))


@pytest.mark.parametrize(
    "line", ["$ tool -x", "user@host:~/dir$ tool -x", "(env) $ tool -x", "(env) user@host:/a$ tool -x"]
)
def test_prompts(line: str) -> None:
    """Of all kinds; what is printed is left out."""
    assert block(f"{line}\nprinted -x\n") == ("tool -x",)


def test_without_a_prompt_words_must_announce_them() -> None:
    """Or a shell block may be an output."""
    assert block("pytest -x a.py", before="### Command used") == ("pytest -x a.py",)
    assert block("pytest -x a.py", before="### Output") == ()
    assert block("pytest is great", "python", before="run this") == ()


@pytest.mark.parametrize(
    "command",
    ["pip install x", "git clone x", "sudo make", "curl http://x", "python -m pip install x", "python3 -m venv x",
     "tool http://x", "tool <name>", "/usr/bin/tool", "./run.sh", "tool 'open", ""],
)  # fmt: skip
def test_what_makes_no_sense_in_a_sandbox_is_left_out(command: str) -> None:
    """Installing, downloading, placeholders."""
    assert block(f"$ {command}\n$ tool -y") == ("tool -y",)


def test_quoted_commands_are_of_known_tools_with_arguments() -> None:
    """Each once."""
    text = "Run `pytest -x`, `pytest`, `python a.py`, `pytest -x`, `rm -rf x`, `other -x`"
    assert commands_quoted(pieces_of(text)) == ("pytest -x", "python a.py")


def test_a_linter_needs_any_file() -> None:
    """A program must be the right one."""
    assert needed_files("pylint --x=y test.py") == ("test.py",)
    assert needed_files("python test.py") == ()
