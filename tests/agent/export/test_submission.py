"""Predictions in the form that `sb-cli` submits, taken by the real program."""

import json
import subprocess
from pathlib import Path

import pytest
from support.programs import need_python_with
from support.submissions import submission_api

from agent.cli.main import Lazy, main
from agent.errors import UserError
from agent.export import export_submission
from agent.rundir import RunDir, write_file
from swe_tasks.errors import DatasetError

COMMANDS = {"export": Lazy("agent.cli.export", "export", "Write a run for other programs.")}
PATCHES = {"a__a-1": "diff --git a/é b/é\n", "a__a-2": ""}


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    run = RunDir(tmp_path / "run")
    write_file(run.predictions, lines("m"))
    return run


def lines(*models: str) -> str:
    """The predictions, those after the first of the last model named."""
    names = [models[0], models[-1]]
    return "".join(
        json.dumps({"instance_id": task, "model_name_or_path": model, "model_patch": patch}) + "\n"
        for (task, patch), model in zip(PATCHES.items(), names, strict=True)
    )


def test_predictions_become_one_object(run: RunDir, tmp_path: Path) -> None:
    """By task id, in the order of the run; nothing is lost."""
    path = export_submission(run, tmp_path / "out")
    told = json.loads(path.read_bytes())
    assert path == tmp_path / "out" / "preds.json"
    assert {task: one["model_patch"] for task, one in told.items()} == PATCHES
    assert list(told) == list(PATCHES)


def test_predictions_of_several_models_are_refused(run: RunDir, tmp_path: Path) -> None:
    """The program would refuse them, later and with fewer words."""
    write_file(run.predictions, lines("m", "n"))
    with pytest.raises(DatasetError, match="m, n"):
        export_submission(run, tmp_path)


@pytest.mark.parametrize("text", [None, ""])
def test_without_predictions_there_is_nothing_to_export(text: str | None, tmp_path: Path) -> None:
    """No task is done yet."""
    run = RunDir(tmp_path)
    if text is not None:
        write_file(run.predictions, text)
    with pytest.raises(UserError, match="no predictions yet"):
        export_submission(run, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["preds.json", "predictions.jsonl"])
def test_the_real_program_submits_them(
    name: str, run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`sb-cli submit`, to a server of ours: what arrives is what the run predicts. It takes the run's own file too."""
    python = need_python_with("sb_cli", "sb-cli")
    assert main(["export", str(run.path), "--as", "sb-cli"], COMMANDS) == 0
    assert capsys.readouterr().out.split() == [str(run.path / "preds.json")]
    with submission_api() as server:
        done = subprocess.run(
            [
                *(python, "-c", "from sb_cli import main; main()", "submit", "swe-bench_lite", "dev"),
                *("--predictions_path", str(run.path / name), "--run_id", "a-run", "--gen_report", "0"),
            ],
            env={"PATH": "/usr/bin:/bin", "SWEBENCH_API_URL": server.url, "SWEBENCH_API_KEY": "k", "LC_ALL": "C.UTF-8"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["prediction"]["instance_id"]: one["prediction"]["model_patch"] for one in server.submitted} == PATCHES
    assert {(one["subset"], one["split"], one["run_id"]) for one in server.submitted} == {
        ("swe-bench_lite", "dev", "a-run")
    }
    assert "2 new predictions uploaded" in done.stdout
