"""Runs over a dataset: the installed command, real images, the scripted HTTP server."""

import json
import shutil
from pathlib import Path

import pytest
from support.openai_server import OpenAIServer
from support.replies import answer
from support.tiny_dataset import HINT, TinyDataset
from support.tiny_model import knows, script_of
from support.whole_run import Command, Ended

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def bench(shrewd: Command, rows: Path, out: Path, *more: str) -> Ended:
    return shrewd(
        *("bench", "--dataset", str(rows), "--out", str(out), "--model", "hosted_vllm/scripted", "--samples", "2"),
        *("--api-base", shrewd.url, "--price-input", "1", "--price-output", "1", *more),
        timeout=240,
    )


def ids_of(run: Path) -> list[str]:
    return [json.loads(line)["instance_id"] for line in (run / "predictions.jsonl").read_text().splitlines()]


def test_every_task_gets_a_patch(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """Predictions stand in the dataset's order; the same command again, or resume, pays for nothing."""
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        ended = bench(shrewd, tiny.rows, tmp_path / "run", "--save-trajectories")
        asked = len(server.calls)
        again = bench(shrewd, tiny.rows, tmp_path / "run")
        resumed = shrewd("resume", str(tmp_path / "run"), "--json")
        assert len(server.calls) == asked
    assert (ended.code, again.code, resumed.code) == (0, 0, 0), ended.err
    assert ids_of(tmp_path / "run") == [task.id for task in tiny.tasks]
    for task in tiny.tasks:
        place = tmp_path / "run" / "tasks" / task.id
        selection = json.loads((place / "selection.json").read_text())
        assert selection["voting_scripts"], "its script fails on the base tree and passes on the fix"
        assert len(list((place / "trajectories").glob("*.traj.json"))) == 2
        assert "scripts in" in (place / "log.jsonl").read_text()
    assert json.loads(resumed.out)["done"] == 3
    assert "shrewd grade" in ended.out


def test_a_higher_limit_or_more_samples_only_add(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """What was answered before is not asked for again."""
    run = tmp_path / "run"
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        assert bench(shrewd, tiny.rows, run, "--limit", "1").code == 0
        assert ids_of(run) == [tiny.tasks[0].id]
        one = len(server.calls)
        assert bench(shrewd, tiny.rows, run, "--limit", "2").code == 0
        assert ids_of(run) == [task.id for task in tiny.tasks[:2]]
        two = len(server.calls)
        more = shrewd("resume", str(run), "--samples", "3")
        three = len(server.calls)
    assert more.code == 0
    assert 0 < two - one <= one
    assert 0 < three - two < two
    assert len({call.digest for call in server.calls}) == len(server.calls)


def test_shards_are_merged_by_copying(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """Two machines each work on a part; their directories laid over each other are the run."""
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        for part in ("1/2", "2/2"):
            assert bench(shrewd, tiny.rows, tmp_path / f"run-{part[0]}", "--shard", part).code == 0
        asked = len(server.calls)
        shutil.copytree(tmp_path / "run-2", tmp_path / "run-1", dirs_exist_ok=True)
        assert shrewd("resume", str(tmp_path / "run-1")).code == 0
        assert len(server.calls) == asked
    assert ids_of(tmp_path / "run-2") != ids_of(tmp_path / "run-1") == [task.id for task in tiny.tasks]


def test_a_task_fails_alone(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """It is recorded with its kind, left alone by resume, and tried again with --retry."""
    rows = [json.loads(line) for line in tiny.rows.read_text().splitlines()]
    rows[1]["image"] = "127.0.0.1:9/no/such-image:latest"
    broken = tmp_path / "rows.jsonl"
    broken.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = tmp_path / "run"
    with OpenAIServer(knows(tiny)) as server:
        shrewd = Command(home, server.url)
        ended = bench(shrewd, broken, run, "--limit", "2")
        failure = json.loads((run / "tasks" / rows[1]["instance_id"] / "failure.json").read_text())
        resumed = shrewd("resume", str(run), "--json")
        retried = shrewd("resume", str(run), "--json", "--retry", failure["kind"], timeout=240)
    assert ended.code == 1
    assert ids_of(run) == [rows[0]["instance_id"]]
    assert "no/such-image" in failure["message"]
    assert f"--retry {failure['kind']}" in ended.out
    assert json.loads(resumed.out)["failed"] == {rows[1]["instance_id"]: failure["kind"]}
    assert retried.code == 1
    assert "no/such-image" in retried.err


def test_a_reached_budget_is_the_runs_and_resumes(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """No task is begun after it; a higher one goes on, and what was spent before counts."""
    run = tmp_path / "run"
    good = knows(tiny)
    with OpenAIServer(lambda *about: answer(str(good(*about)), prompt=4000)) as server:
        shrewd = Command(home, server.url)
        first = bench(shrewd, tiny.rows, run, "--token-budget", "40000", "--workers", "1", "--json")
        again = shrewd("resume", str(run), "--json")
        asked = len(server.calls)
        more = shrewd("resume", str(run), "--token-budget", "9000000", "--json")
    assert (first.code, again.code, more.code) == (3, 3, 0), first.err
    assert json.loads(first.out)["left"]
    assert json.loads(more.out)["done"] == 3
    assert len(server.calls) > asked


def test_nothing_hidden_is_seen_by_solving(tmp_path: Path, home: Path, tiny: TinyDataset) -> None:
    """Neither the hidden tests, nor the gold patch, nor hints are in a request, a sandbox or a task's directory.

    The model answers with the gold patch here, so what is looked for is what only the tests and hints hold.
    """
    peek = script_of(tiny.tasks[0].id).replace("import sys\n", "import os\nimport sys\n", 1).replace(
        "sys.exit(",
        "for top, _, names in os.walk('/'):\n"
        "    if top.startswith(('/proc', '/sys', '/dev')):\n"
        "        continue\n"
        "    for name in names:\n"
        "        if 'hidden' in name or name == 'packed-refs' or '.git/' in top + '/':\n"
        "            print('SEEN', top, name)\n"
        "print('LOOKED')\n"
        "sys.exit(",
    )  # fmt: skip
    with OpenAIServer(knows(tiny, {tiny.tasks[0].id: peek})) as server:
        ended = bench(Command(home, server.url), tiny.rows, tmp_path / "run", "--limit", "1")
        asked = json.dumps([call.request for call in server.calls])
    assert ended.code == 0, ended.err
    hidden = [HINT, *(line.strip() for line in tiny.tasks[0].hidden.splitlines() if "def test" in line)]
    assert len(hidden) > 2
    place = tmp_path / "run" / "tasks" / tiny.tasks[0].id
    texts = [path.read_text(errors="replace") for path in place.rglob("*") if path.is_file()]
    for secret in hidden:
        assert secret not in asked
        assert not any(secret in text for text in texts)
    journal = (place / "journal.jsonl").read_text()
    assert "LOOKED" in journal
    assert '"stdout":"SEEN' not in journal.replace(" ", "")
    assert "SEEN /" not in journal
