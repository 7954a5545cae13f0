"""Trajectories as mini-swe-agent writes them, made from a journal."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.exported import OPENING, RIGHT, SCRIPT, WRONG, make_task, task_dir
from support.programs import need_python_with

from agent.cli.main import Lazy, main
from agent.errors import RunConflict
from agent.export import export_trajectories
from agent.messages import Finish

INSPECTOR = Path(__file__).parents[2] / "support" / "inspector.py"


async def exported(path: Path, *replies: Any, selected: bool = True) -> list[dict[str, Any]]:
    place = task_dir(path)
    await make_task(place, replies, selected=selected)
    written = export_trajectories(place, path / "out")
    assert [file.name for file in written] == [f"t.{number}.traj.json" for number in range(len(replies))]
    return [json.loads(file.read_bytes()) for file in written]


def answers(trajectory: dict[str, Any]) -> list[str]:
    return [m["content"] for m in trajectory["messages"] if m["role"] == "assistant" and "extra" in m]


async def test_a_trajectory_is_told_from_beginning_to_end(tmp_path: Path) -> None:
    """The opening once, then each question and its answer, and how it ended."""
    [told] = await exported(tmp_path, [SCRIPT, WRONG, RIGHT, "DONE"])
    roles = [message["role"] for message in told["messages"]]
    assert roles == ["system", "user", "assistant", *["user", "assistant"] * 4, "exit"]
    assert [m["content"] for m in told["messages"][:3]] == [message.content for message in OPENING]
    assert answers(told) == [SCRIPT, WRONG, RIGHT, "DONE"]
    assert "exit 2" in told["messages"][7]["content"]  # what running the script printed, as the model was shown it
    assert told["messages"][-1]["extra"] == {
        "exit_status": "Submitted",
        "submission": told["info"]["submission"],
    }


async def test_the_format_is_minis(tmp_path: Path) -> None:
    """The fields that readers look for."""
    [told] = await exported(tmp_path, [SCRIPT, RIGHT, "DONE"])
    assert told["trajectory_format"] == "mini-swe-agent-1.1"
    assert told["instance_id"] == "t"
    info = told["info"]
    assert info["model_stats"] == {"instance_cost": 0.0, "api_calls": 3}
    assert info["config"]["environment"] == {"cwd": "/testbed", "image": "an-image:1"}
    assert info["config"]["model"] == {"model_name": "scripted"}
    assert info["exit_status"] == "Submitted"
    assert "+    return 2 * x" in info["submission"]
    assert info["shrewdness"]["verified"] is True
    answer = next(m for m in told["messages"] if m["role"] == "assistant" and "extra" in m)
    assert answer["extra"]["usage"]["prompt_tokens"] == 100
    assert answer["extra"]["stage"] == "script"
    assert answer["extra"]["timestamp"] > 1_700_000_000


async def test_forgotten_attempts_are_told_too(tmp_path: Path) -> None:
    """The model no longer sees them; a reader does, each message once."""
    [told] = await exported(tmp_path, ["no script", SCRIPT, RIGHT, "DONE"])
    assert answers(told) == ["no script", SCRIPT, RIGHT, "DONE"]
    contents = [m["content"] for m in told["messages"]]
    assert len(set(contents)) == len(contents)


async def test_a_cut_answer_is_continued(tmp_path: Path) -> None:
    """Its parts follow each other."""
    half = len(SCRIPT) // 2
    [told] = await exported(tmp_path, [(SCRIPT[:half], Finish.LENGTH), SCRIPT[half:], RIGHT, "DONE"])
    assert answers(told)[:2] == [SCRIPT[:half], SCRIPT[half:]]
    finishes = [m["extra"]["finish"] for m in told["messages"] if m["role"] == "assistant" and "extra" in m]
    assert finishes == ["length", "stop", "stop", "stop"]


async def test_each_trajectory_has_its_own(tmp_path: Path) -> None:
    """With its own candidate, and its own end."""
    first, second = await exported(tmp_path, [SCRIPT, RIGHT, "DONE"], [SCRIPT, WRONG, "no", "nothing"])
    assert (first["info"]["exit_status"], second["info"]["exit_status"]) == ("Submitted", "RepeatedFormatError")
    assert "+    return x + 3" in second["info"]["submission"]


async def test_an_unfinished_task_can_be_looked_at(tmp_path: Path) -> None:
    """It has no selection yet, and perhaps a torn last line in its journal."""
    [told] = await exported(tmp_path, [SCRIPT, RIGHT, "DONE"], selected=False)
    assert told["info"]["exit_status"] == "Unfinished"
    assert told["info"]["submission"] == ""
    place = task_dir(tmp_path)
    with place.journal.open("ab") as file:
        file.write(b'{"kind": "comp')
    [path] = export_trajectories(place, tmp_path / "out")
    assert answers(json.loads(path.read_bytes())) == [SCRIPT, RIGHT, "DONE"]


async def test_a_journal_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    """Its lock is for writers; not a byte of it changes."""
    from agent.journal import Journal

    place = task_dir(tmp_path)
    await make_task(place, [[SCRIPT, RIGHT, "DONE"]])
    before = place.journal.read_bytes()
    journal = Journal(place.journal, redact=lambda text: text)
    try:
        assert len(export_trajectories(place, tmp_path / "out")) == 1
    finally:
        await journal.aclose()
    assert place.journal.read_bytes() == before


async def test_a_conversation_of_older_settings_is_not_mixed_in(tmp_path: Path) -> None:
    """Begun again after its prompt changed, and shorter: the rest of the old one is not told."""
    place = task_dir(tmp_path)
    await make_task(place, [[SCRIPT, WRONG, RIGHT, "DONE"]])
    notes = [json.loads(line) for line in place.journal.read_text().splitlines()]
    latest = max(note["at"] for note in notes)
    again = next(n for n in notes if n["kind"] == "completion" and n["about"]["stage"] == "edit")
    again = {**again, "key": "another", "at": latest + 5}
    place.journal.write_text("".join(json.dumps(note) + "\n" for note in [*notes, again]))
    [path] = export_trajectories(place, tmp_path / "out")
    assert answers(json.loads(path.read_bytes())) == [SCRIPT, WRONG]


async def test_damage_is_named(tmp_path: Path) -> None:
    """With the line, or with the text that is missing."""
    place = task_dir(tmp_path)
    await make_task(place, [[SCRIPT, RIGHT, "DONE"]])
    lines = place.journal.read_text().splitlines(keepends=True)
    place.journal.write_text("".join(["{\n", *lines]))
    with pytest.raises(RunConflict, match=r"journal\.jsonl:1 is damaged"):
        export_trajectories(place, tmp_path / "out")
    place.journal.write_text("".join(line for line in lines if json.loads(line)["kind"] != "text"))
    with pytest.raises(RunConflict, match="lacks the text"):
        export_trajectories(place, tmp_path / "out")


async def test_the_command_prints_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the run, or below --out with a directory for each task."""
    commands = {"export": Lazy("agent.cli.export", "export", "Write a run for other programs.")}
    place = task_dir(tmp_path)
    assert main(["export", str(tmp_path), "--as", "mini"], commands) == 2
    assert "not a run directory" in capsys.readouterr().err
    await make_task(place, [[SCRIPT, RIGHT, "DONE"]])
    assert main(["export", str(tmp_path), "--as", "mini"], commands) == 0
    assert capsys.readouterr().out.split() == [str(place.trajectories / "t.0.traj.json")]
    assert main(["export", str(tmp_path), "--as", "mini", "--out", str(tmp_path / "o")], commands) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "o" / "t" / "t.0.traj.json")]


@pytest.mark.slow
async def test_the_real_inspector_opens_them(tmp_path: Path) -> None:
    """mini-swe-agent's own, driven by the keys that a user presses: every step of every trajectory is shown."""
    python = need_python_with("minisweagent", "mini-swe-agent")
    told = await exported(tmp_path, [SCRIPT, RIGHT, "DONE"], [SCRIPT, WRONG, "no", "nothing"])
    files = sorted((tmp_path / "out").glob("*.traj.json"))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MSWEA_SILENT_STARTUP": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: ASYNC221
        [python, str(INSPECTOR), *map(str, files)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, list[str]] = json.loads(done.stdout)
    assert list(shown) == ["t.0.traj.json", "t.1.traj.json"]
    for pages, trajectory in zip(shown.values(), told, strict=True):
        assert len(pages) == len(answers(trajectory)) + 2  # the opening's two, with its ready-made answer
        assert OPENING[1].content in pages[0]
        for page, answer in zip(pages[2:], answers(trajectory), strict=True):
            assert answer.splitlines()[0] in page
        assert trajectory["info"]["exit_status"] in pages[-1]
