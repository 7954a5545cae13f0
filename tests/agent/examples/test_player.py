"""The program that plays an example, run for real."""

import ast

import pytest
from support.played import play

from agent.examples.program import UNFIT, Play, program_of

TREE = {
    "fruit/__init__.py": "from fruit.core import ripe\n",
    "fruit/core.py": "def ripe(n):\n    if n < 0:\n        raise RipeError('not %d' % n)\n    return {n: 'ripe'}\n"
    "class RipeError(ValueError): pass\n",
    "fruit/abc.py": "x, y, z = 'xyz'\n",
    "fruit/deep/__init__.py": "",
    "fruit/deep/peel.py": "def peel_it(n):\n    return 'peeled %d' % n\n",
}


def shown(*steps: Play, files: dict[str, str] | None = None) -> tuple[int, str]:
    execution = play(program_of(steps, files or {}), TREE)
    assert execution.stderr == ""
    return execution.exit_code, execution.stdout


def test_values_are_shown_as_an_interpreter_shows_them() -> None:
    """Every expression by its representation; None and assignments not at all."""
    steps = Play("python", "a = 'x'"), Play("python", "a\na * 2\nNone"), Play("python", "print(a)")
    assert shown(*steps) == (0, "#1\n#2\n'x'\n'xx'\n#3\nx\n#end\n")


def test_it_goes_on_after_an_exception() -> None:
    """Type and message, then the next statement."""
    steps = Play("python", "import fruit\nfruit.ripe(-1)"), Play("python", "fruit.ripe(2)")
    assert shown(*steps) == (1, "#1\nRipeError: not -1\n#2\n{2: 'ripe'}\n#end\n")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("fruit.ripe(1)", "{1: 'ripe'}"),
        ("ripe(1)", "{1: 'ripe'}"),
        ("y + z", "'yz'"),
        ("peel_it(3)", "'peeled 3'"),
        ("json.dumps([1])", "'[1]'"),
    ],
)
def test_names_that_an_issue_takes_for_granted_are_looked_up(source: str, value: str) -> None:
    """In the repository's packages, what they export first; then where they define it; then in the standard library."""
    assert shown(Play("python", source)) == (0, f"#1\n{value}\n#end\n")


@pytest.mark.parametrize(
    "source", ["no_such_name(1)", "import no_such_module_anywhere", "def f(:", "input()", "raise ConnectionError('x')"]
)
def test_what_fails_for_want_of_something_else_is_unfit(source: str) -> None:
    """It says nothing of the repository."""
    assert shown(Play("python", source))[0] == UNFIT


def test_a_module_that_the_repository_lacks_is_its_own_fault() -> None:
    """An import of its own name that fails may be what the issue is about."""
    code, output = shown(Play("python", "import fruit.seeds"))
    assert (code, "fruit.seeds" in output) == (1, True)


def test_quiet_steps_show_nothing_and_prepare() -> None:
    """Earlier blocks define what later ones use."""
    steps = Play("python", "a = 2\nprint('loud')\n1/0", quiet=True), Play("python", "a")
    assert shown(*steps) == (0, "#2\n2\n#end\n")


def test_commands_run_one_after_the_other_with_their_files() -> None:
    """A directory that is changed to stays; the exit code is shown."""
    steps = (
        Play("shell", "mkdir sub; cd sub"),
        Play("shell", "cat ../a.txt; pwd | sed 's/.*\\///'; exit 3"),
        Play("shell", "python3 -c 'import fruit; print(fruit.ripe(1))'"),
    )
    code, output = shown(*steps, files={"a.txt": "text\n"})
    assert (code, output) == (1, "#1\n#2\ntext\nsub\n(exit code 3)\n#3\n{1: 'ripe'}\n#end\n")


@pytest.mark.parametrize("command", ["no-such-tool -x", "python3 absent.py", "ls nowhere/"])
def test_commands_that_lack_something_are_unfit(command: str) -> None:
    """A tool, a file, a directory that nobody showed."""
    assert shown(Play("shell", command, reads=True))[0] == UNFIT


def test_tests_are_run() -> None:
    """By pytest, which this Python has; paths and times are the normaliser's business."""
    code, output = shown(Play("tests", "test_a.py"), files={"test_a.py": "def test_a():\n    assert 1 == 2\n"})
    assert (code, "1 failed" in output, "assert 1 == 2" in output) == (1, True, True)


def test_sets_are_in_the_same_order_every_time() -> None:
    """Hashes of text are no behaviour."""
    outputs = {shown(Play("python", "list({'a', 'b', 'c', 'd'})")) for _ in range(3)}
    assert len(outputs) == 1


def test_warnings_are_shown_unless_an_import_gives_them() -> None:
    """The first example that needs a module would show them, and no other."""
    source = "import loud\nloud.cry()"
    text = "import warnings\nwarnings.warn('imported')\ndef cry():\n    warnings.warn('called')\n"
    _, output = shown(Play("python", source), files={"loud.py": text})
    assert ("imported" in output, "UserWarning: called" in output) == (False, True)


def test_data_cannot_leave_the_plan() -> None:
    """Quotes and braces of an issue stay text."""
    source = "'''\"\"\"\\\\' \" \\n{}%s'''"
    assert shown(Play("python", f"print({source!r})")) == (0, f"#1\n{source}\n#end\n")


def test_it_is_python_of_long_ago() -> None:
    """Repositories need old ones."""
    ast.parse(program_of((), {}), feature_version=(3, 5))
