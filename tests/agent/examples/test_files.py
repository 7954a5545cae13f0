"""Files in issues."""

import pytest

from agent.examples.files import drawn_files, files_of, is_safe
from agent.examples.pieces import pieces_of


@pytest.mark.parametrize(
    "text",
    [
        "```py\n# a/b.py\nx = 1\n```",
        "```py\n# file: a/b.py\nx = 1\n```",
        "`a/b.py`:\n```py\nx = 1\n```",
        "The file a/b.py contains\n```\nx = 1\n```",
        "#### `a/b.py`\n```python\nx = 1\n```",
    ],
)
def test_names_of_files(text: str) -> None:
    """By the first line, or the line before."""
    assert [path for path, _ in files_of(pieces_of(text)).values()] == ["a/b.py"]


@pytest.mark.parametrize(
    "text",
    [
        "It fails in `a/b.py` at a line where things are done that should not be done, see:\n```\nx = 1\n```",
        "`a.py`:\n```rst\ntext\n```",
        "`a.py`:\n```\nno python at all\n```",
        "Some text\n```\nx = 1\n```",
        "`../a.py`:\n```py\nx = 1\n```",
    ],
)
def test_blocks_that_are_no_files(text: str) -> None:
    """Places in the code, other languages, outputs, paths that lead out."""
    assert files_of(pieces_of(text)) == {}


def test_a_drawn_tree() -> None:
    """In either style of drawing."""
    assert drawn_files(".\n|-- a\n|   |-- a.py\n|   `-- b.py\n`-- r.py") == ("a/a.py", "a/b.py", "r.py")
    assert drawn_files("├── a/\n│   └── b.py\n└── c.cfg") == ("a/b.py", "c.cfg")
    assert drawn_files("-- no tree -- a.py") == ()


@pytest.mark.parametrize(
    ("path", "safe"), [("a/b.py", True), ("/a", False), ("../a", False), ("a/../../b", False), ("~/a", False)]
)
def test_paths_that_lead_out(path: str, safe: bool) -> None:
    """They are not taken."""
    assert is_safe(path) is safe
