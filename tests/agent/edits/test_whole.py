"""Whole files in fenced blocks."""

import pytest
from support.edits import after, edited, told

MODULE = (
    b'"""Doc."""\n\nimport os\nimport re\n\n\ndef f(x):\n    return x\n\n\n'
    b"def g(x):\n    return os.sep\n\n\ndef h(x):\n    return re\n"
)
FILES = {"pkg/m.py": MODULE, "README.md": b"# Title\n\nText.\n", "setup.cfg": b"[a]\nb = 1\n"}
NEW = MODULE.decode().replace("return x", "return x + 1")


@pytest.mark.parametrize(
    ("before", "tag", "head"),
    [
        ("pkg/m.py", "python", ""),
        ("**`pkg/m.py`**", "python", ""),
        ("Here is the complete file `pkg/m.py`:", "", ""),
        ("pkg/m.py\n\nwith one more:\n", "python", ""),
        ("", "python pkg/m.py", ""),
        ("", "pkg/m.py", ""),
        ("", "python", "# pkg/m.py\n"),
        ("pkg/m.py", "python", "# pkg/m.py\n"),
        ("m.py", "python", ""),
    ],
)
def test_where_the_path_stands(before: str, tag: str, head: str):
    """The path stands above the fence, on it, or in a first comment that the file does not have."""
    edit = edited(f"{before}\n```{tag}\n{head}{NEW}```\n", FILES, "whole", ["pkg/m.py"])
    assert edit.format == "whole"
    assert [(change.path, change.content) for change in edit.changes] == [("pkg/m.py", NEW.encode())]


def test_the_only_shown_file():
    """Without a path, a complete file is the one that was shown."""
    assert after(f"Here it is:\n```python\n{NEW}```\n", FILES, "whole", ["pkg/m.py"])["pkg/m.py"] == NEW.encode()


def test_several_shown_files():
    """With several, its definitions tell which is meant."""
    assert after(f"```python\n{NEW}```\n", FILES, "whole")["pkg/m.py"] == NEW.encode()


def test_new_file():
    """A path that does not exist makes a new file."""
    assert after("pkg/new.py\n```python\nx = 1\n```\n", FILES, "whole")["pkg/new.py"] == b"x = 1\n"


def test_new_file_with_the_name_of_a_shown_one():
    """A new file may have the name of another one in another folder, if its text is another."""
    files = after("m.py\n```python\ny = 2\nz = 3\n```\n", FILES, "whole")
    assert files["m.py"] == b"y = 2\nz = 3\n"
    assert files["pkg/m.py"] == MODULE


def test_several_files():
    """Several files may be given, and one-line operations beside them."""
    reply = f"pkg/m.py\n```\n{NEW}```\n\nsetup.cfg\n```ini\n[a]\nb = 2\n```\n<<<<<<< DELETE README.md\n"
    assert after(reply, FILES, "whole") == {"pkg/m.py": NEW.encode(), "setup.cfg": b"[a]\nb = 2\n"}


def test_excerpt():
    """One function of many is not the whole file: only that function is replaced."""
    edit = edited("pkg/m.py\n```python\ndef f(x):\n    return x + 1\n```\n", FILES, "whole")
    assert edit.format == "definitions"
    assert edit.changes[0].content == NEW.encode()


def test_excerpt_without_any_known_definition():
    """A few lines in the place of a module are refused."""
    assert "leaves out most of the file" in told("pkg/m.py\n```python\nX = 1\n```\n", FILES, "whole")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pkg/m.py", "# ... rest of the file unchanged ..."),
        ("pkg/m.py", "# ..."),
        ("pkg/m.py", "..."),
        ("setup.cfg", "# ... existing code ..."),
        ("README.md", "<!-- rest of the file unchanged -->"),
        ("a.js", "// ... existing code ..."),
        ("a.css", "/* rest of the code remains the same */"),
    ],
)
def test_placeholders(path: str, line: str):
    """A file with a placeholder would lose what that stands for."""
    text = FILES.get(path, b"x\n").decode()
    assert "leaves text out" in told(f"{path}\n```\n{text}{line}\n```\n", FILES, "whole")


@pytest.mark.parametrize(
    ("path", "line"),
    [("README.md", "..."), ("README.md", "# Remaining methods"), ("pkg/m.py", "def k():\n    ..."), ("a.txt", "...")],
)
def test_no_placeholders(path: str, line: str):
    """What only looks like one is text."""
    text = FILES.get(path, b"x\n").decode()
    assert line.encode() in after(f"{path}\n```\n{text}{line}\n```\n", FILES, "whole")[path]


FENCED = "# Title\n\n```python\nx = 1\n```\n\nText.\n"


@pytest.mark.parametrize(("opening", "closing"), [("````markdown", "````"), ("~~~", "~~~"), ("```markdown", "```")])
def test_fences_in_the_file(opening: str, closing: str):
    """Fences inside a file do not end it: a longer run, another sign, or nesting tells them apart."""
    assert after(f"README.md\n{opening}\n{FENCED}{closing}\n", FILES, "whole")["README.md"] == FENCED.encode()


def test_empty_file():
    """An empty fence with a path is an empty file."""
    assert after("setup.cfg\n```\n```\n", FILES, "whole")["setup.cfg"] == b""


def test_unclosed_fence():
    """A missing end of the fence is noted."""
    edit = edited("setup.cfg\n```ini\n[a]\nb = 2", FILES, "whole")
    assert edit.changes[0].content == b"[a]\nb = 2\n"
    assert "not closed" in edit.notes[0]


def test_two_versions():
    """Two different texts for one file are a problem."""
    assert "given twice" in told("setup.cfg\n```\na\n```\nsetup.cfg\n```\nb\n```\n", FILES, "whole")
