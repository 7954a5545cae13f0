"""Datasets of tasks: a Hugging Face name, a directory, or a local file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from swe_tasks import hub
from swe_tasks.errors import DatasetError
from swe_tasks.jsonfiles import Record, entries, read_lines, read_whole, refuse
from swe_tasks.rows import GradingRow, TaskRow, read_row, row_id

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "full": "SWE-bench/SWE-bench",
        "lite": "SWE-bench/SWE-bench_Lite",
        "verified": "SWE-bench/SWE-bench_Verified",
        "multilingual": "SWE-bench/SWE-bench_Multilingual",
        "multimodal": "SWE-bench/SWE-bench_Multimodal",
    }
)
"""The short names that the official harness knows too."""

_FILES = (".jsonl", ".json", ".parquet")


@dataclass(frozen=True, slots=True)
class RawDataset:
    """A dataset of which nothing but the ids has been read."""

    name: str
    split: str | None
    ids: tuple[str, ...]
    records: tuple[Record, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    """What the user named, short names written out."""
    split: str | None
    rows: tuple[TaskRow, ...]
    grading: Mapping[str, GradingRow] = field(repr=False)
    """By task id. Hidden: for grading alone."""


def load_dataset(name: str, *, split: str | None, revision: str | None = None) -> Dataset:
    """All tasks of a dataset: `open_dataset` and `read_tasks`.

    Raises:
        DatasetError: it cannot be had, or some of its rows cannot be used.
    """
    return read_tasks(open_dataset(name, split=split, revision=revision))


def open_dataset(name: str, *, split: str | None, revision: str | None = None) -> RawDataset:
    """Find a dataset and the ids of its tasks: a short name, a `.jsonl`, `.json` or `.parquet` file, a directory,
    or a Hugging Face name. Without a split, `test` or the only one is taken; files have none.

    Raises:
        DatasetError: there is no such dataset or split, it is empty, an entry has no usable id, or two have the
            same.
    """
    name = ALIASES.get(name.strip().lower(), name.strip())
    if not name:
        raise DatasetError("the name of the dataset is empty; give a Hugging Face name or a file")
    path = Path(name).expanduser()
    if path.is_file() or path.suffix in _FILES:
        if revision is not None:
            raise DatasetError(f"{name} is a file and has no revisions; leave out {revision!r}")
        split, records = _read_file(path, split)
    elif found := _file_of_split(path, split or "test"):
        split, records = split or "test", _read_file(found, None)[1]
    elif path.is_dir() or not _looks_like_path(name):
        split, rows = hub.read_hub(str(path) if path.is_dir() else name, split, revision)
        records = _numbered(rows)
    else:
        raise DatasetError(f"there is no directory {name!r}; it was looked for in {Path.cwd()}")
    if not records:
        raise DatasetError(f"{_title(name, split)} is empty")
    return RawDataset(name, split, _ids(_title(name, split), records), records)


def read_tasks(raw: RawDataset, positions: Sequence[int] | None = None) -> Dataset:
    """The tasks at these positions, or all. Rows that are not asked for may be of any kind.

    Raises:
        DatasetError: some of the rows cannot be used; with the places and fields of the first ones.
    """
    rows: list[TaskRow] = []
    grading: dict[str, GradingRow] = {}
    problems: list[str] = []
    for position in range(len(raw.records)) if positions is None else positions:
        record = raw.records[position]
        try:
            row, hidden = read_row(_named(record), where=record.where)
        except DatasetError as error:
            problems.append(str(error))
            continue
        rows.append(row)
        grading[row.id] = hidden
    refuse(_title(raw.name, raw.split), problems)
    return Dataset(raw.name, raw.split, tuple(rows), MappingProxyType(grading))


def _file_of_split(folder: Path, split: str) -> Path | None:
    # As the harness looks for it. The library would call dev.parquet the split `validation`.
    return next((place for suffix in _FILES if (place := folder / f"{split}{suffix}").is_file()), None)


def _read_file(path: Path, split: str | None) -> tuple[str | None, tuple[Record, ...]]:
    if path.suffix == ".json":
        value = read_whole(path)
        if isinstance(value, dict) and value and all(isinstance(rows, list) for rows in value.values()):
            return _read_split(path, value, split)
        records = entries([value] if isinstance(value, dict) and "instance_id" in value else value, str(path))
    elif path.suffix == ".jsonl":
        records = read_lines(path)
    elif path.suffix == ".parquet":
        if not path.is_file():
            raise DatasetError(f"there is no file {str(path)!r}; it was looked for in {Path.cwd()}")
        records = _numbered(hub.read_parquet(path))
    else:
        raise DatasetError(f"{path} is no dataset by its name; it has to end with {', '.join(_FILES)}")
    if split is not None:
        raise DatasetError(f"{path} has no splits; leave out {split!r}")
    return None, records


def _read_split(path: Path, value: dict[str, JsonValue], split: str | None) -> tuple[str, tuple[Record, ...]]:
    wanted = split or ("test" if "test" in value or len(value) > 1 else next(iter(value)))
    if wanted not in value:
        raise DatasetError(f"{path} has no split {wanted!r}; it has {', '.join(value)}. Choose one with --split.")
    return wanted, entries(value[wanted], f"{path} ({wanted})")


def _numbered(rows: hub.Rows) -> tuple[Record, ...]:
    return tuple(Record(f"row {number}", row) for number, row in enumerate(rows, 1))


def _named(record: Record) -> Mapping[str, object]:
    # In an object by id, the rows themselves need not repeat it.
    return record.value if record.key is None else {"instance_id": record.key, **record.value}


def _ids(title: str, records: Sequence[Record]) -> tuple[str, ...]:
    places: dict[str, str] = {}
    problems: list[str] = []
    for record in records:
        try:
            task = row_id(_named(record), where=record.where)
        except DatasetError as error:
            problems.append(str(error))
            continue
        if task in places:
            problems.append(f"{record.where}: the id {task!r} is there already, at {places[task]}")
        places.setdefault(task, record.where)
    refuse(title, problems)
    return tuple(places)


def _looks_like_path(name: str) -> bool:
    return name.startswith(("/", "./", "../", "~")) or name.count("/") > 1 or "\\" in name


def _title(name: str, split: str | None) -> str:
    return f"{name} ({split})" if split else name
