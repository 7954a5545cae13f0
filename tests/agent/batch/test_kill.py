"""kill -9 of a run over a dataset, then `shrewd resume`: the same predictions, and nothing is paid for twice."""

import json
import random
import signal
import time
from pathlib import Path

import pytest
from support.openai_server import OpenAIServer
from support.replies import answer
from support.tiny_dataset import TinyDataset
from support.tiny_model import knows
from support.whole_run import Command, kill_group

from sandbox.docker import clean as clean_containers

pytestmark = [pytest.mark.docker, pytest.mark.slow]
AT_ONCE = 4
"""Answers in flight when the kill comes, at most: two tasks, two trajectories each."""


@pytest.mark.parametrize("moment", range(4))
def test_a_killed_run_goes_on(tmp_path: Path, tiny: TinyDataset, moment: int) -> None:
    """At a seeded moment: early, while images are looked into, and later, between two tasks."""
    run, good = tmp_path / "run", knows(tiny)
    (tmp_path / "home").mkdir()
    with OpenAIServer(lambda *about: answer(str(good(*about)), delay=0.2)) as server:
        shrewd = Command(tmp_path / "home", server.url)
        arguments = [
            *("bench", "--dataset", str(tiny.rows), "--out", str(run), "--model", "hosted_vllm/scripted"),
            *("--api-base", server.url, "--samples", "2", "--workers", "2"),
        ]
        process = shrewd.start(*arguments)
        asked = (0, 3, 9, 15)[moment]
        while process.poll() is None and (len(server.calls) < asked or not (run / "config.yaml").exists()):
            time.sleep(0.01)
        time.sleep(random.Random(moment).uniform(0.0, 0.5))
        kill_group(process)
        resumed = shrewd("resume", str(run), timeout=240)
        answered = [call.digest for call in server.calls if call.outcome == "answered"]
    assert resumed.code == 0, resumed.err
    predictions = (run / "predictions.jsonl").read_text().splitlines()
    assert len(predictions) == len(tiny.tasks)
    assert all(f"a/{tiny.tasks[n].gold.split('a/', 1)[1].split()[0]}" in line for n, line in enumerate(predictions))
    assert len(answered) - len(set(answered)) <= AT_ONCE
    journals = "".join(path.read_text() for path in run.glob("tasks/*/journal.jsonl"))
    assert journals.count('"kind": "completion"') == len(set(answered))


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, tiny: TinyDataset) -> None:
    """Ctrl-C ends it with its own exit code, and no container of it is left."""
    run, good = tmp_path / "run", knows(tiny)
    (tmp_path / "home").mkdir()
    with OpenAIServer(lambda *about: answer(str(good(*about)), delay=0.2)) as server:
        shrewd = Command(tmp_path / "home", server.url)
        process = shrewd.start(
            *("bench", "--dataset", str(tiny.rows), "--out", str(run), "--model", "hosted_vllm/scripted"),
            *("--api-base", server.url, "--samples", "2", "--workers", "2"),
        )
        while process.poll() is None and len(server.calls) < 5:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert not clean_containers("run")
        assert shrewd("resume", str(run), timeout=240).code == 0
    assert len((run / "predictions.jsonl").read_text().splitlines()) == len(tiny.tasks)


def test_what_a_failed_task_spent_counts(tmp_path: Path, tiny: TinyDataset) -> None:
    """It has no result, but a journal: the budget of a resumed run knows of it."""
    run, good = tmp_path / "run", knows(tiny)
    (tmp_path / "home").mkdir()
    with OpenAIServer(lambda *about: answer(str(good(*about)), prompt=4000)) as server:
        shrewd = Command(tmp_path / "home", server.url)
        arguments = ("--model", "hosted_vllm/scripted", "--api-base", server.url, "--samples", "1", "--json")
        bench = ("bench", "--dataset", str(tiny.rows), "--limit", "1", "--out", str(run))
        assert shrewd(*bench, *arguments).code == 0
        place = run / "tasks" / tiny.tasks[0].id
        (place / "result.json").unlink()
        failure = {"schema_version": 1, "task": tiny.tasks[0].id, "kind": "sandbox", "message": "", "remedy": ""}
        (place / "failure.json").write_text(json.dumps(failure | {"retryable": True}))
        more = ("bench", "--dataset", str(tiny.rows), "--limit", "2", "--out", str(run), "--token-budget", "13000")
        ended = shrewd(*more, *arguments)
    assert ended.code == 3, ended.err
    assert json.loads(ended.out)["left"] == [tiny.tasks[1].id]
