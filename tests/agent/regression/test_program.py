"""The program that runs tests inside a sandbox, here with the interpreter of these tests, on harmless trees."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from support.git_repository import write_files
from support.regression import without_pytest

from agent.regression.order import COMMAND_FILE, Allowed, Order, program
from agent.regression.report import Report, read_report

FILE = "tests/test_it.py"


def run(place: Path, text: str, python: str = sys.executable, **order: object) -> Report:
    """What becomes of one test file."""
    write_files(place / "tree", {FILE: text, "calc.py": "def one(): return 1\n"})
    fixed = {"nonce": "0" * 32, "files": (FILE,), "begin": 60.0, "allowed": Allowed(60, 70)}
    (place / "program.py").write_text(Order(**{**fixed, **order}).script, encoding="utf-8")  # type: ignore[arg-type]
    done = subprocess.run(
        [python, "-I", place / "program.py"] if order.get("kind") == "command" else [python, place / "program.py"],
        cwd=place / "tree", capture_output=True, text=True, timeout=120, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    report = read_report(done.stdout, "0" * 32)
    assert report.ended
    return report


def test_old_interpreters_can_read_it() -> None:
    """The environment of a task may be as old as Python 3.5."""
    ast.parse(program(), feature_version=(3, 5))


PYTEST_TESTS = """
import pytest, sys, unittest
sys.path.insert(0, ".")
from calc import one

def test_good(): assert one() == 1
def test_bad(): assert one() == 2
@pytest.mark.parametrize("x", [1, "a::b", "[", "\\x1b"])
def test_many(x): pass
@pytest.mark.skip
def test_skipped(): assert 0
@pytest.mark.xfail
def test_expected(): assert 0
@pytest.fixture
def broken(): raise RuntimeError("no")
def test_error(broken): pass
@pytest.fixture
def breaks_later():
    yield
    raise RuntimeError("late")
def test_late(breaks_later): pass
class TestIn:
    class TestDeep:
        def test_deep(self): pass
class Case(unittest.TestCase):
    def test_case(self): pass
    def test_wrong(self): self.fail()
"""


def test_pytest_tells_of_every_test(tmp_path: Path) -> None:
    """By its JUnit report; names are those within the file."""
    report = run(tmp_path, PYTEST_TESTS)
    assert report.runner is not None
    assert report.runner.said == f"pytest {pytest.__version__}"
    record = report.files[FILE]
    odd = {name: record.tests[name] for name in record.tests if name.startswith("test_many[") and len(name) > 12}
    assert set(odd.values()) == {"p"}
    assert {name: how for name, how in record.tests.items() if name not in odd} == {
        "test_good": "p",
        "test_bad": "f",
        "test_many[1]": "p",
        "test_many[[]": "p",
        "test_skipped": "s",
        "test_expected": "s",
        "test_error": "e",
        "test_late": "e",
        "TestIn.TestDeep::test_deep": "p",
        "Case::test_case": "p",
        "Case::test_wrong": "f",
    }
    assert record.how == "ended"


def test_pytest_runs_only_what_is_asked_for(tmp_path: Path) -> None:
    """Single parameters and nested classes among it."""
    names = ("test_good", "test_many[a::b]", "test_many[[]", "TestIn.TestDeep::test_deep", "Case::test_case", "gone")
    report = run(tmp_path, PYTEST_TESTS, wanted={FILE: names})
    assert report.files[FILE].tests == dict.fromkeys(names[:-1], "p")


def test_where_the_roots_settings_lie_deeper(tmp_path: Path) -> None:
    """A configuration file beside the tests makes another root, and other names in the report."""
    write_files(tmp_path / "tree", {"tests/pytest.ini": "[pytest]\naddopts = -x --lf\n"})
    report = run(tmp_path, "class TestA:\n    def test_bad(self): assert 0\n    def test_b(self): pass\n")
    assert report.files[FILE].tests == {"TestA::test_bad": "f", "TestA::test_b": "p"}


def test_warnings_may_be_let_pass(tmp_path: Path) -> None:
    """Where the repository makes errors of them, and its environment is too new for it."""
    write_files(tmp_path / "tree", {"pytest.ini": "[pytest]\nfilterwarnings = error::FutureWarning\n"})
    text = "import warnings\ndef test_old(): warnings.warn('old', FutureWarning)\n"
    assert run(tmp_path, text).files[FILE].tests == {"test_old": "f"}
    assert run(tmp_path, text, lenient=True).files[FILE].tests == {"test_old": "p"}


def test_pytest_stops_between_two_tests_when_time_is_up(tmp_path: Path) -> None:
    """And what it has done until then is reported."""
    text = "import time\n" + "".join(f"def test_{n}(): time.sleep(1.5)\n" for n in range(4))
    record = run(tmp_path, text, allowed=Allowed(1, 60)).files[FILE]
    assert (record.how, record.tests) == ("stopped", {"test_0": "p"})


def test_a_file_that_cannot_be_imported(tmp_path: Path) -> None:
    """Its tests are not reported, so they do not pass."""
    record = run(tmp_path, "import nothing_like_this\ndef test_a(): pass\n").files[FILE]
    assert "test_a" not in record.tests
    assert "p" not in record.tests.values()


PLAIN_TESTS = """
import functools, time, unittest
from calc import one

class XFail(Exception): pass
class Skipped(Exception): pass
def XFAIL(function):
    @functools.wraps(function)
    def wrapper():
        try: function()
        except Exception: raise XFail("as expected")
    return wrapper
def slow(function):
    function._slow = True
    return function

def test_good(): assert one() == 1
def test_bad(): assert one() == 2
@XFAIL
def test_expected(): assert 0
def test_skipped(): raise Skipped("not here")
@slow
def test_slow(): assert 0
def test_fixture(thing): assert 0
def test_default(thing=3): assert thing
def test_exits(): raise SystemExit(0)
def test_hangs():
    while True:
        try: time.sleep(60)
        except Exception: pass
def test_yields(): yield 1
class TestMethods:
    def setup_method(self): self.x = 1
    def test_method(self): assert self.x == 1
    def test_wants(self, tmp_path): pass
    @staticmethod
    def helper(): pass
class TestNot:
    def __init__(self, x): pass
    def test_no(self): pass
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.y = 2
    def setUp(self): self.x = 1
    def test_case(self): assert self.x + self.y == 3
    def test_wrong(self): self.fail()
    @unittest.skip("why not")
    def test_skip(self): self.fail()
    @unittest.expectedFailure
    def test_expect(self): self.fail()
def helper(): assert 0
"""

PLAIN_OUTCOMES = {
    "test_good": "p",
    "test_bad": "f",
    "test_expected": "s",
    "test_skipped": "s",
    "test_slow": "s",
    "test_fixture": "s",
    "test_default": "p",
    "test_exits": "f",
    "test_hangs": "f",
    "test_yields": "s",
    "TestMethods::test_method": "p",
    "TestMethods::test_wants": "s",
    "Case::test_case": "p",
    "Case::test_wrong": "f",
    "Case::test_skip": "s",
    "Case::test_expect": "s",
}


def test_without_pytest_functions_and_classes_are_run_as_they_are(tmp_path: Path) -> None:
    """What needs fixtures is skipped, what hangs is ended, what says that it is no failure is none."""
    report = run(tmp_path, PLAIN_TESTS, without_pytest(tmp_path), allowed=Allowed(40, 42))
    assert report.runner is not None
    assert report.runner.said == "a plain runner"
    assert report.files[FILE].how == "ended"
    assert report.files[FILE].tests == PLAIN_OUTCOMES


def test_the_plain_runner_runs_only_what_is_asked_for(tmp_path: Path) -> None:
    """By the same names."""
    names = ("test_good", "Case::test_case", "gone")
    report = run(tmp_path, PLAIN_TESTS, kind="plain", wanted={FILE: names})
    assert report.files[FILE].tests == dict.fromkeys(names[:-1], "p")


def test_tests_in_packages_may_import_beside_themselves(tmp_path: Path) -> None:
    """A file is imported as the module of its package."""
    write_files(tmp_path / "tree", {"tests/__init__.py": "", "tests/help.py": "X = 1\n"})
    report = run(tmp_path, "from .help import X\nimport calc\ndef test_x(): assert X\n", kind="plain")
    assert report.files[FILE].tests == {"test_x": "p"}


REPORT = """cat >{report} <<'END'
%s<testsuites><testsuite>
<testcase classname="a.B" name="c"/><testcase name="d" file="f.js"><failure/></testcase>
</testsuite></testsuites>
END
exit 1
"""


def test_a_command_with_a_report(tmp_path: Path) -> None:
    """Its tests and its exit code."""
    record = run(tmp_path, "", kind="command", files=(COMMAND_FILE,), command=REPORT % "").files[COMMAND_FILE]
    assert record.tests == {"a.B::c": "p", "f.js::d": "f", "the test command": "f"}


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">\n',
        "<not xml",
    ],
)
def test_a_report_that_defines_entities_is_not_read(tmp_path: Path, head: str) -> None:
    """They can grow without end, or be files of the machine."""
    record = run(tmp_path, "", kind="command", files=(COMMAND_FILE,), command=REPORT % head).files[COMMAND_FILE]
    assert record.tests == {"the test command": "f"}


def test_a_cut_report_tells_what_it_holds(tmp_path: Path) -> None:
    """A program that was ended while it wrote has still said something."""
    command = 'printf \'<testsuite><testcase name="a"/><testcase name="b">\' >{report}'
    record = run(tmp_path, "", kind="command", files=(COMMAND_FILE,), command=command).files[COMMAND_FILE]
    assert record.tests == {"a": "p", "the test command": "p"}
