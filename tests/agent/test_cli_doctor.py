"""`shrewd doctor` and `shrewd clean`, as they are called."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines import need

from agent.cli.main import main
from agent.doctor.sandboxes import our_containers
from sandbox.docker_owner import labels
from sandbox.records import Owner

IMAGE = "python:3.11-slim-bookworm"


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, models and temporary files of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("SHREWD_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where scratch directories lie."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / f"shrewd-{os.getuid()}"


def leave(run: str, *, alive: bool) -> str:
    """A container of a run whose owner is dead or alive; its id."""
    from sandbox.docker_engine import Engine

    owner = os.getpid()
    if not alive:
        dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        marks = labels(Owner(run, dead.pid))
        dead.communicate()
    else:
        marks = labels(Owner(run, owner))
    engine = Engine.connect()
    try:
        return engine.create(IMAGE, {}, command=["true"], labels=marks)[:12]
    finally:
        engine.close()


@pytest.fixture
def run() -> Iterator[str]:
    """The name of a run; its containers are removed at the end."""
    from sandbox.docker import clean

    need("docker")
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    clean(name)


def test_doctor_says_what_stands_in_the_way_and_how_to_mend_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong settings are one finding among others; the rest is looked at all the same."""
    assert main(["doctor", "--samples", "0", "--model", "embedded/none"]) == 2
    out = capsys.readouterr().out
    assert "broken settings: one setting is wrong:\n" in out
    assert "ok     python:" in out
    assert out.splitlines()[-1].startswith("No run is possible before this is mended: settings")


def test_doctor_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code and the record agree."""
    code = main(["doctor", "--json"])
    record = json.loads(capsys.readouterr().out)
    assert record["ready"] == (code == 0)
    assert record["reaped"] == []
    # The cache is empty: the model is fetched when it is first used, or now with what mends it.
    [model] = [check for check in record["checks"] if check["name"] == "model"]
    assert (model["status"], bool(model["remedy"])) == ("note", True)


def test_doctor_shows_no_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is set, and even where a setting holds it by mistake."""
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_0123456789")
    main(["doctor", "--model", "embedded/ghp_0123456789"])
    captured = capsys.readouterr()
    assert "ghp_" not in captured.out + captured.err


@pytest.mark.docker
def test_reap_removes_what_dead_runs_left_and_nothing_else(
    run: str, scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Containers and scratch directories."""
    orphan, alive = leave(run, alive=False), leave(run, alive=True)
    (scratch / "left").mkdir(parents=True)
    (scratch / "left.lock").touch()
    main(["doctor", "--json", "--reap"])
    captured = capsys.readouterr()
    assert f"removed container {orphan} of run {run}\n" in captured.err
    assert f"scratch directory {scratch / 'left'}" in json.loads(captured.out)["reaped"]
    assert our_containers(run) == [f"container {alive} of run {run}"]


@pytest.mark.docker
def test_clean_removes_a_runs_containers(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name or by its directory; those of other runs stay."""
    mine, other = leave(run, alive=True), leave(f"{run}-other", alive=True)
    try:
        assert main(["clean", "--run", f"some/where/{run}", "--yes"]) == 0
        assert capsys.readouterr().out == f"removed container {mine} of run {run}\n"
        assert our_containers(run) == []
        assert our_containers(f"{run}-other") == [f"container {other} of run {run}-other"]
    finally:
        assert main(["clean", "--run", f"{run}-other", "--yes"]) == 0


@pytest.mark.docker
def test_clean_asks_before_it_removes(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can be asked, it shows what would go, and stops."""
    container = leave(run, alive=True)
    assert main(["clean", "--run", run]) == 2
    captured = capsys.readouterr()
    assert f"container {container} of run {run}\n" in captured.err
    assert "--yes" in captured.err
    assert len(our_containers(run)) == 1


def test_clean_with_nothing_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """With or without an engine."""
    assert main(["clean", "--run", f"no-such-run-{uuid.uuid4().hex}"]) == 0
    assert capsys.readouterr().out == "There is nothing to remove.\n"
