"""What a voter may answer: a vote, or a program to be run."""

import pytest

from agent.selecting.ballot import Run, read_step
from agent.trajectory.dialogue import Unreadable


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        ("CHOICE: b", "B"),
        ("**RUN:** patch A\n\n```python\nprint(1)\n```", None),
        ("RUN: A, base\n\n```python\nprint(1)\n```", Run(("A", "base"), "print(1)\n")),
        ("RUN: BASE\n```\nprint(1)\n```\nthanks", Run(("base",), "print(1)\n")),
        ("RUN: A", None),
        ("RUN: Q\n```python\n1\n```", None),
        ("RUN:\n```python\n1\n```", None),
        ("RUN: A, B, C, base\n```python\n1\n```", None),
        ("RUN: A\nRUN: B\n```python\n1\n```", None),
        ("RUN: A\n```python\n1\n```\n```python\n2\n```", None),
        ("RUN: A\n```python\n1\n```\nCHOICE: A", None),
        ("```\nCHOICE: A\n```", None),
    ],
)
def test_a_step_is_read_strictly(reply: str, step: object) -> None:
    """A vote, or one program and where to run it; anything else is asked for again."""
    found = read_step(reply, ("A", "B", "C"))
    assert isinstance(found, Unreadable) if step is None else found == step
