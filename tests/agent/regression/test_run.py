"""The repository's own tests on the base and on candidates, in a real sandbox."""

import shlex
from pathlib import Path

import pytest
from support.bench import ScriptedSandbox
from support.regression import candidate, open_regression_bench
from support.sandboxes import bubblewrap_problem, need

from agent.regression import run_full_suite, run_tests

pytestmark = pytest.mark.bubblewrap

CALC = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
WRONG = CALC.replace("return 2", "return 3")
RIGHT = CALC + "\n\ndef three():\n    return 3\n"
TESTS = "import calc\ndef test_one(): assert calc.one() == 1\ndef test_two(): assert calc.two() == 2\n"
FILES = {"calc.py": CALC, "tests/test_calc.py": TESTS, "conftest.py": ""}


@pytest.fixture(autouse=True)
def _bubblewrap() -> None:
    need("bubblewrap", bubblewrap_problem())


@pytest.mark.parametrize("with_pytest", [True, False], ids=["pytest", "plain"])
async def test_a_right_and_a_wrong_candidate(tmp_path: Path, *, with_pytest: bool) -> None:
    """By pytest and without it, under the same names."""
    async with open_regression_bench(tmp_path, FILES, with_pytest=with_pytest) as bench:
        right, wrong = candidate(bench, calc=RIGHT), candidate(bench, calc=WRONG)
        tested = await run_tests(bench, [right, wrong])
    assert tested.tests == 2
    assert tested.files == ("tests/test_calc.py",)
    assert tested.broken == {right.digest: frozenset(), wrong.digest: {"tests/test_calc.py::test_two"}}
    assert tested.runner.startswith("pytest" if with_pytest else "a plain runner")
    said = [step.said for step in tested.trail]
    assert "ran 1 of 1 test files" in said[0]
    assert said[1] == f"Candidate {wrong.digest[:8]} breaks 1 of 2: tests/test_calc.py::test_two."
    assert said[2] == f"No test is broken by 1 of 2 candidates: {right.digest[:8]}."


async def test_the_same_again_runs_nothing(tmp_path: Path) -> None:
    """All runs are in the journal."""
    async with open_regression_bench(tmp_path, FILES) as bench:
        first = await run_tests(bench, [candidate(bench, calc=WRONG)])
    async with open_regression_bench(tmp_path, FILES) as bench:
        before = len(bench.journal.notes("execution"))
        assert await run_tests(bench, [candidate(bench, calc=WRONG)]) == first
        assert len(bench.journal.notes("execution")) == before == 3 + 3


async def test_a_candidate_that_cannot_be_imported_breaks_everything(tmp_path: Path) -> None:
    """Nothing of it passes, although no single test failed."""
    async with open_regression_bench(tmp_path, FILES) as bench:
        broken = candidate(bench, calc="def one(:\n")
        tested = await run_tests(bench, [broken])
    assert tested.broken == {broken.digest: {"tests/test_calc.py::test_one", "tests/test_calc.py::test_two"}}


HOSTILE = {
    "kills the runner": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(os.getpid(), 9)\n",
    "kills everything": "import os, signal\nos.kill(-1, signal.SIGKILL)\n",
    "closes all": "import os\nos.closerange(0, 200)\nos._exit(0)\n",
    "ends well": "import os\nos._exit(0)\n",
    "prints a report": "print('<' + '0' * 32 + ':eJyrVsrOzEtRslJKzUtRqgUAHxUEfQ==>')\n"
    "import os\nos.write(1, b'x' * 10000000)\nos._exit(0)\n",
    "uses up the memory": "x = [b'x' * 1000000 for _ in range(3000)]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_candidates(tmp_path: Path, text: str) -> None:
    """They break all tests, and nothing else."""
    async with open_regression_bench(tmp_path, FILES) as bench:
        hostile, right = candidate(bench, calc=text), candidate(bench, calc=RIGHT)
        tested = await run_tests(bench, [hostile, right])
    assert {name: len(tests) for name, tests in tested.broken.items()} == {hostile.digest: 2, right.digest: 0}


async def test_a_hostile_test_of_the_repository_is_left_out(tmp_path: Path) -> None:
    """On the base tree it ends its process and prints; the others are asked all the same."""
    files = {**FILES, "tests/test_bad.py": "import os\nprint('<>' * 1000)\ndef test_x(): os._exit(0)\n"}
    async with open_regression_bench(tmp_path, files) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=RIGHT)])
    assert (tested.tests, [len(tests) for tests in tested.broken.values()]) == (2, [0])


async def test_what_does_not_pass_every_time_is_not_asked(tmp_path: Path) -> None:
    """Each run has other hashes, so that what depends on the order of a set shows."""
    text = "import calc\ndef test_sets(): assert hash('a') % 3 == 0\ndef test_one(): assert calc.one() == 1\n"
    text += "def test_never(): assert 0\n"
    async with open_regression_bench(tmp_path, {**FILES, "tests/test_calc.py": text}) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=WRONG)])
    assert tested.tests == 1
    assert "1 tests pass on the base tree in each of 3 runs; 2 others do not" in tested.trail[0].said


async def test_a_failure_that_does_not_come_again_is_none(tmp_path: Path) -> None:
    """A candidate's failures are looked at twice more."""
    flaky = CALC.replace("return 2", "import os\n    return 3 if os.environ['PYTHONHASHSEED'] == '0' else 2")
    async with open_regression_bench(tmp_path, FILES) as bench:
        one = candidate(bench, calc=flaky)
        assert (await run_tests(bench, [one])).broken == {one.digest: frozenset()}


@pytest.mark.slow
@pytest.mark.parametrize("with_pytest", [True, False], ids=["pytest", "plain"])
async def test_a_test_that_hangs(tmp_path: Path, *, with_pytest: bool) -> None:
    """It took a moment on the base tree: to hang in it is to break it. A file beside it is asked all the same."""
    hangs = CALC.replace("return 2", "import time\n    time.sleep(1000)")
    files = {**FILES, "tests/test_one.py": "import calc\ndef test_it(): assert calc.one() == 1\n"}
    async with open_regression_bench(tmp_path, files, with_pytest=with_pytest) as bench:
        one = candidate(bench, calc=hangs)
        tested = await run_tests(bench, [one])
    assert "tests/test_calc.py::test_two" in tested.broken[one.digest]
    assert "tests/test_one.py::test_it" not in tested.broken[one.digest]


@pytest.mark.slow
async def test_a_slow_suite_is_run_as_far_as_time_allows(tmp_path: Path) -> None:
    """The nearest files first; what is left comes with the full suite, for finalists."""
    slow = "import calc, time\ntime.sleep(2)\ndef test_it(): assert calc.two() == 2\n"
    files = {**FILES, **{f"tests/test_slow_{n}.py": slow for n in "abcdef"}}
    async with open_regression_bench(tmp_path, files, test_seconds=8.0) as bench:
        wrong, right = candidate(bench, calc=WRONG), candidate(bench, calc=RIGHT)
        tested = await run_tests(bench, [wrong, right])
        assert tested.files[0] == "tests/test_calc.py"
        assert 1 < len(tested.files) < 7
        whole = await run_full_suite(bench, [wrong], tested)
    assert len(whole.files) > len(tested.files)
    assert whole.files[: len(tested.files)] == tested.files
    assert len(whole.broken[wrong.digest]) > len(tested.broken[wrong.digest])
    assert whole.broken[right.digest] == tested.broken[right.digest] == frozenset()
    assert whole.tests == len(tested.files) + 1 + len(whole.files) - len(tested.files)


async def test_no_tests(tmp_path: Path) -> None:
    """Nothing is known then, of no candidate; it is said, and nothing is run."""
    async with open_regression_bench(tmp_path, {"calc.py": CALC}) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=WRONG)])
        assert (tested.tests, tested.broken) == (0, {})
        assert "no test files" in tested.trail[0].said
        assert await run_full_suite(bench, [candidate(bench, calc=WRONG)], tested) == tested
        assert bench.journal.notes("execution") == ()


async def test_no_test_that_passes(tmp_path: Path) -> None:
    """The reason is said."""
    files = {"calc.py": CALC, "test_calc.py": "import missing_module\n"}
    async with open_regression_bench(tmp_path, files) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=WRONG)])
    assert (tested.tests, tested.broken) == (0, {})
    assert "none passes on the base tree" in tested.trail[0].said


async def test_switched_off(tmp_path: Path) -> None:
    """Nothing is run, and that is said."""
    async with open_regression_bench(tmp_path, FILES, tests=False) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=WRONG)])
    assert (tested.tests, tested.broken) == (0, {})
    assert "switched off" in tested.trail[0].said


async def test_machinery_that_fails_says_nothing_of_candidates(tmp_path: Path) -> None:
    """No entry: neither broken nor whole."""
    from dataclasses import replace

    from sandbox.errors import SandboxBroken

    async with open_regression_bench(tmp_path, FILES) as bench:
        broken = replace(bench, sandbox=ScriptedSandbox(lambda files, script: SandboxBroken("gone")))
        tested = await run_tests(broken, [candidate(bench, calc=WRONG)])
    assert (tested.tests, tested.broken) == (0, {})
    assert "gave no report" in tested.trail[0].said


async def test_a_command_by_its_exit_code(tmp_path: Path) -> None:
    """Without a report, it is one test."""
    command = "test $(grep -c 'return 2' calc.py) = 1"
    async with open_regression_bench(tmp_path, FILES, test_command=command) as bench:
        right, wrong = candidate(bench, calc=RIGHT), candidate(bench, calc=WRONG)
        tested = await run_tests(bench, [right, wrong])
        assert await run_full_suite(bench, [right], tested) != tested
    assert tested.tests == 1
    assert tested.broken == {right.digest: frozenset(), wrong.digest: {"the test command"}}


async def test_a_command_with_files_and_a_report(tmp_path: Path) -> None:
    """Single tests are told apart; the exit code counts no more."""
    from support.regression import WITH_PYTEST

    command = f"{shlex.quote(WITH_PYTEST)} -m pytest -q -p no:cacheprovider --junitxml={{report}} {{files}}"
    files = {
        **FILES,
        "tests/test_calc.py": TESTS + "def test_never(): assert 0\n",
        "test a b.py": "def test_q(): pass\n",
    }
    async with open_regression_bench(tmp_path, files, test_command=command) as bench:
        right, wrong = candidate(bench, calc=RIGHT), candidate(bench, calc=WRONG)
        tested = await run_tests(bench, [right, wrong])
    assert tested.tests == 2 + 1 * ("test a b.py" in tested.files)
    assert tested.broken == {right.digest: frozenset(), wrong.digest: {"tests.test_calc::test_two"}}


@pytest.mark.slow
async def test_a_command_that_takes_too_long_is_given_fewer_files(tmp_path: Path) -> None:
    """The nearest are kept."""
    files = {**FILES, **{f"tests/test_{n}.py": "import calc\n" for n in "abcdefg"}}
    command = 'for file in {files}; do test -f "$file" && sleep 2; done'
    async with open_regression_bench(tmp_path, files, test_command=command, test_seconds=9.0) as bench:
        tested = await run_tests(bench, [candidate(bench, calc=RIGHT)])
    assert tested.tests == 1
    assert tested.files[0] == "tests/test_calc.py"
    assert len(tested.files) in {1, 2, 4}
