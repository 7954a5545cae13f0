"""Keeps parts by what they were made from, and dossiers, which are lists of parts, by tree.

    dossiers/
      parts/<key>.json     one part, on disk as soon as it is made
      trees/<tree>.json    the keys of the parts that a tree has so far

All of it can be made anew, so what cannot be read is taken as not there.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from agent.dossier.records import Dossier, Part
from agent.rundir import write_file

T = TypeVar("T")
FOLDER: Final = "dossiers"
"""Below the cache directory."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Listing:
    tree: str
    parts: tuple[str, ...]
    schema_version: Literal[1] = 1


_PART: Final = TypeAdapter(Part)
_LISTING: Final = TypeAdapter(_Listing)


def part_path(cache: Path, key: str) -> Path:
    return cache / FOLDER / "parts" / f"{key}.json"


def dossier_path(cache: Path, tree: str) -> Path:
    return cache / FOLDER / "trees" / f"{tree}.json"


def store_part(cache: Path, part: Part) -> None:
    """Durable when this returns."""
    write_file(part_path(cache, part.key), _PART.dump_json(part, indent=2) + b"\n")


def load_part(cache: Path, key: str) -> Part | None:
    """A part, failed ones too; None where there is none that can be read."""
    part = _load(part_path(cache, key), _PART)
    return part if part is not None and part.key == key else None


def store_dossier(cache: Path, tree: str, keys: Sequence[str]) -> None:
    write_file(dossier_path(cache, tree), _LISTING.dump_json(_Listing(tree, tuple(keys)), indent=2) + b"\n")


def load_dossier(tree: str, cache: Path) -> Dossier | None:
    """What was made for a tree so far; None if it was never studied."""
    listing = _load(dossier_path(cache, tree), _LISTING)
    if listing is None or listing.tree != tree:
        return None
    found = (load_part(cache, key) for key in listing.parts)
    return Dossier(tree, tuple(part for part in found if part is not None and not part.failed))


def _load(path: Path, shape: TypeAdapter[T]) -> T | None:
    try:
        return shape.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be read and counts as not there: %s", path, error)
        return None
