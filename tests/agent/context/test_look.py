"""What a trajectory is shown when it asks for more."""

import pytest
from support.trees import indexed

from agent.context import Library, look_up

FILES = {
    "pkg/a.py": (
        "class A:\n    def run(self):\n        return 'A runs'\n\n\n"
        "class B:\n    def run(self):\n        return 'B runs'\n"
    ),
    "pkg/b.py": "def helper():\n    return 'helped'\n",
    "other/b.py": "def far():\n    return 1\n",
    "long.py": "x = 1\n" * 5000,
}  # fmt: skip
LIBRARY = Library(indexed(FILES), FILES.__getitem__, lambda text: len(text) // 4)


def shown(*wanted: str, budget: int = 2000) -> str:
    return look_up(LIBRARY, wanted, budget=budget)


def test_a_file_by_its_path_or_the_end_of_it() -> None:
    """As issues and models shorten paths; an ending that two files have is neither."""
    assert "A runs" in shown("pkg/a.py")
    assert "A runs" in shown("a.py")
    assert "no file and no definition" in shown("b.py")


def test_a_definition_by_its_name() -> None:
    """Alone, with its class, or with its file."""
    assert "helped" in shown("helper")
    assert "B runs" in shown("B.run")
    assert "A runs" not in shown("B.run")
    assert {"A runs", "B runs"} <= {text for text in ("A runs", "B runs") if text in shown("run")}
    assert "helped" in shown("pkg/b.py:helper")
    assert "defines no nothing" in shown("pkg/b.py:nothing")


def test_what_is_too_long_is_cut_and_says_so() -> None:
    """The budget is shared by all that is asked for."""
    text = shown("long.py", budget=200)
    assert "cut here" in text
    assert len(text) // 4 <= 200


@pytest.mark.parametrize(
    "wanted", ["", ".", "..", "/etc/passwd", "../../x", "\0", "pkg", "nope.nope", "*", ":", "a.py:"]
)
def test_nothing_outside_is_ever_shown(wanted: str) -> None:
    """Only files of the tree are known; all else is said not to be there."""
    assert "root:" not in shown(wanted)
