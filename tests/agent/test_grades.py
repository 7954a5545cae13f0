"""Grades of a run, kept in its directory, by the real harness."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.git_repository import make_repository
from support.graded_run import finish, make_run, predict
from support.harness import need_harness
from support.tiny_dataset import TinyDataset, build_tiny_image, make_tiny_dataset

from agent.batch.plan import load_plan, read_hidden
from agent.cli.main import main
from agent.errors import RunConflict
from agent.grades import Grades, ToGrade, candidate_patches, grade, read_grades
from agent.rundir import RunDir, TaskDir, write_file
from swe_tasks import materialise_local
from swe_tasks.edits import apply_patch
from swe_tasks.harness import Manner, harness_environment
from swe_tasks.predictions import read_predictions

FIRST, SECOND, THIRD = "example__timeslip-3", "example__timeslip-5", "example__timeslip-8"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyDataset:
    return make_tiny_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def with_image(tiny: TinyDataset) -> TinyDataset:
    need_harness()
    build_tiny_image(tiny)
    return tiny


async def graded(run: RunDir, *, only: Sequence[str] = (), candidates: bool = False) -> tuple[Grades, list[str]]:
    """Grade a run; the grades, and the tasks that the harness was asked about just now."""
    tasks = load_plan(run).tasks
    wanted = ToGrade(
        tasks,
        read_hidden(run),
        {one.instance_id: one.patch for one in read_predictions(run.predictions)},
        {task: candidate_patches(run.task(task)) for task in tasks},
    )
    asked: list[str] = []
    grades = await grade(
        wanted,
        only=only or tasks,
        candidates=candidates,
        folder=run.path,
        manner=Manner(harness_environment(os.environ), 2, 300),
        watch=lambda found: asked.append(found.task),
    )
    return grades, sorted(asked)


@pytest.mark.docker
@pytest.mark.slow
async def test_only_what_changed_is_graded_again(with_image: TinyDataset, tmp_path: Path) -> None:
    """A patch has its grade once; another patch never inherits it; a task without a patch is named."""
    first, second, _ = with_image.tasks
    run = make_run(tmp_path / "run", with_image)
    predict(run, {FIRST: first.gold, SECOND: second.wrong})
    grades, asked = await graded(run)
    assert {task: one.status for task, one in grades.tasks.items()} == {
        FIRST: "resolved",
        SECOND: "unresolved",
        THIRD: "no_prediction",
    }
    assert asked == [FIRST, SECOND]
    assert read_grades(run.grades) == grades

    assert await graded(run) == (grades, [])

    predict(run, {SECOND: second.gold})
    grades, asked = await graded(run)
    assert asked == [SECOND]
    assert grades.tasks[SECOND].resolved


@pytest.mark.docker
@pytest.mark.slow
async def test_candidates_are_graded_once_each(with_image: TinyDataset, tmp_path: Path) -> None:
    """The chosen one among them is the prediction, which is graded already; `only` leaves the others alone."""
    first, second, _ = with_image.tasks
    run = make_run(tmp_path / "run", with_image)
    finish(run, FIRST, [first.wrong, first.gold], chosen=0, ended=[0, 1])
    finish(run, SECOND, [second.gold], chosen=0, ended=[0])
    grades, asked = await graded(run, only=[FIRST], candidates=True)
    assert asked == [FIRST, FIRST]
    assert {number: one.resolved for number, one in grades.candidates[FIRST].items()} == {"0": False, "1": True}
    assert not grades.tasks[FIRST].resolved
    assert SECOND not in grades.tasks
    grades, asked = await graded(run)
    assert asked == [SECOND]
    assert set(grades.candidates) == {FIRST, SECOND}  # known, for it is the prediction


@pytest.mark.docker
@pytest.mark.slow
def test_the_command_tells_everything(
    with_image: TinyDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each task with its grade, the share with its denominator, loudly what is missing; then a report on it. No
    hidden test is named outside of what only grading reads."""
    first, second, _ = with_image.tasks
    run = make_run(tmp_path / "run", with_image)
    finish(run, FIRST, [first.wrong, first.gold], chosen=1, ended=[0, 1, 1, None])
    finish(run, SECOND, [second.wrong], chosen=0, ended=[0])
    assert main(["grade", str(run.path), "--candidates", "--workers", "2"]) == 1
    said = capsys.readouterr()
    assert "Resolved 1 of 3 (33.3 %): 1 resolved, 1 unresolved, 1 no prediction" in said.out
    assert "EXPECTED 3 PREDICTIONS, FOUND 2" in said.out
    assert f"{FIRST}: resolved (3 of 3 to mend pass" in said.err
    assert main(["report", str(run.path)]) == 0
    told = capsys.readouterr().out
    assert "Resolved (chosen): 1 of 3 (33.3 %; 95 % interval 6.1 to 79.2 %)" in told
    assert "pass@1 (a trajectory at random resolves it): 16.7 %" in told
    hidden = [name for row in read_hidden(run).values() for name in _tests(row.row["FAIL_TO_PASS"])]
    assert hidden
    for path in run.path.rglob("*"):
        apart = path == run.grading or run.path / "grading" in path.parents
        if path.is_file() and not apart:
            text = path.read_text(encoding="utf-8")
            assert not [name for name in hidden if name in text], path
    assert not [name for name in hidden if name in said.out + said.err + told]


@pytest.mark.docker
@pytest.mark.slow
def test_predictions_of_any_origin(with_image: TinyDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An object by task id, as mini-swe-agent writes it, graded into a directory of its own."""
    first = with_image.tasks[0]
    line = {"model_name_or_path": "m", "model_patch": first.gold}
    predictions = tmp_path / "preds.json"
    predictions.write_text(json.dumps({FIRST: line, "example__other-1": line}))
    given = ["--dataset", str(with_image.rows), "--predictions", str(predictions), "--out", str(tmp_path / "out")]
    assert main(["grade", *given, "--only", FIRST, "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["resolved"], told["expected"], told["without_task"]) == (1, 1, ["example__other-1"])
    assert "no task of the dataset: example__other-1" in said.err
    assert main(["grade", *given]) == 1
    assert "Resolved 1 of 3 (33.3 %): 2 no prediction, 1 resolved" in capsys.readouterr().out


async def test_two_at_once_are_refused(tiny: TinyDataset, tmp_path: Path) -> None:
    """They would remove each other's containers."""
    pytest.importorskip("swebench", reason="the extra `swebench` is not installed")
    from filelock import FileLock

    run = make_run(tmp_path / "run", tiny)
    predict(run, {FIRST: ""})
    (run.path / "grading").mkdir()
    with FileLock(run.path / "grading" / ".lock"), pytest.raises(RunConflict, match="another process is grading"):
        await graded(run)
    grades, _ = await graded(run)
    assert grades.tasks[FIRST].status == "empty_patch"


def test_grades_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """With what to do about it."""
    assert read_grades(tmp_path / "grades.json") is None
    (tmp_path / "grades.json").write_text('{"schema_version": 9}')
    with pytest.raises(RunConflict, match=r"grades\.json cannot be read; remove it"):
        read_grades(tmp_path / "grades.json")


def test_candidates_are_numbered_as_their_files(tmp_path: Path) -> None:
    """Ten comes after two."""
    place = TaskDir(tmp_path)
    for number in (10, 2, 0):
        write_file(place.candidates / f"{number}.diff", f"patch {number}")
    assert list(candidate_patches(place).items()) == [("0", "patch 0"), ("2", "patch 2"), ("10", "patch 10")]


def test_a_candidate_that_is_not_text_becomes_text(tmp_path: Path) -> None:
    """Predictions hold text alone; the tree that it makes is the same."""
    repository = make_repository(tmp_path / "r", {"a.txt": b"caf\xe9\n"})
    place = TaskDir(tmp_path / "task")
    base = materialise_local(repository, place.base, ref=None, uncommitted="refuse")
    patch = b"diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-caf\xe9\n+th\xe9\n"
    write_file(place.candidates / "0.diff", patch)
    text = candidate_patches(place)["0"]
    assert apply_patch(base, text.encode()) == apply_patch(base, patch)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a run directory, or also --dataset, --predictions, --out"),
        (["--dataset", "x", "--out", "y"], "or also --predictions"),
        (["{run}", "--out", "y"], "--out cannot be given together with a run directory"),
        (["{run}"], "not the directory of a `shrewd bench` run: it has no grading.jsonl"),
        (["--dataset", "x", "--predictions", "p", "--out", "y", "--candidates"], "--candidates needs a run directory"),
        (["{run}", "--timeout", "0"], "--timeout"),
    ],
)
def test_bad_input_is_said(arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was wrong, and how to do it right."""
    assert main(["grade", *(argument.replace("{run}", str(tmp_path)) for argument in arguments)]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_row_that_is_missing_is_named(tiny: TinyDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else says what is right."""
    run = make_run(tmp_path / "run", tiny)
    write_file(run.grading, "".join(run.grading.read_text().splitlines(keepends=True)[1:]))
    assert main(["grade", str(run.path)]) == 2
    assert f"grading.jsonl lacks {FIRST}" in capsys.readouterr().err


def test_predictions_about_nothing_known_are_refused(
    tiny: TinyDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Most likely they are of another dataset."""
    predictions = tiny.predictions(tmp_path / "p.jsonl", {"example__other-1": "x"})
    given = ["--dataset", str(tiny.rows), "--predictions", str(predictions), "--out", str(tmp_path / "out")]
    assert main(["grade", *given]) == 2
    assert "none of the 1 predictions" in capsys.readouterr().err


def _tests(names: object) -> list[str]:
    """The names of test methods, as the rows spell them and without their modules."""
    assert isinstance(names, str)
    return [name.partition(" ")[0] for name in json.loads(names)]
