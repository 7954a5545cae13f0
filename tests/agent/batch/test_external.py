"""The patches that a run chooses among: read from every kind of file, kept in its directory."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.stored_run import contents, store_task

from agent.batch.external import keep_externals, load_externals, much_to_choose, read_externals
from agent.candidates import External
from agent.errors import RunConflict, UserError
from agent.externals.listed import Listed
from agent.rundir import RunDir

DIFF, OTHER = "diff --git a/x b/x\n", "diff --git a/y b/y\n"
TRAE = {"instance_id": "t", "issue": "It breaks.", "patches": [DIFF, OTHER, ""]}
LABELS = {"success_id": [1, 0, 0], "regressions": [[], ["tests/a.py::b"], ["tests/a.py::c"]]}
INVERTED = {"success_id": [0, 1, 1], "regressions": [["tests/a.py::b"], [], []]}


def predictions(place: Path, patches: dict[str, str], model: str) -> Path:
    place.parent.mkdir(exist_ok=True)
    rows = [{"instance_id": task, "model_name_or_path": model, "model_patch": patch} for task, patch in patches.items()]
    place.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return place


def trae(place: Path, *entries: dict[str, Any]) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    return place


def test_every_kind_of_file_offers_its_patches(tmp_path: Path) -> None:
    """A system's predictions, a directory of them, Trae's candidates, and an earlier run with all its candidates."""
    run = RunDir(tmp_path / "demo")
    rows = {b"2\n": ("s", ("trajectory 0", "trajectory 2")), b"caf\xe9\n": ("u", ("trajectory 1",))}
    store_task(run, "t", "u", rows)
    run.config.write_text("{}\n")
    listed = [
        Listed(predictions(tmp_path / "p.jsonl", {"t": DIFF, "u": OTHER}, "acr-run-1")),
        Listed(predictions(tmp_path / "mini" / "preds.json", {"t": OTHER}, "mini").parent),
        Listed(trae(tmp_path / "c.jsonl", TRAE)),
        Listed(run.path),
    ]
    found = read_externals(listed, ("t", "v"))
    assert {task: len(patches) for task, patches in found.items()} == {"t": 8, "v": 0}
    by_name = {one.source: one.patch for one in found["t"]}
    assert by_name["acr-run-1"] == by_name["c 1"] == DIFF
    assert by_name["mini"] == by_name["c 2"] == OTHER
    assert by_name["c 3"] == ""
    assert by_name["demo trajectory 0"] == by_name["demo trajectory 2"]
    assert "GIT binary patch" in by_name["demo trajectory 1"]  # what is not text travels as text


def test_runs_and_files_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    """What they hold does not say who made it."""
    listed = [Listed(trae(tmp_path / folder / "c.jsonl", TRAE)) for folder in ("a", "b")]
    sources = [one.source for one in read_externals(listed, ("t",))["t"]]
    assert sources == [f"{tmp_path}/{folder}/c.jsonl {n}" for folder in ("a", "b") for n in (1, 2, 3)]


def test_a_file_for_none_of_the_tasks_is_refused(tmp_path: Path) -> None:
    """It says what the file is about instead."""
    listed = [Listed(predictions(tmp_path / "p.jsonl", {"a": DIFF, "b": DIFF}, "acr"))]
    with pytest.raises(UserError, match=r"for none of the 1 tasks; it is about a, b"):
        read_externals(listed, ("t",))


def test_a_system_may_have_nothing_for_a_part_of_the_tasks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Others have: it is said, and stops nothing."""
    idle = Listed(predictions(tmp_path / "p.jsonl", {"a": DIFF}, "acr"))
    busy = Listed(predictions(tmp_path / "q.jsonl", {"t": DIFF}, "coder"))
    assert [one.source for one in read_externals([idle, busy], ("t",))["t"]] == ["coder"]
    assert "p.jsonl has a patch for none of the 1 tasks; it is about a" in caplog.text


def test_a_run_without_a_result_is_refused(tmp_path: Path) -> None:
    """There is nothing in it yet."""
    run = RunDir(tmp_path / "demo")
    store_task(run, "t", "u", {b"2\n": ("s", ("trajectory 0",))})
    run.config.write_text("{}\n")
    run.task("t").result.unlink()
    with pytest.raises(UserError, match="no task has a result yet"):
        read_externals([Listed(run.path)], ("t",))


def test_labels_change_no_byte_of_a_run(tmp_path: Path) -> None:
    """Inverted or absent: what is kept is the same, and no word of them is in it."""
    kept: list[dict[str, bytes]] = []
    for name, labels in {"as they are": LABELS, "inverted": INVERTED, "absent": {}}.items():
        file = trae(tmp_path / name / "c.jsonl", TRAE | labels)
        run = RunDir(tmp_path / name / "run")
        keep_externals(run, read_externals([Listed(file)], ("t",)))
        kept.append(contents(run.path))
    assert kept[0] == kept[1] == kept[2]
    assert kept[0].keys() == {"externals.json"}
    for word in (b"success", b"regressions", b"tests/a.py"):
        assert word not in kept[0]["externals.json"]


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Patches that are not UTF-8 too, to the last byte."""
    run = RunDir(tmp_path)
    odd = b"+caf\xe9 \xff\n".decode("utf-8", errors="surrogateescape")
    externals = {"t": (External("a", DIFF), External("b", odd)), "u": ()}
    keep_externals(run, externals)
    assert load_externals(run) == externals
    assert json.loads(run.externals.read_text())["t"][0] == {"source": "a", "patch": DIFF}


def test_a_run_keeps_to_its_patches(tmp_path: Path) -> None:
    """Further tasks may come, other patches may not."""
    run = RunDir(tmp_path)
    keep_externals(run, {"t": (External("a", DIFF),)})
    keep_externals(run, {"u": ()})
    assert load_externals(run) == {"t": (External("a", DIFF),), "u": ()}
    with pytest.raises(RunConflict, match="other patches for t; choose another directory"):
        keep_externals(run, {"t": (External("a", OTHER),)})


@pytest.mark.parametrize(
    "text", ["", "[]", '{"t": [{"source": "a"}]}', '{"t": [{"source":"a","patch":"!","encoding":"base64"}]}']
)
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    """With its name."""
    run = RunDir(tmp_path)
    run.externals.write_text(text)
    with pytest.raises(RunConflict, match=r"externals.json cannot be read"):
        load_externals(run)


def test_a_run_without_them_writes_its_own(tmp_path: Path) -> None:
    """Which is not the same as having none."""
    assert load_externals(RunDir(tmp_path)) is None


def test_there_is_much_to_choose_where_two_patches_differ() -> None:
    """Only then a model may be needed."""
    one, other, empty = External("a", DIFF), External("b", OTHER), External("c", " \n")
    assert not much_to_choose({"t": (one,), "u": (other,), "v": ()})
    assert not much_to_choose({"t": (one, External("b", DIFF), empty)})
    assert much_to_choose({"t": (one,), "u": (one, other)})
