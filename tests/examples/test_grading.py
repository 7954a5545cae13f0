"""Hidden tests: red before a fix, green after it, run inside a sandbox."""

from pathlib import Path

import pytest
from grading import HIDDEN, count_tests, grade, graded, hidden_tests, run_on_each

from agent.stored import StoredTask
from agent.surroundings import find_surroundings
from sandbox.records import Environment, Execution, Script
from swe_tasks.errors import PatchError
from swe_tasks.task import Task

HERE = Path(__file__).resolve().parent
ISSUES = sorted(path.stem for path in (HIDDEN.parent / "issues").glob("*.md"))

SMUGGLER = b"""\
diff --git a/timeslip/__init__.py b/timeslip/__init__.py
--- a/timeslip/__init__.py
+++ b/timeslip/__init__.py
@@ -1,2 +1,4 @@
 \"""Plain text time sheets.\"""
+import os
+os._exit(0)
 \n\
"""


@pytest.fixture
def stored(repository: Path, bubblewrap: None) -> StoredTask:
    """A task as a run in bubblewrap stores it."""
    found = find_surroundings(repository, python=None)
    where = Environment(str(repository), readonly=found.readonly)
    task = Task("sample", "", str(repository), "0" * 40, "0" * 40, str(repository))
    return StoredTask(task, where, "bubblewrap", found.python)


def test_every_issue_has_its_tests_and_its_fix() -> None:
    """There are some issues, each with hidden tests, a reference fix and a near miss."""
    assert len(ISSUES) >= 3
    assert sorted(path.parent.name for path in HIDDEN.glob("*/test_*.py")) == ISSUES
    for kind in ("fixes", "near_misses"):
        assert sorted(path.stem for path in (HERE / kind).glob("*.diff")) == ISSUES


@pytest.mark.bubblewrap
@pytest.mark.parametrize("issue", ISSUES)
async def test_hidden_tests_tell_right_from_wrong(
    issue: str, repository: Path, stored: StoredTask, tmp_path: Path
) -> None:
    """The base and a plausible wrong fix fail; the reference fix passes."""
    fix, near = ((HERE / kind / f"{issue}.diff").read_bytes() for kind in ("fixes", "near_misses"))
    grades = await grade([b"", fix, near], issue=issue, repository=repository, stored=stored, scratch=tmp_path)
    assert [g.right for g in grades] == [False, True, False], grades


@pytest.mark.bubblewrap
@pytest.mark.parametrize("issue", ISSUES)
async def test_the_fix_keeps_the_repositorys_own_tests(
    issue: str, repository: Path, stored: StoredTask, tmp_path: Path
) -> None:
    """The repository's own tests pass with the reference fix, as they do without."""
    fix = (HERE / "fixes" / f"{issue}.diff").read_bytes()
    own = Script(
        "import sys, unittest\nunittest.main(module=None, argv=['unittest', 'discover'])\n",
        command=(stored.python, "{script}"),
    )
    executions = await run_on_each([b"", fix], own, repository=repository, stored=stored, scratch=tmp_path)
    for execution in executions:
        assert execution.exit_code == 0, execution.stderr


@pytest.mark.bubblewrap
async def test_leaving_early_passes_nothing(repository: Path, stored: StoredTask, tmp_path: Path) -> None:
    """A patch that ends the tests with exit code 0 before they ran is wrong."""
    (found,) = await grade([SMUGGLER], issue=ISSUES[0], repository=repository, stored=stored, scratch=tmp_path)
    assert not found.right


@pytest.mark.bubblewrap
async def test_a_patch_that_does_not_apply_is_an_error(repository: Path, stored: StoredTask, tmp_path: Path) -> None:
    """No grade is made up for it."""
    broken = SMUGGLER.replace(b"Plain text", b"Other text")
    with pytest.raises(PatchError):
        await grade([broken], issue=ISSUES[0], repository=repository, stored=stored, scratch=tmp_path)


def test_all_tests_must_have_run() -> None:
    """Exit code 0 alone is not enough."""
    script = Script("def test_a(): ...\ndef test_b(): ...\n")
    assert graded(Execution(0, "", "..\nRan 2 tests in 0.1s\n\nOK\n"), script).right
    assert not graded(Execution(0, "", ".\nRan 1 test in 0.1s\n\nOK\n"), script).right
    assert not graded(Execution(0, "", ""), script).right
    assert not graded(Execution(137, "", "", timed_out=True), script).right


@pytest.mark.parametrize("issue", ISSUES)
def test_no_hidden_test_lies_in_the_repository(issue: str, repository: Path) -> None:
    """They travel as a script, so no prompt can show them."""
    tests = hidden_tests(issue, "python3").text
    assert count_tests(tests) >= 3
    mark = f"Grades the issue `{issue}`."
    assert mark in tests
    assert not [path for path in repository.rglob("*") if path.is_file() and mark.encode() in path.read_bytes()]
