"""The cases of the published search/replace grammar, with its known defects mended."""

import pytest
from support.edits import after, block, edited, refused, told

MODULE = b"def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef three():\n    return 2\n"
FILES = {"pkg/module.py": MODULE, "pkg/other.py": b"def unique_helper():\n    return 'found elsewhere'\n"}


@pytest.mark.parametrize("count", [5, 6, 7, 8, 9])
def test_marker_runs(count: int):
    """Markers of five and more characters are understood, the divider of five, too."""
    reply = f"{'<' * count} SEARCH pkg/module.py\n    return 1\n{'=' * count}\n    return 10\n{'>' * count} REPLACE"
    assert b"return 10\n" in after(reply, FILES)["pkg/module.py"]


def test_uneven_marker_runs():
    """The three markers need not be equally long."""
    reply = "<<<<<<< SEARCH pkg/module.py\n    return 1\n=====\n    return 10\n>>>>>> REPLACE"
    assert b"return 10\n" in after(reply, FILES)["pkg/module.py"]


def test_path_with_trailing_blanks():
    """Blanks behind the path are not part of it."""
    reply = "<<<<<<< SEARCH pkg/module.py   \n    return 1\n=======   \n    return 10\n>>>>>>> REPLACE  "
    assert b"return 10\n" in after(reply, FILES)["pkg/module.py"]


def test_no_block():
    """A reply without any edit is told what was expected."""
    problems = refused("I would rather not.", FILES)
    assert problems.no_edit
    assert "<<<<<<< SEARCH" in told("I would rather not.", FILES)


def test_text_before_the_closing_marker():
    """The closing marker must stand alone on its line."""
    reply = "pkg/module.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 10 >>>>>>> REPLACE\n"
    assert "must stand alone on its line" in told(reply, FILES)


def test_unknown_path():
    """An unknown path is told with the nearest ones."""
    text = told(block("pkg/modul.py", "    return 1\n", "    return 10\n"), FILES)
    assert "there is no file `pkg/modul.py`" in text
    assert "`pkg/module.py`" in text


def test_several_places():
    """A text that stands in several places is told with all line numbers."""
    text = told(block("pkg/module.py", "    return 2\n", "    return 20\n"), FILES)
    assert "2 times, at lines 6, 10" in text


def test_partial_match():
    """A text that nearly stands in the file is told with the region that looks like it."""
    text = told(block("pkg/module.py", "def two():\n    return 22\n", "def two():\n    return 3\n"), FILES)
    assert "not in the file" in text
    assert "    5 | def two():\n    6 |     return 2" in text


def test_text_of_another_file():
    """A text that stands in another file is told with that file's path."""
    text = told(block("pkg/module.py", "def unique_helper():\n", "def better_helper():\n"), FILES)
    assert "exactly these lines are in `pkg/other.py`" in text


def test_nowhere():
    """A text that is like nothing in the file is told as missing, without a suggestion."""
    text = told(block("pkg/module.py", "zzz qqq\n", "x\n"), FILES)
    assert "not in the file" in text
    assert "nearest" not in text


def test_overlapping_blocks():
    """Two blocks for the same line are a problem that names the line."""
    reply = block("pkg/module.py", "def one():\n    return 1\n", "x\n") + block(
        "pkg/module.py", "    return 1\n", "y\n"
    )
    text = told(reply, FILES)
    assert "overlap" in text
    assert "line 2 of the file" in text


def test_all_failing_blocks_at_once():
    """Every failing block is reported, not only the first."""
    reply = (
        block("pkg/module.py", "nope\n", "x\n")
        + block("nope.py", "y\n", "x\n")
        + block("pkg/module.py", "    return 2\n", "z\n")
    )
    assert len(refused(reply, FILES).problems) == 3


def test_empty_search_does_not_merge_blocks():
    """An empty SEARCH makes a new file, and the next block stays a block of its own."""
    reply = block("pkg/new.py", "", "x = 1\n") + block("pkg/module.py", "    return 1\n", "    return 10\n")
    files = after(reply, FILES)
    assert files["pkg/new.py"] == b"x = 1\n"
    assert files["pkg/module.py"].startswith(b"def one():\n    return 10\n")


def test_empty_search_for_an_existing_file():
    """An empty SEARCH must not overwrite a file that has text."""
    assert "SEARCH is empty" in told(block("pkg/module.py", "", "x = 1\n"), FILES)


def test_empty_search_fills_an_empty_file():
    """An empty file takes an empty SEARCH."""
    assert after(block("a.py", "", "x = 1\n"), {"a.py": b""}) == {"a.py": b"x = 1\n"}


def test_empty_replace_deletes():
    """An empty REPLACE deletes the lines."""
    assert after(block("a.py", "b\n", ""), {"a.py": b"a\nb\nc\n"})["a.py"] == b"a\nc\n"


def test_blank_line_is_not_a_deletion():
    """A REPLACE of one blank line is a blank line."""
    assert after(block("a.py", "b\n", "\n"), {"a.py": b"a\nb\nc\n"})["a.py"] == b"a\n\nc\n"


def test_last_line_without_newline():
    """The last line can be matched without its newline, and keeps to have none while it is not changed."""
    files = {"a.py": b"a\nb"}
    assert after(block("a.py", "a\nb\n", "c\nb\n"), files)["a.py"] == b"c\nb"
    assert after(block("a.py", "b\n", "c\n"), files)["a.py"] == b"a\nc\n"


def test_no_newline_marker():
    """The marker of diffs says that no newline follows."""
    marker = "\\ No newline at end of file\n"
    files = {"a.py": b"a\nb"}
    assert after(block("a.py", "b\n" + marker, "c\n" + marker), files)["a.py"] == b"a\nc"
    assert after(block("a.py", "b\n" + marker, "b\n"), files)["a.py"] == b"a\nb\n"


HEADINGS = b"Title\n=====\n\nText of it.\n\nOther\n=======\n\nMore.\n"


def test_heading_inside_search():
    """An underlined heading in SEARCH does not part the block."""
    reply = block("a.rst", "Title\n=====\n\nText of it.\n", "Title\n=====\n\nNew text.\n")
    assert after(reply, {"a.rst": HEADINGS})["a.rst"] == HEADINGS.replace(b"Text of it", b"New text")


def test_heading_as_long_as_the_divider():
    """Nor does one that looks exactly like the divider, where the file shows which line is which."""
    reply = block("a.rst", "Other\n=======\n\nMore.\n", "Another\n=======\n\nMore.\n")
    assert after(reply, {"a.rst": HEADINGS})["a.rst"] == HEADINGS.replace(b"Other\n", b"Another\n")


def test_heading_only_in_replace():
    """A heading in REPLACE stays in REPLACE."""
    reply = block("a.rst", "More.\n", "More.\n\nThird\n=======\n")
    assert after(reply, {"a.rst": HEADINGS})["a.rst"] == HEADINGS + b"\nThird\n=======\n"


def test_ambiguous_divider():
    """Where SEARCH stands in the file with either divider, nobody can tell."""
    reply = "a.rst\n<<<<<<< SEARCH\nOther\n=======\n=======\nNew\n>>>>>>> REPLACE\n"
    assert "which `=======` line is the divider" in told(reply, {"a.rst": HEADINGS})


def test_longer_markers_settle_it():
    """Longer markers make any line of equals signs text."""
    reply = "a.rst\n<<<<<<<<<< SEARCH\nOther\n=======\n==========\nNew\n=======\n>>>>>>>>>> REPLACE\n"
    assert after(reply, {"a.rst": HEADINGS})["a.rst"] == HEADINGS.replace(b"Other", b"New")


def test_changes_nothing():
    """An edit without effect is a problem."""
    assert "changes nothing" in told(block("pkg/module.py", "    return 1\n", "    return 1\n"), FILES)


def test_order_is_by_path():
    """Changes are sorted by path, whatever the order of the blocks."""
    reply = block("pkg/other.py", "    return 'found elsewhere'\n", "    return 1\n") + block(
        "pkg/module.py", "    return 1\n", "    return 10\n"
    )
    assert [change.path for change in edited(reply, FILES).changes] == ["pkg/module.py", "pkg/other.py"]


def test_bounded_message():
    """One generic line against a long file gives a short message."""
    files = {"a.py": b"".join(b"    return %d\n" % (number % 50) for number in range(5000))}
    assert len(told(block("a.py", "    return x\n" * 40, "y\n"), files)) < 2000
    assert len(told(block("a.py", "    return 7\n", "y\n"), files)) < 1000
