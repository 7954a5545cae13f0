"""`shrewd models`: list, pull and serve."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.embedded import SMALL, small_model

from agent.cli.main import main
from agent.models.catalogue import CATALOGUE, find, model_path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory of the user."""
    monkeypatch.setenv("SHREWD_CACHE", str(tmp_path))
    return tmp_path


def place_sparse_model(cache: Path) -> Path:
    """A file with the small model's name and size, and holes for its bytes."""
    path = model_path(find(SMALL), cache)
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(find(SMALL).size)
    return path


def test_list_shows_what_is_pulled(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, size, licence, whether it is here, and where."""
    path = place_sparse_model(cache)
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    small = next(line for line in lines if line.strip().startswith(SMALL))
    other = next(line for line in lines if line.strip().startswith("qwen2.5-coder-1.5b"))
    assert "0.5 GB  Apache-2.0  yes" in small
    assert "1.1 GB  Apache-2.0  no" in other
    assert path.parent.parts[1] in "".join(lines)


def test_list_speaks_json(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One array, in the catalogue's order."""
    path = place_sparse_model(cache)
    assert main(["models", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(CATALOGUE)
    assert rows[1] == {
        "name": SMALL,
        "size": find(SMALL).size,
        "licence": "Apache-2.0",
        "pulled": True,
        "path": str(path),
    }


def test_a_pull_prints_the_path_alone(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, for programs; here the model is there already."""
    path = place_sparse_model(cache)
    assert main(["models", "pull", SMALL]) == 0
    assert capsys.readouterr().out == f"{path}\n"


@pytest.mark.parametrize("command", ["pull", "serve"])
def test_an_unknown_model_is_a_usage_error(cache: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """With the nearest name, and without a traceback."""
    assert main(["models", command, "qwen2.5-coder-05b"]) == 2
    assert f"Did you mean {SMALL}?" in capsys.readouterr().err


def test_serving_what_was_not_pulled_names_the_command(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not pulled unasked: half a gigabyte is the user's to spend."""
    assert main(["models", "serve", SMALL]) == 2
    assert f"shrewd models pull {SMALL}" in capsys.readouterr().err


def test_more_context_than_trained_is_refused(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message has the limit."""
    assert main(["models", "serve", SMALL, "--context", "65536"]) == 2
    assert "trained for 32768 tokens, not 65536" in capsys.readouterr().err


@pytest.mark.model
def test_serve_answers_until_ctrl_c() -> None:
    """It says how it is reached; an interrupt ends it quietly, with 130."""
    small_model()
    command = [sys.executable, "-m", "agent.cli.main", "models", "serve", SMALL, "--slots", "2", "--context", "512"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(4)]
        said = {word: rest.strip() for word, _, rest in (line.partition(" ") for line in lines)}
        base = said["base"].removeprefix("URL").strip()
        models = httpx.get(f"{base}/models", headers={"Authorization": f"Bearer {said['key']}"}, timeout=30)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert [model["id"] for model in models.json()["data"]] == [SMALL]
    assert said["slots"] == "2, each with 512 tokens of context"
    assert f"--model openai/{SMALL} --api-base {base}" in said["example"]
    assert (process.returncode, errors) == (130, "")
