"""Files of patches from elsewhere: what they are, their content says; labels are left behind."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.candidate_files import Offered, predictions_file, read_candidates
from swe_tasks.errors import DatasetError

DIFF = "diff --git a/x b/x\n"
PREDICTION = {"instance_id": "shop__cart-1", "model_name_or_path": "m", "model_patch": DIFF}
TRAE = {
    "instance_id": "shop__cart-1",
    "issue": "It adds up wrongly.",
    "patches": [DIFF, "", DIFF * 2],
    "success_id": [1, 0, 0],
    "regressions": [[], ["tests/test_a.py::test_b"], []],
}
READ_TRAE = tuple(Offered("shop__cart-1", f"trae {n}", patch) for n, patch in enumerate([DIFF, "", DIFF * 2], 1))


def written(place: Path, entries: Sequence[Mapping[str, object]]) -> Path:
    place.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    return place


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        read_candidates(path, name="trae")
    return str(caught.value)


@pytest.mark.parametrize("name", ["preds.jsonl", "preds.json", "preds", "preds.txt"])
def test_predictions_are_told_by_their_content(tmp_path: Path, name: str) -> None:
    """Whatever the file is called."""
    other = PREDICTION | {"instance_id": "shop__cart-2", "model_patch": None}
    found = read_candidates(written(tmp_path / name, [PREDICTION, other]), name="trae")
    assert found == (Offered("shop__cart-1", "m", DIFF), Offered("shop__cart-2", "m", ""))


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_by_task_is_read(tmp_path: Path, indent: int | None) -> None:
    """In one line or in many."""
    place = tmp_path / "preds.json"
    place.write_text(json.dumps({"shop__cart-1": PREDICTION}, indent=indent))
    assert read_candidates(place, name="trae") == (Offered("shop__cart-1", "m", DIFF),)


@pytest.mark.parametrize("name", ["candidates.jsonl", "candidates.json", "candidates"])
def test_the_candidates_of_trae_are_samples_of_the_file(tmp_path: Path, name: str) -> None:
    """Numbered as they stand there, those that are empty too."""
    assert read_candidates(written(tmp_path / name, [TRAE]), name="trae") == READ_TRAE


LABELS = st.fixed_dictionaries(
    {}, optional={"success_id": st.lists(st.sampled_from([0, 1]), max_size=4), "regressions": st.just([["a"], ["b"]])}
) | st.just({"success_id": "nonsense", "regressions": 7, "issue": None})


@given(LABELS)
def test_labels_are_left_behind(tmp_path_factory: pytest.TempPathFactory, labels: dict[str, object]) -> None:
    """Absent, inverted, too few or nonsense: what is read is the same."""
    bare = {key: TRAE[key] for key in ("instance_id", "patches")}
    place = written(tmp_path_factory.mktemp("labels") / "c.jsonl", [bare | labels])
    assert read_candidates(place, name="trae") == READ_TRAE


@pytest.mark.parametrize("name", ["preds.json", "all_preds.jsonl", "predictions.jsonl"])
def test_a_directory_of_one_system_is_read(tmp_path: Path, name: str) -> None:
    """As mini-swe-agent, published submissions and this project leave it."""
    written(tmp_path / name, [PREDICTION])
    assert read_candidates(tmp_path, name="trae") == (Offered("shop__cart-1", "m", DIFF),)


def test_a_directory_has_to_hold_one_predictions_file(tmp_path: Path) -> None:
    """None is as wrong as two."""
    with pytest.raises(DatasetError, match="neither a run's directory nor one of predictions"):
        predictions_file(tmp_path)
    written(tmp_path / "preds.json", [PREDICTION])
    written(tmp_path / "all_preds.jsonl", [PREDICTION])
    assert "holds preds.json and all_preds.jsonl" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([TRAE, {"instance_id": "a"}], "line 2 has neither 'model_patch' nor 'patches'"),
        ([TRAE, PREDICTION], "line 2 is of another format than line 1"),
        ([PREDICTION, TRAE], "line 2 is of another format than line 1"),
        ([TRAE | PREDICTION], "line 1 has both 'model_patch' and 'patches'"),
        ([TRAE, TRAE], "line 2: shop__cart-1 has candidates already, at line 1"),
        ([TRAE | {"patches": DIFF}], "line 1: the field 'patches' is text, not a list"),
        ([TRAE | {"patches": [DIFF, 3]}], "line 1: the field 'patches[1]' is a number, not text"),
        ([TRAE | {"patches": ["\ud800"]}], "line 1: the field 'patches[0]' holds half of a surrogate pair"),
        ([TRAE | {"instance_id": ""}], "line 1: the field 'instance_id' is empty"),
        ([PREDICTION | {"model_name_or_path": None}], "line 1: the field 'model_name_or_path' is missing"),
        ([], "holds no candidates"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_field(
    tmp_path: Path, entries: Sequence[Mapping[str, object]], problem: str
) -> None:
    """Before anything is done with the file."""
    place = written(tmp_path / "c.jsonl", entries)
    said = refusal(place)
    assert str(place) in said
    assert problem in said


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    """A diff among them, say."""
    place = tmp_path / "a.diff"
    place.write_text(DIFF)
    assert "is not JSON at line 1" in refusal(place)
