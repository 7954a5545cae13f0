"""Paths that no reply may name."""

import pytest
from support.edits import block, edited, told

from agent.edits import EditFormat

FILES = {"pkg/a.py": b"x = 1\n", "link/b.py": b"y = 1\n", "c.py": b"z = 1\n", ".github/w.yml": b"a: 1\n"}
LINKS = frozenset({"link", "link/b.py", "c.py"})

UNSAFE = [
    ("/etc/passwd", "not relative"),
    ("~/x.py", "not relative"),
    ("../x.py", "`..`"),
    ("pkg/../../x.py", "`..`"),
    ("pkg/..", "`..`"),
    ("pkg\\..\\..\\x.py", "`..`"),
    (".git/config", ".git"),
    ("pkg/.GIT/hooks/post-checkout", ".git"),
    (".git", ".git"),
    (".git /config", ".git"),
    (".git./config", ".git"),
    ("git~1/config", ".git"),
    ("C:/x.py", "drive letter"),
    ("c:x.py", "drive letter"),
    ("pkg/", "folder"),
    ("pkg/x\0.py", "control characters"),
    ("pkg/x\x1b.py", "control characters"),
    ("pkg/.g\u200cit/x", "control characters"),
    ("pkg/\u202ex.py", "control characters"),
    ("\\\\host\\x.py", "not relative"),
    ("link/new.py", "symbolic link `link`"),
    ("link/b.py", "symbolic link `link`"),
    ("c.py", "symbolic link `c.py`"),
    ("c.py/x", "symbolic link `c.py`"),
    ("x" * 300, "too long"),
    ("pkg/ x.py", "blank component"),
]


@pytest.mark.parametrize(("path", "message"), UNSAFE)
def test_new_files(path: str, message: str):
    """A new file cannot be made there."""
    assert message in told(f"<<<<<<< SEARCH {path}\n=======\nx\n>>>>>>> REPLACE\n", FILES, symlinks=LINKS)


@pytest.mark.parametrize(("path", "message"), UNSAFE)
def test_operations(path: str, message: str):
    """Nor can one be deleted there, or renamed to there."""
    assert message in told(f"<<<<<<< DELETE {path}\n", FILES, symlinks=LINKS)
    assert message in told(f"<<<<<<< RENAME pkg/a.py -> {path}\n", FILES, symlinks=LINKS)


@pytest.mark.parametrize(("path", "message"), UNSAFE)
@pytest.mark.parametrize("asked", ["whole", "definitions"])
def test_fences(path: str, message: str, asked: EditFormat):
    """Nor written whole."""
    assert message in told(f"File: {path}\n```\nx = 2\n```\n", FILES, asked, symlinks=LINKS)


@pytest.mark.parametrize("search", ["y = 1\n", ""])
def test_existing_file_behind_a_link(search: str):
    """A file behind a symbolic link is not changed, even if it is known."""
    assert "symbolic link" in told(block("link/b.py", search, "y = 2\n"), FILES, symlinks=LINKS)
    assert "symbolic link" in told(block("b.py", search or "y = 1\n", "y = 2\n"), FILES, symlinks=LINKS)


def test_definitions_behind_a_link():
    """Nor by the name of a definition."""
    files = {"link/b.py": b"def f():\n    return 1\n"}
    assert "no file defines `f`" in told("```python\ndef f():\n    return 2\n```", files, "definitions", symlinks=LINKS)


@pytest.mark.parametrize("path", [".github/w.yml", ".gitignore", "pkg/git.py", "a..b/c.py", "über/ä.py", "a b.py"])
def test_harmless_paths(path: str):
    """What only looks like one of these is allowed."""
    text = "a: 1\n" if path == ".github/w.yml" else ""
    edit = edited(f"<<<<<<< SEARCH {path}\n{text}=======\nx\n>>>>>>> REPLACE\n", FILES, symlinks=LINKS)
    assert [change.path for change in edit.changes] == [path]
