"""Predictions in the format of the official harness: one patch a task, with the name of what made it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swe_tasks.errors import DatasetError
from swe_tasks.jsonfiles import Record, carriable, entries, kind, read_lines, read_whole, refuse

_NAME_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Prediction:
    instance_id: str
    model: str
    """What made it; the harness names a directory by it."""
    patch: str
    """A git diff; empty when there is none."""


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """The predictions of a `.jsonl` file, or of a `.json` file that is a list or an object by task id, as
    mini-swe-agent and SWE-agent write it. A patch that is null is empty.

    Raises:
        DatasetError: the file cannot be read, or some of its entries cannot be used; with their places.
    """
    if path.suffix == ".jsonl":
        records = read_lines(path)
    elif path.suffix == ".json":
        records = entries(read_whole(path), str(path))
    else:
        raise DatasetError(f"{path} is no predictions file by its name; it has to end with .jsonl or .json")
    if not records:
        raise DatasetError(f"{path} holds no predictions")
    return predictions_of(records, str(path))


def predictions_of(records: Sequence[Record], name: str) -> tuple[Prediction, ...]:
    """The predictions that the entries of the file `name` are, one a task.

    Raises:
        DatasetError: some cannot be used; with their places.
    """
    found: dict[str, Prediction] = {}
    places: dict[str, str] = {}
    problems: list[str] = []
    for record in records:
        try:
            prediction = _read(record)
        except ValueError as error:
            problems.append(f"{record.where}: {error}")
            continue
        if prediction.instance_id in found:
            first = places[prediction.instance_id]
            problems.append(f"{record.where}: {prediction.instance_id} has a prediction already, at {first}")
            continue
        found[prediction.instance_id] = prediction
        places[prediction.instance_id] = record.where
    refuse(name, problems)
    return tuple(found.values())


def render_jsonl(predictions: Sequence[Prediction]) -> str:
    """The official form: a JSON object a line. Pure ASCII, so that nothing takes a character for a line end."""
    return "".join(json.dumps(_fields(prediction)) + "\n" for prediction in predictions)


def render_json(predictions: Sequence[Prediction]) -> str:
    """One object by task id: what `sb-cli submit` and mini-swe-agent take.

    Raises:
        DatasetError: they are of several models, which `sb-cli` refuses.
    """
    models = sorted({prediction.model for prediction in predictions})
    if len(models) > 1:
        raise DatasetError(f"one submission holds one model's predictions; here are {', '.join(models)}")
    return json.dumps({prediction.instance_id: _fields(prediction) for prediction in predictions}, indent=2) + "\n"


def model_name(model: str) -> str:
    """A name for a model that can name a directory too. The same model always has the same name."""
    name = re.sub(r"[^A-Za-z0-9._+-]+", "-", re.sub(r"/+", "__", model.strip("/ "))).strip("-.")
    return name[:_NAME_CHARACTERS].rstrip("-.") or "unnamed"


def _fields(prediction: Prediction) -> dict[str, str]:
    return {
        "instance_id": prediction.instance_id,
        "model_name_or_path": prediction.model,
        "model_patch": prediction.patch,
    }


def _read(record: Record) -> Prediction:
    # ValueError: in words, what is wrong with it.
    fields = record.value
    task = required_text(fields.get("instance_id", record.key), "instance_id")
    if record.key is not None and task != record.key:
        raise ValueError(f"its instance_id is {task!r}")
    model = required_text(fields.get("model_name_or_path"), "model_name_or_path")
    if "model_patch" not in fields:
        raise ValueError("the field 'model_patch' is missing; a task without a patch has an empty one")
    return Prediction(task, model, patch_text(fields["model_patch"], "model_patch"))


def patch_text(value: object, name: str) -> str:
    """A patch in the field `name`; null is the empty one.

    Raises:
        ValueError: in words, what is wrong with it.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"the field {name!r} is {kind(value)}, not text")
    if not carriable(value):
        raise ValueError(f"the field {name!r} holds half of a surrogate pair, which no file can")
    return value


def required_text(value: object, name: str) -> str:
    """The text in the field `name`.

    Raises:
        ValueError: in words, what is wrong with it.
    """
    if value is None or value == "":
        raise ValueError(f"the field {name!r} is {'missing' if value is None else 'empty'}")
    if not isinstance(value, str):
        raise ValueError(f"the field {name!r} is {kind(value)}, not text")
    if not carriable(value):
        raise ValueError(f"the field {name!r} holds half of a surrogate pair")
    return value
