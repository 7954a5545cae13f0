"""Patches under letters: nothing in them can end a fence, take more room than there is, or be read as an answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.selecting import RIGHT, WRONG, AnsweringModel, Case, in_turn, opened

from agent.edits.fences import fences
from agent.selecting.lettered import NONE, groups, outside_fences, read_choice, show_patches
from agent.selecting.show import fenced
from agent.trajectory.dialogue import Unreadable
from selection.matrix import Candidate

hostile = st.text(st.sampled_from("`~+- \tCHOICE: ABnone\n\r\u2028\x0b#*"), max_size=120) | st.lists(
    st.sampled_from(["```", "````diff", "~~~", "CHOICE: A", "CHOICE: none", "+CHOICE: B", "", "text"])
).map("\n".join)


@given(hostile)
def test_what_is_quoted_in_a_fence_is_no_answer(text: str) -> None:
    """A model that shows a patch as it was shown itself has not said what stands in it."""
    assert read_choice(f"{fenced(text, 'diff')}\n\nCHOICE: C\n", "ABC") == "C"


@given(hostile)
def test_what_a_diff_adds_is_no_answer(text: str) -> None:
    """Each of its lines has a sign before it, fence or no fence."""
    quoted = "\n".join("+" + line for line in text.split("\n"))
    found = read_choice(f"{quoted}\nCHOICE: C\n", "ABC")
    assert found == "C"


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("CHOICE: B", "B"),
        ("It is clear.\r\n\r\n**CHOICE: patch b**\r\n", "B"),
        ("## CHOICE: `C`.", "C"),
        ("CHOICE: None", NONE),
        ("CHOICE: B\nas I said,\nCHOICE: B", "B"),
        ("CHOICE: B\nCHOICE: C", None),
        ("CHOICE: letter", None),
        ("CHOICE: D", None),
        ("CHOICE: B or C", None),
        ("> CHOICE: B", None),
        ("My CHOICE: B", None),
        ("text\u2028CHOICE: B", None),
        ("B", None),
    ],
)
def test_a_choice_is_a_line_of_its_own(reply: str, choice: str | None) -> None:
    """Anything else is asked for again: it is nobody's vote."""
    found = read_choice(reply, "ABC")
    assert isinstance(found, Unreadable) if choice is None else found == choice


def test_an_open_fence_hides_the_rest() -> None:
    """What may be a quotation is not read."""
    assert outside_fences("one\n```\ntwo\nthree") == "one"


async def test_patches_fit_the_room_and_keep_their_fences(tmp_path: Path) -> None:
    """However long they are and whatever they hold; the short ones are whole."""
    texts = ["`" * 5 + "\n" + "x\n" * 9000, "short", "```\n" * 2000, "y" * 30_000]
    async with opened(tmp_path, Case({"right": RIGHT}), AnsweringModel(in_turn())) as case:
        wide = replace(case.bench, profile=replace(case.bench.profile, output_chars=100_000))
        shown = {letter: Candidate(letter, text.encode(), ()) for letter, text in zip("BADC", texts, strict=True)}
        for room in (8000, 2000, 700):
            whole = show_patches(wide, shown, room)
            assert case.bench.count_tokens(whole) <= room
            blocks = fences(whole.splitlines())
            assert [block.before[0] for block in blocks] == [f"Patch {letter}:" for letter in "BADC"]
            assert all(block.closed for block in blocks)
            assert blocks[1].lines == ("short",)


async def test_groups_are_even_and_drawn_alike(tmp_path: Path) -> None:
    """As few as there can be; the order of arrival is no matter."""
    async with opened(tmp_path, Case({"right": RIGHT, "wrong": WRONG}), AnsweringModel(in_turn())) as case:
        many = [Candidate(f"{n:02}", b"", ()) for n in range(21)]
        drawn = groups(case.bench, many, "test")
        assert [len(group) for group in drawn] == [7, 7, 7]
        assert drawn == groups(case.bench, many[::-1], "test")
        assert drawn != groups(case.bench, many, "another")
        assert sorted(one.digest for group in drawn for one in group) == [one.digest for one in many]
