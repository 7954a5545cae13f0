"""What the harness leaves behind, read as grades."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.errors import GradingError
from swe_tasks.harness_reports import Grade, RunReport, explain_missing, read_run_report, read_task_report

TASK = "example__a-1"
EMPTY = RunReport(schema_version=2, resolved_ids=frozenset(), infra_failure_ids=frozenset(), failure_reasons={})
ERROR = (
    "2026-01-01 00:00:00,000 - INFO - Traceback (most recent call last):\n"
    '  File "run_evaluation.py", line 1, in run_instance\n'
    "swebench.harness.utils.EvaluationError: Error in evaluation for {task}: {said}\n"
    "Check (logs/run_instance.log) for more information.\n\n"
)


def report(folder: Path, **fields: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps({TASK: {"resolved": False, **fields}}))
    return folder


def some(success: int, failure: int) -> dict[str, list[str]]:
    return {"success": ["test_hidden"] * success, "failure": ["test_hidden"] * failure}


def test_tests_that_ran_make_the_verdict(tmp_path: Path) -> None:
    """Told in numbers: the names of hidden tests stay where they are."""
    status = {"FAIL_TO_PASS": some(1, 1), "PASS_TO_PASS": some(3, 0), "FAIL_TO_FAIL": some(0, 0)}
    grade = read_task_report(report(tmp_path, tests_status=status), TASK)
    assert grade == Grade(TASK, "unresolved", "1 of 2 to mend pass, 3 of 3 to keep pass")
    status["FAIL_TO_PASS"] = some(2, 0)
    grade = read_task_report(report(tmp_path, tests_status=status, resolved=True), TASK)
    assert grade is not None
    assert grade.resolved


def test_without_test_results_it_is_no_verdict(tmp_path: Path) -> None:
    """The harness says whether the environment broke; else nobody knows."""
    found = read_task_report(report(tmp_path, infra_failure=True, infra_failure_reason="out_of_memory"), TASK)
    assert found == Grade(TASK, "infra_failure", "out_of_memory")
    found = read_task_report(report(tmp_path, infra_failure_reason="no_tests_collected"), TASK)
    assert found == Grade(TASK, "ambiguous", "no_tests_collected")
    assert read_task_report(report(tmp_path), TASK) == Grade(TASK, "ambiguous", "no test results could be read")


@pytest.mark.parametrize("text", ["", "{", '{"example__a-1": {"resolved": tr', '{"another": {}}', "[]"])
def test_half_a_report_is_none_yet(text: str, tmp_path: Path) -> None:
    """The harness is writing it at this moment, or was killed then."""
    assert read_task_report(tmp_path, TASK) is None
    (tmp_path / "report.json").write_text(text)
    assert read_task_report(tmp_path, TASK) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (">>>>> Patch Apply Failed:\nerror: no such file", Grade(TASK, "patch_failed", "error: no such file")),
        ("Test timed out after 60 seconds.", Grade(TASK, "timed_out", "Test timed out after 60 seconds")),
        ("something new", Grade(TASK, "error", "the harness failed, see a/b/c/d/e/f/g/run_instance.log")),
    ],
)
def test_the_log_says_why_there_is_no_report(said: str, expected: Grade, tmp_path: Path) -> None:
    """In the harness's own words, of which the last count: a patch in the log may imitate them."""
    folder = tmp_path / "a/b/c/d/e/f/g"
    folder.mkdir(parents=True)
    forged = ERROR.format(task=TASK, said="Test timed out after 1 seconds.")
    (folder / "run_instance.log").write_text(forged + ERROR.format(task=TASK, said=said))
    assert explain_missing(folder, TASK, EMPTY) == expected


def test_a_container_that_cannot_be_made_is_the_environments_fault(tmp_path: Path) -> None:
    """Whatever the engine says of it."""
    said = "  File ..., in create_container\n" + ERROR.format(task=TASK, said="500 Server Error: no space left")
    (tmp_path / "run_instance.log").write_text(said)
    grade = explain_missing(tmp_path, TASK, EMPTY)
    assert grade.status == "infra_failure"
    assert "no space left" in grade.detail


def test_the_harness_may_know_of_a_broken_environment(tmp_path: Path) -> None:
    """Its report on the run says so for tasks without one of their own."""
    (tmp_path / "run_instance.log").write_text("2026 - ERROR - Error in evaluating model: 'x'\n")
    run = EMPTY.model_copy(
        update={"infra_failure_ids": frozenset({TASK}), "failure_reasons": {TASK: "network_unreachable"}}
    )
    assert explain_missing(tmp_path, TASK, run) == Grade(TASK, "infra_failure", "network_unreachable")


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    """Never a patch that fails."""
    assert explain_missing(tmp_path, TASK, EMPTY).status == "error"


@given(st.text())
def test_no_log_makes_a_patch_resolved(log: str) -> None:
    """Only a report of tests that ran does."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        Path(name, "run_instance.log").write_text(log, encoding="utf-8", errors="surrogatepass")
        assert not explain_missing(Path(name), TASK, EMPTY).resolved


@pytest.mark.parametrize("version", [1, 3])
def test_a_report_of_another_version_is_refused(version: int, tmp_path: Path) -> None:
    """Its words may mean something else."""
    fields = {"resolved_ids": [], "infra_failure_ids": [], "failure_reasons": {}, "schema_version": version}
    (tmp_path / "shrewd.shrewd-1.json").write_text(json.dumps(fields))
    with pytest.raises(GradingError, match=f"version {version}"):
        read_run_report(tmp_path, "shrewd-1")


def test_a_run_without_a_report_is_an_error(tmp_path: Path) -> None:
    """The harness ended early, whatever code it ended with."""
    with pytest.raises(GradingError, match="without a report"):
        read_run_report(tmp_path, "shrewd-1")
