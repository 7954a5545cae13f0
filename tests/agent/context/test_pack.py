"""What is shown of a ranking within a token budget."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trees import ranked

from agent.context import Context, pack, show_file
from agent.context.shown import GAP

LONG = "import os\n\n\n" + "".join(
    f"def handler_{number}(value):\n    '''Handles {number}.'''\n" + "    value += 1\n" * 10 + "    return value\n\n\n"
    for number in range(40)
)
FILES = {
    "app/long.py": LONG,
    "app/small.py": "def helper():\n    return handler_7(1)\n",
    "app/other.py": "def unrelated():\n    return 2\n",
}


def count(text: str) -> int:
    return len(text) // 4 + 1


def packed(issue: str, files: Mapping[str, str] = FILES, *, budget: int, parts: bool = True) -> Context:
    return pack(ranked(issue, files), lambda path: files[path], budget=budget, count=count, parts=parts)


def test_a_file_that_fits_is_shown_whole() -> None:
    """With room for everything there is nothing to leave out."""
    context = packed("handler_7 is slow", budget=100_000)
    assert {file.path: file.tier for file in context.files}["app/long.py"] == "whole"
    assert LONG in context.text
    assert GAP not in context.text


def test_of_a_large_file_the_part_that_matters_is_shown() -> None:
    """The body with the issue's words, and a line for what is left out."""
    context = packed("`handler_7` is slow", budget=300)
    (file,) = (file for file in context.files if file.path == "app/long.py")
    assert file.tier == "parts"
    assert "handler_7" in file.names
    assert "def handler_7(value):" in context.text
    assert "def handler_30(value):" not in context.text
    assert GAP in context.text
    assert context.in_part["app/long.py"] >= {"handler_7"}


def test_a_gap_without_room_for_more_names_what_is_in_it() -> None:
    """So that a model knows what it may ask for."""
    hit, miss = "    slow(1)  # slow\n" * 12, "    x = 1\n" * 600
    pairs = (f"def hit_{n}():\n{hit}\n\ndef miss_{n}({'argument, ' * 10}):\n{miss}\n\n" for n in range(60))
    context = packed("slow", {"app/long.py": "".join(pairs)}, budget=4500)
    assert f"{GAP} 603 lines: miss_7\n" in context.text
    assert context.tokens <= 4500


def test_a_gap_with_room_shows_first_lines() -> None:
    """The outline of what is left out; its lines are marked, for they do not follow on each other."""
    body = "    x = 1  # words words\n" * 2000
    files = {"app/two.py": f"def slow():\n    return 1\n\n\n@decorated\ndef huge(table, *, depth=3):\n{body}\n"}
    context = packed("`slow` is wrong", files, budget=5000)
    assert f"{GAP} 2004 lines, with these definitions:\n{GAP}   def huge(table, *, depth=3):\n" in context.text


def test_a_file_too_large_for_anything_is_told_in_a_line() -> None:
    """It is never silently dropped, and stops none of those behind it."""
    files = {"big.py": "def slow():\n" + "    x = 'word " + "y" * 90 + "'\n" * 1 + "    x = 1  # words words\n" * 4000}
    files |= {f"m{number}.py": f"def slow_{number}():\n    return {number}\n" for number in range(3)}
    context = packed("slow", files, budget=5000)
    tiers = {file.path: file.tier for file in context.files}
    assert tiers["big.py"] == "line"
    assert tiers["m1.py"] == "whole"
    assert "big.py" in context.text.partition("not shown:")[2]


def test_whole_files_only() -> None:
    """Where edits are whole files, parts are of no use; what does not fit does not stop what does."""
    context = packed("`handler_7` is slow, see helper", budget=200, parts=False)
    assert "app/long.py" not in context.paths
    assert "app/small.py" in context.paths
    assert {file.tier for file in context.files} == {"whole"}


def test_with_little_room_only_the_surest_files_are_shown() -> None:
    """A small model gives back whatever it sees; with more room, more is shown."""
    files = {"pkg/reader.py": "def read_table(rows):\n    return [row.split() for row in rows]\n"}
    files |= {"pkg/other.py": "def rows_of(table):\n    return table\n"}
    issue = "`read_table` in pkg/reader.py drops rows of a table"
    assert packed(issue, files, budget=1000).paths == ("pkg/reader.py",)
    assert set(packed(issue, files, budget=5000).paths) == set(files)


def test_equal_input_gives_equal_bytes() -> None:
    """All trajectories share the prefix, and a later run finds it again."""
    again = dict(reversed(FILES.items()))
    assert packed("handler_3 and helper", budget=400).text == packed("handler_3 and helper", again, budget=400).text


@given(budget=st.integers(0, 3000), issue=st.sampled_from(["handler_1", "helper unrelated", "zzz", "value"]))
def test_the_budget_holds_and_rows_are_what_is_shown(budget: int, issue: str) -> None:
    """Whatever the budget; and every row that is said to be shown is in the text."""
    context = packed(issue, budget=budget)
    assert context.tokens <= budget or not context.text
    for file in context.files:
        lines = FILES[file.path].split("\n")
        for start, stop in file.rows:
            assert "\n".join(lines[start:stop]) in context.text


def test_nothing_found_is_nothing_shown() -> None:
    """An empty tree, or an issue without a word in common."""
    assert packed("zzz", budget=5000).paths == ()
    assert packed("anything", {}, budget=5000).text == ""


@pytest.mark.parametrize("content", ["```\ncode\n```", "````\n"])
def test_a_fence_is_longer_than_any_inside(content: str) -> None:
    """A Markdown file cannot end its own block."""
    shown = show_file("a.md", content)
    fence = shown.split("\n")[1]
    assert fence.strip("`") == ""
    assert fence not in content
