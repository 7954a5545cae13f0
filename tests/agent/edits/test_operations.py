"""Files made, deleted and renamed."""

import pytest
from support.edits import after, block, edited, told

FILES = {"pkg/store.py": b"class Store:\n    size = 0\n", "pkg/util.py": b"def helper():\n    return 1\n"}


def test_delete():
    """One line deletes a file."""
    assert "pkg/util.py" not in after("<<<<<<< DELETE pkg/util.py\n", FILES)


@pytest.mark.parametrize("arrow", ["->", "=>", "to"])
def test_rename(arrow: str):
    """One line renames a file."""
    files = after(f"<<<<<<< RENAME pkg/util.py {arrow} pkg/tools.py", FILES)
    assert files["pkg/tools.py"] == FILES["pkg/util.py"]
    assert "pkg/util.py" not in files


@pytest.mark.parametrize("name", ["pkg/util.py", "pkg/tools.py"])
def test_rename_and_change(name: str):
    """A renamed file can be changed under its old and under its new name."""
    reply = "<<<<<<< RENAME pkg/util.py -> pkg/tools.py\n" + block(name, "    return 1\n", "    return 2\n")
    files = after(reply, FILES)
    assert files["pkg/tools.py"] == b"def helper():\n    return 2\n"
    assert "pkg/util.py" not in files


def test_delete_and_write_anew():
    """DELETE and an empty SEARCH for the same path write the file from nothing."""
    reply = "<<<<<<< DELETE pkg/util.py\n" + block("pkg/util.py", "", "x = 1\n")
    assert after(reply, FILES)["pkg/util.py"] == b"x = 1\n"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("<<<<<<< DELETE pkg/nope.py", "there is no file"),
        ("<<<<<<< DELETE", "the path is empty"),
        ("<<<<<<< RENAME pkg/util.py", "RENAME must say"),
        ("<<<<<<< RENAME pkg/util.py -> pkg/store.py", "is there already"),
        ("<<<<<<< RENAME pkg/util.py -> ../x.py", "`..` is not allowed"),
        ("<<<<<<< RENAME pkg/util.py -> pkg/util.py/x", "is a file, not a folder"),
        ("<<<<<<< RENAME pkg/util.py -> x.py\n<<<<<<< RENAME pkg/store.py -> x.py", "to a name of its own"),
        ("<<<<<<< DELETE pkg/util.py\n" + block("pkg/util.py", "    return 1\n", "x\n"), "no such file"),
        (block("pkg/util.py/new.py", "", "x\n"), "is a file, not a folder"),
        (block("new", "", "x\n") + block("new/x.py", "", "x\n"), "is a file, not a folder"),
        (block("new.py", "", "x\n") + block("new.py", "", "y\n"), "given twice"),
        (block("pkg", "", "x\n"), "is a folder"),
    ],
)
def test_operations_that_cannot_be(reply: str, message: str):
    """Deletions, renames and new files that contradict the tree or each other are problems."""
    assert message in told(reply, FILES)


def test_mode_is_kept():
    """An executable file stays one, also under a new name; a new file is not."""
    files = {"run.sh": b"echo a\n", "x.py": b""}
    reply = (
        "<<<<<<< RENAME run.sh -> bin/run.sh\n" + block("bin/run.sh", "echo a\n", "echo b\n") + block("y.py", "", "x\n")
    )
    modes = {change.path: change.mode for change in edited(reply, files, executable=frozenset({"run.sh"})).changes}
    assert modes == {"run.sh": "file", "bin/run.sh": "executable", "y.py": "file"}
