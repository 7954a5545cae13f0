"""Which probes an issue gives, and what it says of their outputs."""

import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.examples.extract import MOST, probes_of
from selection.behaviour import Probe


def plan(probe: Probe) -> dict[str, object]:
    line = next(line for line in probe.text.split("\n") if line.startswith("PLAN = "))
    found: list[object] = []
    exec(line.replace("PLAN = ", "found.append(") + ")", {"json": json, "found": found})
    return found[0]  # type: ignore[return-value]


def steps(probe: Probe) -> list[str]:
    marks = {"python": "", "shell": "$ ", "tests": "tests "}
    told = plan(probe)["steps"]
    return [("quiet " if s["quiet"] else "") + marks[s["kind"]] + s["source"] for s in told]  # type: ignore[union-attr]


SESSION = """\
It is wrong:
```
>>> a = double(2)
>>> a
5
>>> half(
...     "x")
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
repo.errors.HalfError: no number
```
"""


def test_a_session_becomes_statements() -> None:
    """Inputs are run, what is shown after them is remembered, and what raised is complained about."""
    (probe,) = probes_of(SESSION)
    assert steps(probe) == ["a = double(2)", "a", 'half(\n    "x")']
    assert probe.wanted == ("#2\n5", "#3\nHalfError: no number")
    assert probe.unwanted == ("#3\nHalfError: no number",)


def test_a_notebook_is_a_session() -> None:
    """IPython's prompts, continuations, results and tracebacks."""
    text = (
        "```\nIn [1]: x = [\n   ...: 1]\n\nIn [2]: x\nOut[2]: [1]\n\nIn [3]: x[2]\n---------------------------------\n"
        "IndexError        Traceback (most recent call last)\n<ipython-input-3> in <module>\n----> 1 x[2]\n\n"
        "IndexError: out of range\n```"
    )
    (probe,) = probes_of(text)
    assert steps(probe) == ["x = [\n1]", "x", "x[2]"]
    assert probe.unwanted == ("#3\nIndexError: out of range",)


def test_the_only_output_of_a_session_is_the_complaint() -> None:
    """Why else would it be shown."""
    (probe,) = probes_of("```\n>>> a = 2\n>>> double(a)\n5\n```")
    assert probe.unwanted == ("#2\n5",)


@pytest.mark.parametrize(
    "text", ["Look:\n>>> double(2)\n5\n", "# Bug\n    >>> double(2)\n    5\n", ">>> double(2)\n5\n"]
)
def test_sessions_need_no_fence(text: str) -> None:
    """Prompts tell."""
    (probe,) = probes_of(text)
    assert (steps(probe), probe.wanted) == (["double(2)"], ("#1\n5",))


def test_old_prints_and_arrows_are_mended() -> None:
    """Issues are older than today's Python."""
    (probe,) = probes_of("```\n>>> print tuple([1])\n>>> double(2)  <--- wrong\n```")
    assert steps(probe) == ["print(tuple([1]))", "double(2)"]


def test_blocks_carry_over() -> None:
    """A later block is run after those that it needs, in silence; what only prepares is no probe."""
    probes = probes_of(
        "```python\nfrom repo import *\nd = load()\n```\nthen\n```python\nd.show()\n```\nand\n```python\nf(1)\n```"
    )
    assert [steps(probe) for probe in probes] == [
        ["quiet from repo import *\nd = load()", "d.show()"],
        ["quiet from repo import *\nd = load()", "f(1)"],
    ]


@pytest.mark.parametrize(
    "block",
    [
        "```\nTraceback (most recent call last):\n  File \"a.py\", line 1\nValueError: f(x)\n```",
        "```diff\n-f(1)\n+f(2)\n```",
        "```ini\n[a]\nb = 1\n```",
        "```json\n{\"a\": [1]}\n```",
        "```\n{1, 2}\n```",
        "```js\nf(1);\n```",
        "```\nPlatform: linux\nPython: 3.9\n```",
        "```python\n\n```",
        "```python\ndef f():\n    pass\n```",
        "```\n    return all(self[i] for i in x)\n```",
        "`f()` and `x.y` and `some words`",
        "```\n$ pip install x\n$ git clone y\n```",
    ],
)  # fmt: skip
def test_what_is_no_program_gives_no_probe(block: str) -> None:
    """Outputs, differences, settings, other languages, definitions alone."""
    assert probes_of(f"Something\n\n{block}\n") == ()


def test_the_exception_after_a_block_is_a_complaint() -> None:
    """Without its module, and without its frames."""
    trace = 'Traceback (most recent call last):\n  File "a", line 1\na.b.FError: bad'
    text = f"```python\nf(1)\n```\nError:\n```\n{trace}\n```"
    (probe,) = probes_of(text)
    assert (probe.wanted, probe.unwanted) == ((), ("FError: bad",))


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        ("I get this output:", (), ("a 1\nb 2",)),
        ("Expected output:", ("a 1\nb 2",), ()),
        ("It should print", ("a 1\nb 2",), ()),
        ("Some more text.", (), ()),
        ("I expected something else, but I get", (), ()),
    ],
)
def test_clear_words_say_what_an_output_is(words: str, wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> None:
    """Unclear ones say nothing."""
    (probe,) = probes_of(f"```python\nf(1)\n```\n{words}\n```\na 1\nb 2\n```\n")
    assert (probe.wanted, probe.unwanted) == (wanted, unwanted)


def test_a_wanted_value_in_a_sentence() -> None:
    """Right after the example, and with words that announce it."""
    (probe,) = probes_of("```\n>>> f(1)\n2\n>>> f(2)\n3\n```\nThe answer should be `[1, 2]` there.")
    assert probe.wanted[-1] == "[1, 2]"


def test_a_short_value_belongs_to_the_only_output() -> None:
    """It says nothing anywhere else."""
    (probe,) = probes_of("```\n>>> x = 1\n>>> f(x)\n2\n```\nIt should be `3`.")
    assert probe.wanted == ("#2\n2", "#2\n3")


def test_calls_that_prose_quotes() -> None:
    """With what they give, and what they should give instead."""
    text = "`f(1)` works as expected returning `'a'`.\nBut `f(2)` gives `'b'` instead of `'c'`."
    text += " And `f(3)` raises a `ValueError`."
    (probe,) = probes_of(text)
    assert steps(probe) == ["f(1)", "f(2)", "f(3)"]
    assert probe.wanted == ("#1\n'a'", "#2\n'c'")
    assert probe.unwanted == ("#2\n'b'", "#3\nValueError")


def test_commands_with_the_files_that_are_shown() -> None:
    """A file is named by its first line or by the words before it."""
    text = (
        "`conf.ini` contains:\n```ini\n[a]\n```\n\n```py\n# test_one.py\ndef test_one():\n    assert 0\n```\n"
        "Running `pytest test_one.py -c conf.ini`."
    )
    commands, tests = probes_of(text)
    assert steps(commands) == ["$ pytest test_one.py -c conf.ini"]
    assert sorted(plan(commands)["files"]) == ["conf.ini", "test_one.py"]  # type: ignore[arg-type]
    assert steps(tests) == ["tests test_one.py"]


def test_commands_after_a_prompt() -> None:
    """In order, without what installs; a drawn tree gives its files."""
    text = "```\n.\n`-- a/\n    |-- a.py\n    `-- b.py\n```\n"
    text += "```\n$ pip install tool\n$ tool a\nsome output\n$ mv a/a.py a/c.py\n```"
    (probe,) = probes_of(text)
    assert steps(probe) == ["$ tool a", "$ mv a/a.py a/c.py"]
    assert sorted(plan(probe)["files"]) == ["a/a.py", "a/b.py"]  # type: ignore[arg-type]


def test_a_failure_as_pytest_shows_it_is_a_test() -> None:
    """Its marks are taken off."""
    (probe,) = probes_of("```\n    def test_b():\n>       assert b'' == b'42'\nE       AssertionError: assert b''\n```")
    assert plan(probe)["files"] == {"test_example.py": "def test_b():\n    assert b'' == b'42'\n"}


def test_paths_stay_inside() -> None:
    """No file is written outside the example's directory."""
    text = "`../../evil.py` contains:\n```python\nx = f(1)\n```\n`/etc/evil.py`:\n```python\ny = f(2)\n```\n"
    text += "Run `pytest -x a.py`"
    assert all(plan(probe)["files"] == {} for probe in probes_of(text))


def test_equal_blocks_count_once_and_all_are_bounded() -> None:
    """Issues quote themselves."""
    assert len(probes_of("```python\nf(1)\n```\n" * 3)) == 1
    assert len(probes_of("".join(f"```python\nf({n})\n```\n" for n in range(20)))) == MOST


WORDS = [
    "```",
    "```python",
    ">>> f(1)",
    "In [1]: x",
    "Out[1]: 2",
    "$ pytest -x",
    "    f(1)",
    "# a.py",
    "`f(1)`",
    " gives ",
    "|-- a/",
    "Expected:",
    "Traceback (most recent call last):",
    "ValueError: x",
    "- ",
    "> ",
    "<details>",
    "\n",
    "\n\n",
    "'\\d'",
    "\x00",
    "((((",
    "x is 1",
]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=20), max_size=30).map("\n".join) | st.text())
def test_any_text_is_an_issue(text: str) -> None:
    """It gives probes or none, always the same, and never a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert probes_of(text) == probes_of(text)
