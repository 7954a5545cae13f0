"""What a run came to, from what lies in its directory."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, TypeAdapter
from support.graded_run import finish, keep_grades, make_run, predict
from support.tiny_dataset import TinyDataset, make_tiny_dataset

from agent.batch.state import store_failure
from agent.cli.main import main
from agent.errors import RunConflict, UserError
from agent.failures import Failure
from agent.journal import Journal
from agent.messages import Completion, Finish, Usage
from agent.report import Proportion, by_chance, report_on
from agent.rundir import RunDir, write_file, write_json

FIRST, SECOND, THIRD = "example__timeslip-3", "example__timeslip-5", "example__timeslip-8"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyDataset:
    return make_tiny_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def run(tiny: TinyDataset, tmp_path: Path) -> RunDir:
    """Over three tasks: one has two candidates and a wrong choice, one failed, one was not begun."""
    run = make_run(tmp_path / "run", tiny)
    finish(run, FIRST, ["wrong", "right"], chosen=0, ended=[0, 1, None, 1])
    store_failure(run.task(SECOND), Failure("image", "no\x1b[31m such image", "", 2, retryable=False))
    return run


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 1, 0.2065, 1.0), (0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(count: int, total: int, low: float, high: float) -> None:
    """Against published values."""
    assert Proportion(count, total).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_an_interval_holds_the_share(numbers: tuple[int, int]) -> None:
    """And lies between nothing and everything."""
    count, total = numbers
    low, high = Proportion(count, total).interval
    assert 0 <= low <= count / total + 1e-12
    assert count / total - 1e-12 <= high <= 1


def test_all_tasks_are_the_denominator(run: RunDir) -> None:
    """Also those that failed or were never begun."""
    keep_grades(run, {FIRST: ("unresolved", "wrong")}, {FIRST: [("unresolved", "wrong"), ("resolved", "right")]})
    found = report_on(run)
    assert found.resolved == Proportion(0, 3)
    assert found.coverage == Proportion(1, 3)
    assert found.pass_at_1 == pytest.approx(0.5 / 3)
    assert found.failures == {"image": [SECOND]}
    assert found.in_state("missing") == (THIRD,)
    assert found.in_state("done") == (FIRST,)
    assert found.stages["edit"].prompt == 100


async def test_what_a_task_without_a_result_spent_is_counted(run: RunDir) -> None:
    """It was paid for, whatever became of the task."""
    journal = Journal(run.task(SECOND).journal, redact=lambda text: text)

    async def answer() -> Completion:
        return Completion("a", Finish.STOP, Usage(prompt=7, cached=0, completion=3), 0.5, 1.0, "m")

    about: dict[str, JsonValue] = {"stage": "edit", "trajectory": 0, "ordinal": 0, "messages": []}
    await journal.effect("completion", "k", TypeAdapter(Completion), answer, about=about)
    await journal.aclose()
    found = report_on(run)
    assert (found.stages["edit"].prompt, found.stages["edit"].dollars) == (107, 0.75)


def test_what_is_not_graded_is_not_known(run: RunDir) -> None:
    """Rather than nothing resolved and nothing covered."""
    found = report_on(run)
    assert (found.resolved, found.coverage, found.pass_at_1) == (None, None, None)
    keep_grades(run, {FIRST: ("unresolved", "wrong")})
    found = report_on(run)
    assert found.resolved == Proportion(0, 3)
    assert found.coverage is None
    assert found.unjudged == (FIRST,)


def test_a_grade_of_another_patch_does_not_count(run: RunDir) -> None:
    """The run went on after it was graded."""
    keep_grades(run, {FIRST: ("resolved", "right")}, {FIRST: [("resolved", "right"), ("unresolved", "old")]})
    found = report_on(run)
    assert found.tasks[0].grade is None
    assert found.ungraded == (FIRST,)
    assert found.coverage is None
    predict(run, {FIRST: "right"})
    assert report_on(run).resolved == Proportion(1, 3)


def test_what_could_not_be_graded_is_named(run: RunDir) -> None:
    """It counts as not resolved, and the report says that it was not the patch."""
    keep_grades(run, {FIRST: ("no_image", "wrong")}, {FIRST: [("no_image", "wrong"), ("resolved", "right")]})
    found = report_on(run)
    assert found.resolved == Proportion(0, 3)
    assert found.ungraded == (FIRST,)
    assert found.coverage is None


def test_the_command_shows_it_all(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 whatever it reports; what others wrote cannot steer the terminal; nothing is written."""
    keep_grades(run, {FIRST: ("unresolved", "wrong")}, {FIRST: [("unresolved", "wrong"), ("resolved", "right")]})
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert main(["report", str(run.path)]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    for line in (
        "Resolved (chosen): 0 of 3 (0.0 %; 95 % interval 0.0 to 56.1 %)",
        "Coverage (some candidate resolves it): 1 of 3 (33.3 %",
        "pass@1 (a trajectory at random resolves it): 16.7 %",
        "Expected 3 tasks, found 1 with a result.",
        f"Failed (image): 1: {SECOND}",
        f"Missing: 1: {THIRD}",
        "Time: 12 s, summed over tasks.",
    ):
        assert line in told
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_json_has_the_same(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs."""
    finish(run, THIRD, [], ended=[None], dollars=None)
    keep_grades(
        run,
        {FIRST: ("unresolved", "wrong"), THIRD: ("empty_patch", "")},
        {FIRST: [("unresolved", "wrong"), ("resolved", "right")]},
    )
    assert main(["report", str(run.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["resolved"]["count"] == 0
    assert told["coverage"]["count"] == 1
    assert told["failures"] == {"image": [SECOND]}
    assert (told["expected"], told["found"], told["missing"]) == (3, 2, [])
    assert told["spent"]["stages"]["edit"]["dollars"] is None  # one price is unknown
    assert told["tasks"][FIRST]["by_chance"] == 0.5


def test_hints_say_what_to_do(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """Until it is graded."""
    assert main(["report", str(run.path)]) == 0
    told = capsys.readouterr().out
    assert f"shrewd grade {run.path}\n" in told
    assert f"shrewd grade {run.path} --candidates" in told


def test_a_run_of_one_task_has_a_report(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """`shrewd solve` leaves no dataset, so nothing says what is right."""
    write_file(run.task(FIRST).task, "{}")
    run.dataset.unlink()
    run.grading.unlink()
    assert main(["report", str(run.path)]) == 0
    told = capsys.readouterr().out
    assert "not over a dataset" in told
    assert "Expected 1 tasks, found 1 with a result." in told


def test_no_run_is_an_error(tmp_path: Path) -> None:
    """A directory of something else."""
    with pytest.raises(UserError, match="not a run directory"):
        report_on(RunDir(tmp_path))


def test_a_damaged_file_is_named(run: RunDir) -> None:
    """With what brings it back."""
    keep_grades(run, {FIRST: ("unresolved", "wrong")}, {FIRST: [("unresolved", "wrong"), ("resolved", "right")]})
    run.task(FIRST).selection.write_text("{")
    with pytest.raises(RunConflict, match="shrewd resume"):
        report_on(run)


def test_a_pick_at_random_among_patches_from_elsewhere(tmp_path: Path) -> None:
    """Trajectories only wrote scripts there: what counts is how many of the patches are right, refused ones too."""
    run = RunDir(tmp_path / "run")
    place = run.task("t")
    write_json(run.externals, {})
    write_json(
        place.outcomes, {"candidates": [{"digest": "a", "origins": ["x", "y"]}, {"digest": "b", "origins": ["z"]}]}
    )
    write_json(place.selection, {"trajectories": [{"candidate": None}], "failed": [], "refused": [{"source": "w"}]})
    assert by_chance(run, place, {"0": True, "1": False}) == 0.5
