"""The `datasets` library and its reader of Parquet files: neither is typed, nor always installed."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from swe_tasks.errors import DatasetError

Rows = list[dict[str, object]]


def read_parquet(path: Path) -> Rows:
    """The rows of a Parquet file.

    Raises:
        DatasetError: it cannot be read, or the libraries are not installed.
    """
    parquet = _library("pyarrow.parquet")
    try:
        return cast("Rows", parquet.read_table(path).to_pylist())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as Parquet: {_line(error)}") from error


def read_hub(name: str, split: str | None, revision: str | None) -> tuple[str, Rows]:
    """A split of a dataset, a Hugging Face name or a directory, and the split's name. Without one, `test` or the
    only one is taken. What was downloaded before is not downloaded again.

    Raises:
        DatasetError: there is no such dataset or split, it cannot be reached, or the library is not installed.
    """
    wanted = split or "test"
    try:
        return wanted, _load(name, wanted, revision)
    except _NoSuchSplit as error:
        if split is None and len(error.names) == 1:
            return error.names[0], _load(name, error.names[0], revision)
        raise DatasetError(
            f"{name} has no split {wanted!r}; it has {', '.join(error.names)}. Choose one with --split."
        ) from error


class _NoSuchSplit(Exception):
    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


def _load(name: str, split: str, revision: str | None) -> Rows:
    datasets, httpx = _library("datasets"), import_module("httpx")
    folder = Path(name)
    try:
        if (folder / "dataset_dict.json").is_file():
            splits = datasets.load_from_disk(name)
            if split not in splits:
                raise _NoSuchSplit(sorted(splits))
            return cast("Rows", splits[split].to_list())
        return cast("Rows", datasets.load_dataset(name, split=split, revision=revision).to_list())
    except datasets.exceptions.DatasetNotFoundError as error:
        raise DatasetError(
            f"Hugging Face has no dataset {name!r} to be seen{f' at {revision!r}' if revision else ''}. A private one "
            "needs HF_TOKEN; a local file ends with .jsonl, .json or .parquet."
        ) from error
    except ConnectionError as error:
        raise DatasetError(
            f"the dataset {name!r} cannot be reached ({_line(error)}) and was not downloaded before; "
            "try again with a network, or name a local file"
        ) from error
    except ValueError as error:
        # The library names the splits in these words only.
        found = re.search(r"(?:Unknown split|Bad split).*\[(.*)\]", str(error), re.DOTALL)
        if found:
            raise _NoSuchSplit(re.findall(r"'([^']+)'", found[1])) from error
        raise DatasetError(f"the dataset {name!r} cannot be read: {_line(error)}") from error
    except (OSError, datasets.exceptions.DatasetsError, httpx.HTTPError) as error:
        raise DatasetError(f"the dataset {name!r} cannot be read: {_line(error)}") from error


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise DatasetError(
            f"the library {name.partition('.')[0]!r} is not installed: pip install 'shrewdness[swebench]'"
        ) from error


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
