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


def select(
    shrewd: Command,
    rows: Path,
    out: Path,
    *files: Path | str,
    model: str = "hosted_vllm/scripted",
    cwd: Path | None = None,
) -> Ended:
    candidates = [str(file) for file in files]
    return shrewd(
        *("select", "--dataset", str(rows), "--out", str(out), "--model", model),
        *("--api-base", shrewd.url, "--samples", "2", "--candidates", *candidates),
        cwd=cwd,
        timeout=280,
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


def trae(place: Path, tiny: TinyDataset, *, right: int) -> Path:
    """Trae Agent's candidate file: a wrong patch, a right one and none for each task, and what its labels say."""
    place.parent.mkdir()
    rows = [
        {
            "instance_id": task.id,
            "issue": task.issue,
            "patches": [task.wrong, task.gold, ""],
            "success_id": [1 - right, right, 0],
            "regressions": [["tests.test_parser"] if right else [], [] if right else ["tests.test_parser"], []],
        }
        for task in tiny.tasks[:1]
    ]
    place.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return place


def stored(run: Path) -> dict[str, bytes]:
    """What a run keeps, but for what says when it was and how long it took."""
    timed = {"journal.jsonl", "log.jsonl", "report.json", "result.json"}
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in timed and "base" not in path.relative_to(run).parts
    }


def test_labels_that_come_with_candidates_decide_nothing(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """Inverted labels change no byte of a run; and without a model the evidence of executions is explained."""
    shrewd, task = Command(home, "http://127.0.0.1:9/v1"), tiny.tasks[0].id
    arguments = ("--only", task, "--workers", "1", "--no-tests", "--explain", "--json")
    runs: list[dict[str, bytes]] = []
    for name, right in {"true": 1, "inverted": 0}.items():
        trae(tmp_path / name / "c.jsonl", tiny, right=right)
        ended = select(shrewd, tiny.rows, Path("run"), "c.jsonl", *arguments, model="none", cwd=tmp_path / name)
        assert ended.code == 0, ended.err
        explanation = json.loads(ended.out)["explanation"][task]
        assert {tuple(one["origins"]) for one in explanation["candidates"]} == {("c 1",), ("c 2",)}
        assert [one["source"] for one in explanation["refused"]] == ["c 3"]
        runs.append(stored(tmp_path / name / "run"))
    assert runs[0] == runs[1]
    kept = b"".join(content for path, content in runs[0].items() if path != "grading.jsonl")
    assert b"success_id" not in kept
