"""Choosing among the predictions of several systems, and the official harness's word on what was chosen."""

import json
from pathlib import Path

import pytest
from support.harness import need_harness
from support.openai_server import OpenAIServer
from support.tiny_dataset import TinyDataset
from support.tiny_model import knows
from support.whole_run import Command, Ended

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def select(shrewd: Command, rows: Path, out: Path, *files: Path) -> Ended:
    candidates = [str(file) for file in files]
    return shrewd(
        *("select", "--dataset", str(rows), "--out", str(out), "--model", "hosted_vllm/scripted"),
        *("--api-base", shrewd.url, "--samples", "2", "--candidates", *candidates),
        timeout=240,
    )


def resolved(run: Path) -> dict[str, str]:
    return {task: grade["status"] for task, grade in json.loads((run / "grades.json").read_text())["tasks"].items()}


def test_gold_patches_go_through_and_resolve_and_wrong_ones_do_not(
    tmp_path: Path, home: Path, tiny: TinyDataset
) -> None:
    """One patch a task needs no model; an empty one is no candidate; the official harness has the last word."""
    need_harness()
    gold = tiny.predictions(tmp_path / "gold.jsonl", {task.id: task.gold for task in tiny.tasks})
    empty, wrong, *_ = tiny.tasks
    bad = tiny.predictions(tmp_path / "bad.jsonl", {empty.id: "", wrong.id: wrong.wrong})
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        assert select(shrewd, tiny.rows, tmp_path / "good", gold).code == 0
        assert select(shrewd, tiny.rows, tmp_path / "bad", bad).code == 0
        assert not server.calls
        for run in ("good", "bad"):
            graded = shrewd("grade", str(tmp_path / run), timeout=280)
            assert graded.code in {0, 1}, graded.err
    assert resolved(tmp_path / "good") == {task.id: "resolved" for task in tiny.tasks}
    assert "resolved" not in resolved(tmp_path / "bad").values()


def test_scripts_choose_the_right_one_of_two_systems(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """What does not apply is recorded and never run; the same command again asks nothing."""
    gold = tiny.predictions(tmp_path / "gold.jsonl", {task.id: task.gold for task in tiny.tasks}, "careful")
    wrong = tiny.predictions(tmp_path / "wrong.jsonl", {task.id: task.wrong for task in tiny.tasks}, "hasty")
    broken = tiny.predictions(tmp_path / "broken.jsonl", {task.id: "no diff" for task in tiny.tasks}, "confused")
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        ended = select(shrewd, tiny.rows, tmp_path / "run", wrong, gold, broken)
        asked = len(server.calls)
        resumed = shrewd("resume", str(tmp_path / "run"))
        assert len(server.calls) == asked > 0
    assert (ended.code, resumed.code) == (0, 0), ended.err
    for task in tiny.tasks:
        selection = json.loads((tmp_path / "run" / "tasks" / task.id / "selection.json").read_text())
        assert selection["ranking"][0]["origins"] == ["careful"], selection
        assert [refused["source"] for refused in selection["refused"]] == ["confused"]
    lines = (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()
    assert {json.loads(line)["model_name_or_path"] for line in lines} == {"shrewd-select"}
