"""Search/replace blocks as models really write them."""

import time

import pytest
from support.edits import after, block, edited, refused, told

from agent.edits import Edit, read_edit

CODE = b"""import os


class Store:
    def get(self, key):
        if key in self.items:
            return self.items[key]
        return None

    def put(self, key, value):
        self.items[key] = value
"""
FILES = {"pkg/store.py": CODE, "pkg/util.py": b"def helper():\n    return 1\n"}
PART = "<<<<<<< SEARCH\n        return None\n=======\n        raise KeyError(key)\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    "reply",
    [
        f"pkg/store.py\n{PART}",
        f"`pkg/store.py`\n{PART}",
        f"**pkg/store.py**\n{PART}",
        f"pkg/store.py:\n{PART}",
        f"### pkg/store.py\n\n{PART}",
        f"### `pkg/store.py`:\n{PART}",
        f"# pkg/store.py\n{PART}",
        f"File: pkg/store.py\n{PART}",
        f"**File:** `pkg/store.py`\n{PART}",
        f"1. `pkg/store.py`\n{PART}",
        f"./pkg/store.py\n{PART}",
        f"a/pkg/store.py\n{PART}",
        f"pkg\\store.py\n{PART}",
        f"In `pkg/store.py`, raise instead of returning None:\n\n{PART}",
        f"pkg/store.py\n```python\n{PART}```\n",
        f"```python\npkg/store.py\n{PART}```\n",
        f"```python pkg/store.py\n{PART}```\n",
        f"```python:pkg/store.py\n{PART}```\n",
        f'```python title="pkg/store.py"\n{PART}```\n',
        f"```\npkg/store.py\n{PART}",
        f"Some prose.\n\n{PART.replace('SEARCH', 'SEARCH pkg/store.py')}\nThat is all.",
        f"Some prose.\n{PART.replace('SEARCH', 'SEARCH `pkg/store.py`')}",
        f"pkg/store.py\n{PART}".replace("\n", "\r\n"),
        f"pkg/store.py\n{PART.replace('SEARCH', 'search').replace('REPLACE', 'replace')}",
        "pkg/store.py\n" + "".join(f"  {line}\n" if line[:1] in "<=>" else line + "\n" for line in PART.split("\n")),
        f"pkg/store.py\n\nRaise instead:\n{PART}",
        f"store.py\n{PART}",
        f"myrepo/pkg/store.py\n{PART}",
        f"path/to/file.py\n{PART}",
        PART,
    ],
)
def test_where_the_path_stands(reply: str):
    """Wherever and however the path is written, the block finds its file."""
    assert after(reply, FILES)["pkg/store.py"] == CODE.replace(b"return None", b"raise KeyError(key)")


def test_guessed_paths_are_noted():
    """A path that had to be completed, or to be found by the text, leaves a note."""
    assert "was taken for `pkg/store.py`" in edited(f"store.py\n{PART}", FILES).notes[0]
    assert "without a path" in edited(PART, FILES).notes[0]


def test_path_of_the_block_before():
    """A block without a path belongs to the file of the block before it."""
    reply = f"pkg/store.py\n{PART}\nand also\n\n<<<<<<< SEARCH\nimport os\n=======\nimport sys\n>>>>>>> REPLACE\n"
    assert after(reply, FILES)["pkg/store.py"].startswith(b"import sys\n")


def test_no_path_and_text_in_several_files():
    """Without a path, a text that several shown files hold is a problem that names them."""
    files = {"a.py": b"x = 1\n", "b.py": b"x = 1\n"}
    assert "`a.py`, `b.py`" in told("<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n", files)


def test_shown_files_come_first():
    """An incomplete path means a shown file rather than another one."""
    files = {"one/util.py": b"x = 1\n", "two/util.py": b"x = 1\n"}
    assert after(block("util.py", "x = 1\n", "x = 2\n"), files, shown=["two/util.py"])["two/util.py"] == b"x = 2\n"
    assert "several files" in told(block("util.py", "x = 1\n", "x = 2\n"), files, shown=[])


@pytest.mark.parametrize(
    ("search", "replace"),
    [
        ("return None\n", "raise KeyError(key)\n"),
        ("            return None\n", "            raise KeyError(key)\n"),
        ("        return None   \n", "        raise KeyError(key)\n"),
        ("\n        return None\n\n\n", "\n        raise KeyError(key)\n\n\n"),
        ("\treturn None\n", "\traise KeyError(key)\n"),
    ],
)
def test_blanks_that_differ(search: str, replace: str):
    """A unique text that differs only in blanks is taken, and the replacement brought to the file's indentation."""
    assert after(block("pkg/store.py", search, replace), FILES)["pkg/store.py"] == CODE.replace(
        b"return None", b"raise KeyError(key)"
    )


def test_deeper_lines_move_along():
    """The whole replacement moves, deeper lines with it."""
    reply = block(
        "pkg/store.py",
        "if key in self.items:\n    return self.items[key]\n",
        "if key:\n    if key in self:\n        return 2\n",
    )
    text = b"        if key:\n            if key in self:\n                return 2\n        return None\n"
    assert text in after(reply, FILES)["pkg/store.py"]


def test_spaces_for_tabs():
    """Four spaces of a reply become one tab of the file."""
    files = {"a.go": b"func f() {\n\tif x {\n\t\treturn 1\n\t}\n}\n"}
    reply = block(
        "a.go", "    if x {\n        return 1\n", "    if y {\n        if z {\n            return 2\n        }\n"
    )
    assert after(reply, files)["a.go"] == b"func f() {\n\tif y {\n\t\tif z {\n\t\t\treturn 2\n\t\t}\n\t}\n}\n"


def test_tabs_for_spaces():
    """And the other way round."""
    reply = block("pkg/util.py", "def helper():\n\treturn 1\n", "def helper():\n\tif x:\n\t\treturn 2\n\treturn 1\n")
    assert after(reply, FILES)["pkg/util.py"] == b"def helper():\n    if x:\n        return 2\n    return 1\n"


def test_other_nesting_is_not_a_match():
    """Lines that are nested differently from the file's are another program."""
    files = {"a.py": b"if a:\n    b()\n    c()\n"}
    assert "not in the file" in told(block("a.py", "if a:\n    b()\nc()\n", "d()\n"), files)


def test_indentation_that_fits_twice():
    """Two places that differ only in indentation are ambiguous for a text that has neither."""
    files = {"a.py": b"if a:\n    x()\nif b:\n        x()\n"}
    assert "2 times, at lines 2, 4" in told(block("a.py", "  x()\n", "  y()\n"), files)


def test_fences_inside_the_parts():
    """Fences around the text of each part are not text."""
    reply = block("pkg/util.py", "```python\n    return 1\n```\n", "```python\n    return 2\n```\n")
    assert after(reply, FILES)["pkg/util.py"] == b"def helper():\n    return 2\n"


def test_repeated_block():
    """The same block twice is taken once."""
    edit = edited(block("pkg/util.py", "    return 1\n", "    return 2\n") * 2, FILES)
    assert edit.changes[0].content == b"def helper():\n    return 2\n"
    assert "a repeated block was ignored" in edit.notes


def test_blocks_refer_to_the_original():
    """A block cannot build on another one, and the message says so."""
    reply = block("pkg/util.py", "    return 1\n", "    return 2\n") + block(
        "pkg/util.py", "    return 2\n", "    return 3\n"
    )
    assert "original files" in told(reply, FILES)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("pkg/util.py\n<<<<<<< SEARCH\n    return 1\n>>>>>>> REPLACE\n", "has no `=======` line"),
        ("pkg/util.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n", "is not closed"),
        ("pkg/util.py\n<<<<<<< SEARCH\n    return 1\n=======\n" + PART, "is not closed"),
    ],
)
def test_broken_blocks(reply: str, message: str):
    """A block without its divider or its end is a problem."""
    assert message in told(reply, FILES)


def test_long_files_are_fast():
    """Failing blocks against a file of 20,000 lines take no more than moments."""
    lines = [f"    value_{number} = compute(value_{number % 97}, {number})" for number in range(20_000)]
    files = {"big.py": "\n".join(lines).encode(), "other.py": b"x\n" * 10_000}
    search = "\n".join(f"    value_{number} = compute(value_{number % 91}, {number}) + 1" for number in range(300))
    start = time.monotonic()
    text = told(block("big.py", search + "\n", "x\n") * 5, files)
    assert "nearest text" in text
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "reply",
    [
        "<<<<<<< SEARCH\n" * 3000,
        "<<<<<<< SEARCH\n" + "=======\n" * 3000 + ">>>>>>> REPLACE\n",
        ">" * 100_000 + " REPLACE\n",
        "```python\n" * 3000,
        "```python\n```a\n" * 2000,
        "a.py\n" + "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n" * 500,
        " " * 100_000 + "x",
        "- " * 50_000,
        "# " * 50_000 + "a.py",
    ],
    ids=range(9),
)
def test_hostile_replies_are_fast(reply: str):
    """Long repetitions cost no more than their length."""
    start = time.monotonic()
    assert not isinstance(read_edit(reply, {"a.py": b"a = 1\n" * 500}, asked="blocks", shown=["a.py"]), Edit)
    assert time.monotonic() - start < 20


def test_one_bad_block_refuses_all():
    """Nothing of an edit is taken if a part of it is wrong."""
    assert len(refused(f"pkg/store.py\n{PART}" + block("pkg/util.py", "nope\n", "x\n"), FILES).problems) == 1
