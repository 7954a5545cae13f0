"""Choosing again on what a run has stored."""

import fcntl
import json
import os
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support.stored_run import contents, store_task

from agent.cli.main import main
from agent.config import settings_from_yaml
from agent.decisions import pick_methods
from agent.errors import RunConflict, TaskBusy, UserError
from agent.prepare import keep_settings
from agent.reselect import Rechosen, Reselection, reselect
from agent.rollup import read_result
from agent.rundir import RunDir, TaskDir
from agent.selecting.pick import CHOOSERS
from agent.settings import Settings, settings_table
from selection import OutcomeMatrix, Ranked, Selection
from selection.methods import METHODS
from swe_tasks.build import open_base
from swe_tasks.edits import text_diff

RARE, COMMON, LATIN = b"2\n", b"3 and more\n", b"caf\xe9\n"


def by_votes(run: RunDir) -> Reselection:
    """What the run was chosen by in the first place."""
    return reselect(run, "votes-valid", pick_methods(["votes-valid"])["votes-valid"], seed=0)


def by_majority(run: RunDir) -> Reselection:
    return reselect(run, "majority", pick_methods(["majority"])["majority"], seed=0)


def choose_none(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """A method that abstains."""
    return Selection((), (), "nothing is good enough")


def choose_last(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    ranking = tuple(Ranked(candidate, 0, ()) for candidate in reversed(matrix.candidates))
    return Selection(ranking, (), "the last one", belief=0.25)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Votes choose the rare candidate, a majority of the trajectories ended in another; one made nothing."""
    run = RunDir(tmp_path / "run")
    rows = {RARE: ("su", ("trajectory 0",)), COMMON: ("uu", ("trajectory 1", "trajectory 2"))}
    store_task(run, "first", "uu", rows, fruitless=1)
    store_task(run, "second", "u", {COMMON: ("s", ("trajectory 0",))})
    return run


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def prediction(run: RunDir, task: str) -> Any:
    [line] = [line for line in map(json.loads, run.predictions.read_text().splitlines()) if line["instance_id"] == task]
    return line


def test_another_method_makes_another_choice(run: RunDir) -> None:
    """Everything that follows from the choice says the same: selection, patch, prediction, result, roll-up."""
    place = run.task("first")
    matrix = read(place.outcomes)["candidates"]
    found = by_majority(run)
    assert [one.changed for one in found.tasks] == [True, False]
    assert found.tasks[0] == Rechosen("first", matrix[0]["digest"], matrix[1]["digest"], found.tasks[0].rule)
    selection, result = read(place.selection), read(place.result)
    assert (selection["winner"], selection["method"], selection["seed"]) == (matrix[1]["digest"], "majority", 0)
    assert selection["ranking"][0]["file"] == "candidates/1.diff"
    assert (result["rule"], result["confidence"]) == (selection["rule"], selection["confidence"])
    assert result["selected"] == {"method": "majority", "seed": 0}
    assert place.patch.read_bytes() == (place.candidates / "1.diff").read_bytes()
    assert prediction(run, "first")["model_patch"] == text_diff(open_base(place.base), matrix[1]["digest"])
    assert prediction(run, "first")["model_name_or_path"] == "scripted__model"
    assert read(run.report)["tasks"]["first"]["rule"] == selection["rule"]


def test_what_led_to_the_candidates_stays(run: RunDir) -> None:
    """How trajectories ended, what was refused, the effort, the cost, the matrix and the candidates."""
    place = run.task("first")
    before = {path: read(path) for path in (place.selection, place.result)}
    kept = {path: content for path, content in contents(run.path).items() if "outcomes" in path or "candidates" in path}
    by_majority(run)
    for key in ("trajectories", "failed", "refused", "files_shown"):
        assert read(place.selection)[key] == before[place.selection][key]
    after = read(place.result)
    assert {key for key in after if after[key] != before[place.result].get(key)} <= {"rule", "confidence", "selected"}
    assert contents(run.path).items() >= kept.items()
    result = read_result(place)
    assert result is not None
    assert result.samples == 4


def test_the_first_method_again_brings_back_the_first_choice(run: RunDir) -> None:
    """To the last byte of patches and predictions; the same call twice changes nothing."""
    chosen = {path: content for path, content in contents(run.path).items() if path.endswith(("patch.diff", "jsonl"))}
    by_majority(run)
    once = contents(run.path)
    by_majority(run)
    assert contents(run.path) == once
    by_votes(run)
    assert contents(run.path).items() >= chosen.items()


def test_a_patch_that_is_not_text_becomes_text(tmp_path: Path) -> None:
    """In git's binary form, as in the first place."""
    run = RunDir(tmp_path / "run")
    rows = {RARE: ("s", ("a",)), LATIN: ("u", ("b",))}
    matrix = store_task(run, "t", "u", rows)
    assert prediction(run, "t")["model_patch"] == matrix.candidates[0].patch.decode()
    reselect(run, "last", choose_last, seed=0)
    assert "GIT binary patch" in prediction(run, "t")["model_patch"]
    expected = text_diff(open_base(run.task("t").base), matrix.candidates[1].digest)
    assert prediction(run, "t")["model_patch"] == expected
    assert run.task("t").patch.read_bytes() == matrix.candidates[1].patch
    assert read(run.task("t").result)["confidence"] == 0.25


def test_no_choice_leaves_no_patch(run: RunDir) -> None:
    """And an empty prediction, which is what a task with a result and without a patch has."""
    reselect(run, "none", choose_none, seed=0)
    place = run.task("first")
    assert not place.patch.exists()
    assert read(place.selection)["winner"] is None
    assert read(place.result)["patch"] is False
    assert prediction(run, "first")["model_patch"] == ""
    by_votes(run)
    assert read(place.result)["patch"] is True
    assert place.patch.exists()


def test_tasks_without_a_result_are_left_alone_and_named(run: RunDir) -> None:
    """They were not finished, or failed before there was anything to choose from."""
    place = run.task("third")
    place.path.mkdir(parents=True)
    place.task.write_text("{}")
    found = by_majority(run)
    assert found.without_result == ("third",)
    assert [path.name for path in place.path.iterdir()] == ["task.json"]
    assert len(run.predictions.read_text().splitlines()) == 2


def _no_outcomes(place: TaskDir) -> None:
    place.outcomes.unlink()


def _torn_selection(place: TaskDir) -> None:
    place.selection.write_text("{")


def _no_prediction(place: TaskDir) -> None:
    place.prediction.unlink()


def _nameless_prediction(place: TaskDir) -> None:
    place.prediction.write_text("{}")


@pytest.mark.parametrize("damage", [_no_outcomes, _torn_selection, _no_prediction, _nameless_prediction])
def test_damage_stops_it_before_anything_is_written(run: RunDir, damage: Any) -> None:
    """Also to the tasks before the damaged one."""
    damage(run.task("second"))
    before = contents(run.path)
    with pytest.raises(RunConflict, match="second"):
        by_majority(run)
    assert contents(run.path) == before


def test_a_task_that_is_worked_on_is_not_chosen_for(run: RunDir) -> None:
    """Whoever works on it has the lock of its journal."""
    place = run.task("first")
    file = os.open(place.journal, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = contents(run.path)
        with pytest.raises(TaskBusy, match="first"):
            by_majority(run)
        assert contents(run.path) == before
    finally:
        os.close(file)
    assert by_majority(run).tasks[0].changed


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """A directory of something else."""
    with pytest.raises(UserError, match="not a run directory"):
        by_majority(RunDir(tmp_path))


def test_the_command_keeps_its_choice(run: RunDir, tmp_path: Path) -> None:
    """`shrewd select --run` writes the method into the run's settings, so that going on does not undo it."""
    keep_settings(run, Settings())
    out = StringIO()
    with redirect_stdout(out):
        assert main(["select", "--run", str(run.path), "--method", "majority", "--json"]) == 0
    tasks = json.loads(out.getvalue())["tasks"]
    assert [task for task, one in tasks.items() if one["before"] != one["after"]] == ["first"]
    assert settings_from_yaml(run.config.read_text(), name="config").method == "majority"


def test_the_command_wants_one_thing(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """Choosing again needs no dataset, and without --run nothing can be left out."""
    assert main(["select", "--run", str(run.path), "--dataset", "lite"]) == 2
    assert "--dataset does not go together with --run" in capsys.readouterr().err
    assert main(["select", "--dataset", "lite"]) == 2
    assert "--candidates" in capsys.readouterr().err


def test_every_method_can_be_set() -> None:
    """The setting's values are the methods there are."""
    assert set(settings_table()["method"].choices) == set(METHODS) | set(CHOOSERS)
