"""`shrewd config` prints what a run would use, in a form that can be used again."""

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.config import settings_from_yaml
from agent.settings import Settings


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["config", *arguments]) == 0
    return capsys.readouterr().out


def test_the_output_is_a_settings_file(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without origins, whatever the values hold."""
    setup = "cd x\n\n# é \x1b[31m\u202e" + "long " * 60
    arguments = ["--setup", setup, "--memory", "3g", "--no-comments"]
    expected = Settings(setup=setup, memory=3 << 30, comments=False)
    assert settings_from_yaml(shown(capsys, *arguments), name="out") == expected
    assert settings_from_yaml(shown(capsys, "--origin", *arguments), name="out") == expected


def test_origins_are_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody has to guess which layer won."""
    monkeypatch.setenv("SHREWD_SEED", "7")
    lines = shown(capsys, "--origin", "--samples", "2").splitlines()
    assert [line.split() for line in lines if line.startswith(("samples", "seed", "repairs"))] == [
        ["samples:", "2", "#", "--samples"],
        ["repairs:", "2", "#", "default"],
        ["seed:", "7", "#", "SHREWD_SEED"],
    ]


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs."""
    assert json.loads(shown(capsys, "--json")) == Settings().model_dump(mode="json")
    assert json.loads(shown(capsys, "--json", "--origin"))["samples"] == {"value": 4, "origin": "default"}


def test_the_repositorys_file_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """From the directory that is named, or the current one."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / ".shrewd.yaml").write_text("samples: 9\n")
    assert json.loads(shown(capsys, "repo", "--json"))["samples"] == 9
    assert json.loads(shown(capsys, "--json"))["samples"] == 4


def test_wrong_settings_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them at once, on stderr."""
    assert main(["config", "--samples", "0", "--sandbox", "chroot"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "shrewd: user: 2 settings are wrong:",
        "  --samples: must be a whole number of at least 1, not '0'",
        "  --sandbox: must be one of auto, docker, bubblewrap, not 'chroot'",
    ]
