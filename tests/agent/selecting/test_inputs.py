"""Programs that a model writes: how they are read, run and kept."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.selecting import RIGHT, WRONG, AnsweringModel, Case, in_turn, opened

from agent.selecting.inputs import (
    Foretold,
    Input,
    foretold_grammar,
    inputs_grammar,
    observe,
    read_foretold,
    read_inputs,
    with_probe,
)
from agent.selecting.show import fenced, show_files
from agent.trajectory.dialogue import Unreadable

FORETOLD = "```python\nfrom lib import double\ndouble(3)\n```\n\n```text\n6\n```\n\n```text\n9\n```\n"


def ran(program: str, place: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", program], cwd=place, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_several_programs_are_read() -> None:
    """Each block is one; the same twice is one; too many are left."""
    reply = "First\n```python\nprint(1)\n```\n```\nprint(2)\n```\n```python\nprint(1)\n```\n~~~py\nprint(3)\n~~~\n"
    found = read_inputs(reply, asked="program", most=5)
    assert isinstance(found, tuple)
    assert [one.program for one in found] == ["print(1)\n", "print(2)\n", "print(3)\n"]
    assert read_inputs(reply, asked="program", most=2) == found[:2]


def test_what_is_no_python_is_left_out() -> None:
    """Unless there is nothing else, which is said."""
    broken = "```python\nprint(\n```\n"
    assert read_inputs(broken + "```python\nprint(1)\n```", asked="program", most=3) == (
        Input("print(1)\n", "print(1)\n"),
    )
    problem = read_inputs(broken, asked="program", most=3)
    assert isinstance(problem, Unreadable)
    assert "not valid Python" in problem.problem


@pytest.mark.parametrize(
    "reply", ["", "print(1)", "```text\nprint(1)\n```", "```python\n\n```", "```python\n# no\n```"]
)
def test_no_program_is_unreadable(reply: str) -> None:
    """Nothing is made up."""
    assert isinstance(read_inputs(reply, asked="printed", most=3), Unreadable)


def test_a_program_with_what_is_expected_of_it() -> None:
    """The predictions are in the order in which the patches were shown."""
    found = read_foretold(FORETOLD, asked="program")
    assert isinstance(found, Foretold)
    assert found.predictions == ("6", "9")
    assert found.input.program == "from lib import double\ndouble(3)\n"


@pytest.mark.parametrize(
    "reply",
    [
        "```python\nprint(1)\n```",
        "```python\nprint(1)\n```\n```text\n1\n```",
        FORETOLD + "```text\nmore\n```",
        FORETOLD.replace("double(3)", "double("),
        "A prints 6",
    ],
)
def test_predictions_are_not_left_out(reply: str) -> None:
    """Three blocks or none: what was expected is never guessed."""
    assert isinstance(read_foretold(reply, asked="program"), Unreadable)


def test_an_example_shows_its_values(tmp_path: Path) -> None:
    """As an interpreter would; None is not shown."""
    found = read_inputs("```python\nx = 2\nx + 1\nprint('p')\nNone\n[x]\n```", asked="printed", most=1)
    assert isinstance(found, tuple)
    assert ran(found[0].program, tmp_path) == (0, "3\np\n[2]\n")


def test_an_example_that_raises_says_what(tmp_path: Path) -> None:
    """Type and message; no frames, which differ from patch to patch."""
    found = read_inputs("```python\n1\nint('x y')\n2\n```", asked="printed", most=1)
    assert isinstance(found, tuple)
    assert ran(found[0].program, tmp_path) == (1, "1\nValueError: invalid literal for int() with base 10: 'x y'\n")


@given(st.text())
def test_any_text_can_be_read(reply: str) -> None:
    """An answer, or a problem; never an exception."""
    for asked in ("program", "printed"):
        assert isinstance(read_inputs(reply, asked=asked, most=3), tuple | Unreadable)
        assert isinstance(read_foretold(reply, asked=asked), Foretold | Unreadable)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="`\r"), min_size=1))
def test_any_example_is_run_as_it_stands(text: str) -> None:
    """Whatever is in a literal comes out of it, quotes and all."""
    program = f"```python\nTEXT = {text!r}\n```"
    found = read_inputs(program, asked="printed", most=1)
    assert isinstance(found, tuple)
    compile(found[0].program, "program", "exec")


def test_the_grammars_say_what_is_read() -> None:
    """One block or more; a program and two predictions."""
    assert inputs_grammar(1).startswith("root ::= block\n")
    assert inputs_grammar(3).startswith("root ::= block block? block?\n")
    assert foretold_grammar().count("text{1,12}") == 2


@pytest.mark.parametrize("text", ["plain", "```\nx\n```", "`````", "a\n````python\nb", "no newline ```"])
def test_a_fence_cannot_be_closed_from_inside(text: str) -> None:
    """It is longer than any inside it."""
    whole = fenced(text, "text").splitlines()
    fence = whole[-1]
    assert whole[0] == fence + "text"
    assert fence not in "\n".join(whole[1:-1])


@given(st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), st.text(), max_size=5))
def test_files_are_shown_within_their_room(files: dict[str, str]) -> None:
    """Each gets a share; the marks around them are extra."""
    assert len(show_files(files, 50)) <= 50 + sum(80 + len(path) + 4 * len(files[path]) for path in files)


async def test_a_program_is_kept_with_what_it_showed(tmp_path: Path) -> None:
    """On the base tree and on candidates; a second time changes nothing."""
    async with opened(tmp_path, Case({"right": RIGHT, "wrong": WRONG}), AnsweringModel(in_turn())) as case:
        trees = [case.bench.base.tree, *case.trees.values()]
        seen = await observe(case.bench, Input("double(3)", "double(3)"), "S* input 1", trees)
        once = with_probe(case.bench, case.matrix, seen)
        assert [probe.origin for probe in once.probes] == ["S* input 1"]
        assert {behaviour.exit_code for behaviour in once.base_behaviours.values()} == {2}
        assert once.behaviours[case.trees["right"], seen.probe.digest].exit_code == 0
        assert with_probe(case.bench, once, seen) == once
