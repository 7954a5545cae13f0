"""Files of patches from elsewhere: official predictions, and Trae Agent's candidate files.

What a file is, its content says, not its name. Labels, such as which candidate is right, end here: nothing above
this module ever sees one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from swe_tasks.errors import DatasetError
from swe_tasks.jsonfiles import Record, entries, kind, read_lines, read_whole, refuse
from swe_tasks.predictions import patch_text, predictions_of, required_text

NAMES_IN_A_DIRECTORY: Final = ("preds.json", "all_preds.jsonl", "predictions.jsonl")
"""What a system's directory holds its predictions in: mini-swe-agent's, that of published submissions, and ours."""

_FORMATS: Final = "predictions have a 'model_patch', Trae Agent's candidate files 'patches'"


@dataclass(frozen=True, slots=True)
class Offered:
    """A patch that is offered for a task."""

    task: str
    origin: str
    """The sample that it is, by the name of what made it."""
    patch: str
    """A git diff; empty when there is none. Bytes that are not UTF-8 are lone surrogates."""


def read_candidates(path: Path, *, name: str) -> tuple[Offered, ...]:
    """The patches of a file, or of the one predictions file that a directory holds.

    Predictions are named by their `model_name_or_path`. Trae Agent names nothing: the patches of a line are the
    first, second, ... sample of `name`, and its `success_id`, `regressions` and `issue` are left behind.

    Raises:
        DatasetError: it cannot be read, or some of its entries cannot be used; with file, line and field.
    """
    file = predictions_file(path) if path.is_dir() else path
    records = _records(file)
    if not records:
        raise DatasetError(f"{file} holds no candidates")
    if _is_trae(records, file):
        return _trae(records, file, name)
    predictions = predictions_of(records, str(file))
    return tuple(Offered(one.instance_id, one.model, one.patch) for one in predictions)


def predictions_file(directory: Path) -> Path:
    """The predictions file that a directory holds.

    Raises:
        DatasetError: it holds none, or several.
    """
    found = [directory / name for name in NAMES_IN_A_DIRECTORY if (directory / name).is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise DatasetError(f"{directory} holds {' and '.join(file.name for file in found)}; name the one that is meant")
    raise DatasetError(
        f"{directory} is neither a run's directory nor one of predictions: it has no {', '.join(NAMES_IN_A_DIRECTORY)}"
    )


def _records(path: Path) -> tuple[Record, ...]:
    """The entries of a file of JSON lines, a list, or an object by task id."""
    if path.suffix == ".jsonl" or _begins_with_an_entry(path):
        return read_lines(path)
    return entries(read_whole(path), str(path))


def _begins_with_an_entry(path: Path) -> bool:
    """Whether the first line is an entry by itself, and not an object of entries."""
    try:
        with path.open("rb") as file:
            line = next((line for line in file if line.strip()), b"")
        value = cast("object", json.loads(line.decode("utf-8-sig")))
    except (ValueError, RecursionError, OSError):
        return False  # whoever reads all of it says what is wrong
    return isinstance(value, dict) and "instance_id" in value and not isinstance(value["instance_id"], dict)


def _is_trae(records: Sequence[Record], path: Path) -> bool:
    """Whether all entries are of Trae's form, and not all of them predictions."""
    problems: list[str] = []
    first = "patches" in records[0].value
    for record in records:
        several, one = "patches" in record.value, "model_patch" in record.value
        if several and one:
            problems.append(f"{record.where} has both 'model_patch' and 'patches'")
        elif not several and not one:
            problems.append(f"{record.where} has neither 'model_patch' nor 'patches'; {_FORMATS}")
        elif several is not first:
            problems.append(f"{record.where} is of another format than {records[0].where}; {_FORMATS}")
    refuse(str(path), problems)
    return first


def _trae(records: Sequence[Record], path: Path, name: str) -> tuple[Offered, ...]:
    offered: list[Offered] = []
    problems: list[str] = []
    places: dict[str, str] = {}
    for record in records:
        try:
            task, patches = _trae_entry(record)
        except ValueError as error:
            problems.append(f"{record.where}: {error}")
            continue
        if task in places:
            problems.append(f"{record.where}: {task} has candidates already, at {places[task]}")
            continue
        places[task] = record.where
        offered += (Offered(task, f"{name} {number}", patch) for number, patch in enumerate(patches, 1))
    refuse(str(path), problems)
    return tuple(offered)


def _trae_entry(record: Record) -> tuple[str, list[str]]:
    # Only these two fields are looked at. ValueError: in words, what is wrong with them.
    task = required_text(record.value.get("instance_id", record.key), "instance_id")
    patches = record.value["patches"]
    if not isinstance(patches, list):
        raise ValueError(f"the field 'patches' is {kind(patches)}, not a list of patches")
    found = cast("list[object]", patches)
    return task, [patch_text(patch, f"patches[{number}]") for number, patch in enumerate(found)]
