"""What a model is told, and edits written as replies."""

import pytest
from support.edits import applied, edited, refused, told

from agent.edits import EditFormat, Problem, Problems, render_edit, render_problems
from swe_tasks.task import FileChange

FORMATS: list[EditFormat] = ["blocks", "definitions", "whole"]


def test_all_problems_with_lines():
    """Each problem is numbered, with its file and its line in the answer."""
    problems = Problems((Problem("first thing", "a.py", 3), Problem("second thing"), Problem("third", line=9)))
    text = render_problems(problems)
    assert "These 3 things" in text
    assert "1. `a.py`, line 3 of the answer: first thing\n2. second thing\n3. line 9 of the answer: third" in text


def test_bounded():
    """However many and however long the problems are, the text is bounded and says how many there were."""
    text = render_problems(Problems(tuple(Problem("x" * 5000, "p" * 5000, number) for number in range(500))))
    assert len(text) <= 6000
    assert "more." in text
    assert "1. `ppp" in text


@pytest.mark.parametrize("asked", FORMATS)
def test_no_edit_names_the_format(asked: EditFormat):
    """A reply without an edit is told what was asked for."""
    words = {"blocks": "SEARCH", "definitions": "function, method or class", "whole": "complete"}
    text = told("Sorry.", {}, asked)
    assert "no edit" in text
    assert words[asked] in text
    assert refused("", {}, asked).no_edit


FILES = {
    "pkg/a.py": (
        b"import os\n\n\ndef f():\n    return 1\n\n\nclass A:\n    def m(self):\n"
        b"        return 1\n\n    def n(self):\n        return 1\n"
    ),
    "crlf.txt": b"a\r\nb\r\nc",
    "latin.txt": b"caf\xe9\nb\nb\n",
    "run.sh": b"echo\n",
    "empty": b"",
}


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize(
    "change",
    [
        FileChange("pkg/a.py", FILES["pkg/a.py"].replace(b"f():\n    return 1", b"f():\n    return 2")),
        FileChange("pkg/a.py", FILES["pkg/a.py"].replace(b"n(self):\n        return 1", b"n(self):\n        return 2")),
        FileChange(
            "pkg/a.py",
            FILES["pkg/a.py"].replace(b"import os\n", b"import os\nimport re\n").replace(b"return 1", b"return re", 1),
        ),
        FileChange("pkg/a.py", b""),
        FileChange("pkg/a.py", None),
        FileChange("crlf.txt", b"a\r\nB\r\nc"),
        FileChange("crlf.txt", b"a\r\nb\r\nc\r\n"),
        FileChange("crlf.txt", b"a\nb\nc\n"),
        FileChange("latin.txt", b"caf\xe9\nb\nB\xff\n"),
        FileChange("latin.txt", b"\xff\xfe\0\1\r\r\n\n"),
        FileChange("run.sh", b"echo 1\n", "executable"),
        FileChange("empty", b"x"),
        FileChange("new file.txt", b"```\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n~~~\n"),
        FileChange("Makefile", b"a:\n\tb\n"),
        FileChange("new.py", b"# new.py\nx = 1\n# ...\n"),
        FileChange("new.bat", b"a\r\nb\r\n"),
        FileChange("new/empty", b""),
        FileChange("new/blank", b"\n"),
        FileChange("über/ß.md", b"\xef\xbb\xbf# T\n"),
        FileChange("#odd/`name`.txt", b"x\n"),
    ],
    ids=lambda value: getattr(value, "path", value),
)
def test_round_trip(change: FileChange, written: EditFormat):
    """A rendered edit reads as the same edit."""
    reply = render_edit([change], FILES, written)
    executable = frozenset({"run.sh"})
    assert edited(reply, FILES, written, executable=executable).changes == (change,)
    assert edited(reply, FILES, written, shown=[], executable=executable).changes == (change,)


def test_formats_differ():
    """Each format is really written where it can say the change."""
    change = FileChange("pkg/a.py", FILES["pkg/a.py"].replace(b"f():\n    return 1", b"f():\n    return 2"))
    assert "<<<<<<< SEARCH" in render_edit([change], FILES, "blocks")
    assert render_edit([change], FILES, "definitions") == "pkg/a.py\n```python\ndef f():\n    return 2\n```\n"
    assert render_edit([change], FILES, "whole").startswith("pkg/a.py\n```python\nimport os\n")


@pytest.mark.parametrize(
    "change",
    [
        FileChange("../x", b"x"),
        FileChange(".git/x", b"x"),
        FileChange("a", b"x", "symlink"),
        FileChange("run.sh", b"echo\n"),
    ],
)
def test_what_no_reply_can_say(change: FileChange):
    """Forbidden paths, symlinks and changes of nothing cannot be written."""
    with pytest.raises(ValueError, match="cannot be written"):
        render_edit([change], FILES, "blocks")


def test_several_changes():
    """Several changes go into one reply."""
    changes = [FileChange("empty", None), FileChange("new.py", b"x = 1\n"), FileChange("run.sh", b"echo 2\n")]
    for written in FORMATS:
        edit = edited(render_edit(changes, FILES, written), FILES, written)
        assert applied(edit, FILES)["run.sh"] == b"echo 2\n"
        assert edit.changes == tuple(changes)
