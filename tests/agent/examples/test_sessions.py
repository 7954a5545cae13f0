"""Sessions and the exceptions they show."""

import pytest

from agent.examples.sessions import exception_of, session_of

HEAD = "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("text", "exception"),
    [
        ('Traceback (most recent call last):\n  File "a", line 1\n    f()\na.b.FError: x\n', "FError: x"),
        ("Traceback (most recent call last):\n...\nNotImplementedError:\nonly so\n", "NotImplementedError:\nonly so"),
        (
            f"{HEAD}\n  File 'a'\nKeyError: 1\n\nDuring handling of it\n\n{HEAD}\n  File 'b'\nValueError: 2",
            "ValueError: 2",
        ),
        ("--------------------\nFError  Traceback (most recent call last)\n----> 1 f()\n\nFError: y", "FError: y"),
        ("    Traceback (most recent call last):\n      File 'a'\n    _OddError", "_OddError"),
        ("ValueError: no traceback", None),
        ("some text", None),
        ("Traceback (most recent call last):\n  File 'a'", None),
    ],
)  # fmt: skip
def test_the_last_exception(text: str, exception: str | None) -> None:
    """Of a traceback, in any of the forms that issues show."""
    assert exception_of(text) == exception


def test_what_comes_before_the_first_prompt_is_left_out() -> None:
    """Banners of interpreters."""
    (statement,) = session_of("Python 3.6\nType \"help\"\n>>> f(1)\n'a'\n")
    assert (statement.source.text, statement.shown) == ("f(1)", "'a'")


def test_inputs_that_are_no_python_are_left_out() -> None:
    """Magic, questions and half sentences."""
    found = session_of("In [1]: %timeit f(1)\n1 ms\n\nIn [2]: f?\n\nIn [3]: !ls\n\nIn [4]: f(1)\nOut[4]: 2\n")
    assert [statement.source.text for statement in found] == ["f(1)"]
