"""Predictions files: what other programs write is read, and what is written they read."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.errors import DatasetError
from swe_tasks.predictions import Prediction, model_name, read_predictions, render_json, render_jsonl

FIRST = {"instance_id": "shop__cart-1", "model_name_or_path": "m", "model_patch": "diff --git a/x b/x\n"}
SECOND = {"instance_id": "shop__cart-2", "model_name_or_path": "m", "model_patch": None}
READ = (Prediction("shop__cart-1", "m", "diff --git a/x b/x\n"), Prediction("shop__cart-2", "m", ""))


def written(folder: Path, text: str, name: str = "preds.jsonl") -> Path:
    place = folder / name
    place.write_text(text, encoding="utf-8")
    return place


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        read_predictions(path)
    return str(caught.value)


def test_lines_are_read(tmp_path: Path) -> None:
    """In their order; a patch that is null is an empty one; an empty line is nothing."""
    assert read_predictions(written(tmp_path, f"{json.dumps(FIRST)}\n\n{json.dumps(SECOND)}\n")) == READ


def test_a_list_and_an_object_by_id_are_read(tmp_path: Path) -> None:
    """The forms of sb-cli, mini-swe-agent and SWE-agent, with or without the id in the entry."""
    by_id = {entry["instance_id"]: entry for entry in (FIRST, SECOND)}
    bare = {name: {key: value for key, value in entry.items() if key != "instance_id"} for name, entry in by_id.items()}
    for form in ([FIRST, SECOND], by_id, bare):
        assert read_predictions(written(tmp_path, json.dumps(form), "preds.json")) == READ


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 2 is not JSON"),
        ("[]", "line 2 is a list, not an object"),
        ('{"model_name_or_path": "m", "model_patch": ""}', "line 2: the field 'instance_id' is missing"),
        ('{"instance_id": "a", "model_patch": ""}', "line 2: the field 'model_name_or_path' is missing"),
        ('{"instance_id": "a", "model_name_or_path": "m"}', "line 2: the field 'model_patch' is missing"),
        ('{"instance_id": "a", "model_name_or_path": "m", "model_patch": 1}', "'model_patch' is a number, not text"),
        ('{"instance_id": "a", "model_name_or_path": "m", "model_patch": "\\ud800"}', "half of a surrogate pair"),
        (json.dumps(FIRST), "line 2: shop__cart-1 has a prediction already, at line 1"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path: Path, line: str, problem: str) -> None:
    """With its number."""
    assert problem in refusal(written(tmp_path, f"{json.dumps(FIRST)}\n{line}\n"))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("p.json", "{", "is not JSON at line 1"),
        ("p.json", f"{json.dumps(FIRST)}\n{json.dumps(FIRST)}", "JSON lines belong into a .jsonl file"),
        ("p.json", "7", "holds a number; a list of objects is expected"),
        ("p.json", '{"a": 1}', "entry 'a' is a number, not an object"),
        ("p.json", json.dumps({"other": FIRST}), "entry 'other': its instance_id is 'shop__cart-1'"),
        ("p.json", "[]", "holds no predictions"),
        ("p.txt", "", "it has to end with .jsonl or .json"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, text: str, problem: str) -> None:
    """So that it can be mended."""
    assert problem in refusal(written(tmp_path, text, name))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """With its name."""
    assert "there is no file" in refusal(tmp_path / "none.jsonl")


patches = st.text(st.characters(codec="utf-8"))


@given(texts=st.dictionaries(st.text("ab__-1", min_size=1), patches, min_size=1, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]) -> None:
    """In both forms, whatever is in a patch, and line by line for readers that split at every line end."""
    folder = tmp_path_factory.mktemp("predictions")
    predictions = tuple(Prediction(name, "m", patch) for name, patch in texts.items())
    assert read_predictions(written(folder, render_jsonl(predictions))) == predictions
    assert read_predictions(written(folder, render_json(predictions), "preds.json")) == predictions
    assert len(render_jsonl(predictions).splitlines()) == len(predictions)


def test_the_keys_are_the_official_ones() -> None:
    """Three of them."""
    assert json.loads(render_jsonl(READ[:1])) == FIRST
    assert json.loads(render_json(READ)) == {"shop__cart-1": FIRST, "shop__cart-2": {**SECOND, "model_patch": ""}}


def test_one_submission_is_of_one_model() -> None:
    """The other program refuses it only after the upload began."""
    with pytest.raises(DatasetError, match="here are a, b"):
        render_json([Prediction("x", "a", ""), Prediction("y", "b", "")])


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/gpt-5-mini", "openai__gpt-5-mini"),
        ("ollama/qwen2.5:0.5b", "ollama__qwen2.5-0.5b"),
        ("/models/local file.gguf", "models__local-file.gguf"),
        ("../..", "__"),
        ("", "unnamed"),
    ],
)
def test_model_names_can_name_directories(model: str, name: str) -> None:
    """The harness makes one, and a file, of each."""
    assert model_name(model) == name


@given(st.text())
def test_any_model_name_is_a_plain_file_name(model: str) -> None:
    """Not too long, hidden, or of several parts; and naming it again changes nothing."""
    name = model_name(model)
    assert 0 < len(name) <= 100
    assert "/" not in name
    assert not name.startswith((".", "-"))
    assert model_name(name) == name
