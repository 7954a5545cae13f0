"""`shrewd study` as a command: its table and its record, its budget, and kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.git_repository import fingerprint, make_repository
from support.openai_server import OpenAIServer
from support.replies import Reply, answer, stall

from agent.cli.main import Lazy, main
from agent.dossier import load_dossier

COMMANDS = {"study": Lazy("agent.cli.study", "study", "Prepare notes on a repository.")}
PROGRAM = (
    "import sys; from agent.cli.main import Lazy, main; "
    "sys.exit(main(sys.argv[1:], {'study': Lazy('agent.cli.study', 'study', '')}))"
)
FILES: dict[str, str | bytes] = {
    "Makefile": "test:\n\tpython -m unittest\n",
    "app/clock.py": "def tick():\n    return 1\n",
    "tools/build.py": "def build():\n    return 2\n",
}
NAMES = {"tests", "conventions", "module map: app", "module map: tools"}


def notes(request: Mapping[str, Any], call: int, attempt: int) -> Reply:
    return answer("Notes.", prompt=300, completion=50)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "SHREWD_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return make_repository(tmp_path / "repository", FILES)


def arguments(repository: Path, url: str, *more: str) -> list[str]:
    return ["study", str(repository), "--model", "hosted_vllm/scripted", "--api-base", url, *more]


def test_the_parts_are_shown_in_a_table(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what they cost, what was made and what reused, the sum, and where the dossier lies; the work tree is as it
    was."""
    before = fingerprint(repository)
    with OpenAIServer(notes) as server:
        assert main(arguments(repository, server.url), COMMANDS) == 0
        first = capsys.readouterr().out
        assert main(arguments(repository, server.url), COMMANDS) == 0
        second = capsys.readouterr().out
        assert len(server.calls) == 4
    assert all(name in first for name in NAMES)
    assert (first.count("350"), first.count("made"), second.count("reused")) == (4, 4, 4)
    assert "Tokens: 1,400 spent now, 1,400 in all parts. Dossier: /" in first
    assert "Tokens: 0 spent now, 1,400 in all parts." in second
    assert fingerprint(repository) == before


def test_the_record_is_one_object(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the tree under which `load_dossier` finds the parts."""
    with OpenAIServer(notes) as server:
        assert main(arguments(repository, server.url, "--json"), COMMANDS) == 0
    record = json.loads(capsys.readouterr().out)
    assert {part["name"] for part in record["parts"]} == NAMES
    assert {part["state"] for part in record["parts"]} == {"made"}
    assert (record["exit_code"], record["missing"], record["tokens"]) == (0, [], {"spent": 1400, "stored": 1400})
    dossier = load_dossier(record["tree"], Path(os.environ["SHREWD_CACHE"]))
    assert dossier is not None
    assert {part.name for part in dossier.parts} == NAMES
    assert Path(record["path"]).is_file()


def test_the_budget_counts_tokens(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it does not afford is named, and the exit code is 3."""
    with OpenAIServer(notes) as server:
        more = ("--budget", "2600", "--completions-at-once", "1")
        assert main(arguments(repository, server.url, *more), COMMANDS) == 3
        out = capsys.readouterr().out
        assert "Missing: " in out
        assert "the budget of 2600 tokens is reached" in out
        assert 0 < len(server.calls) < 4
        assert main(arguments(repository, server.url, "--budget", "100000"), COMMANDS) == 0
        assert len(server.calls) == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--budget", "0.50"), "not a valid integer"),
        (("--budget", "100", "--token-budget", "100"), "give one of them"),
        (("--issue", "It is broken."), "No such option"),
        (("--model", "none"), "a study needs a model"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    repository: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    """Money is not taken for tokens, and an issue has no place here."""
    assert main(arguments(repository, "http://127.0.0.1:9/v1", *more), COMMANDS) == 2
    assert said in capsys.readouterr().err


def test_a_secret_that_a_model_repeats_is_not_kept(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dossier is shown to other models."""
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret-1234")

    def telling(request: Mapping[str, Any], call: int, attempt: int) -> Reply:
        return answer("The key is sk-very-secret-1234.")

    with OpenAIServer(telling) as server:
        assert main(arguments(repository, server.url), COMMANDS) == 0
    stored = [path.read_text() for path in Path(os.environ["SHREWD_CACHE"]).rglob("dossiers/*/*.json")]
    assert any("[redacted]" in text for text in stored)
    assert not any("very-secret" in text for text in stored)


def test_a_killed_study_goes_on(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """kill -9 costs what was in flight, and no part that was there."""
    parts = Path(os.environ["SHREWD_CACHE"], "dossiers", "parts")

    def stuck(request: Mapping[str, Any], call: int, attempt: int) -> Reply:
        return stall(60) if call == 3 else notes(request, call, attempt)

    with OpenAIServer(stuck) as server:
        command = [sys.executable, "-c", PROGRAM, *arguments(repository, server.url, "--completions-at-once", "1")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + 120
            while len(server.calls) < 3 and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        assert len(list(parts.glob("*.json"))) == 2
    with OpenAIServer(notes) as server:
        assert main(arguments(repository, server.url, "--json"), COMMANDS) == 0
        assert len(server.calls) == 2
    record = json.loads(capsys.readouterr().out)
    assert [part["state"] for part in record["parts"]] == ["reused", "reused", "made", "made"]
