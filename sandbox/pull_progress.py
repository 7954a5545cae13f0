"""How far a pull is, from what the engine reports of each layer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A moment of a pull."""

    image: str
    downloaded: int = 0
    total: int = 0
    """Bytes of the layers whose size is known by now; it grows while the layers begin."""
    layers: int = 0
    """Known by now, those that were here already included."""
    unpacked: int = 0
    """Layers that are in place."""
    attempt: int = 1
    attempts: int = 1
    waiting: str = ""
    """Why nothing comes, when nothing does."""


class Layers:
    """Adds up the events of one attempt. Engines are not believed to report in any order."""

    def __init__(self, start: PullProgress) -> None:
        self._start = start
        self._sizes: dict[str, int] = {}
        self._here: dict[str, int] = {}
        self._unpacked: set[str] = set()
        self._all: set[str] = set()

    @property
    def state(self) -> PullProgress:
        """The sum."""
        return replace(
            self._start,
            downloaded=sum(self._here.values()),
            total=sum(self._sizes.values()),
            layers=len(self._all),
            unpacked=len(self._unpacked),
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one of the engine's reports; those of other kinds change nothing."""
        layer, status = str(event.get("id") or ""), str(event.get("status") or "")
        if not layer or status.startswith("Pulling from"):
            return
        self._all.add(layer)
        detail = cast("Mapping[str, Any]", event.get("progressDetail") or {})
        current, total = _count(detail.get("current")), _count(detail.get("total"))
        match status:
            case "Downloading":
                self._sizes[layer] = max(total, current)
                self._here[layer] = current
            case "Download complete" | "Verifying Checksum" | "Extracting":
                self._here[layer] = self._sizes.get(layer, 0)
            case "Pull complete" | "Already exists":
                self._here[layer] = self._sizes.get(layer, 0)
                self._unpacked.add(layer)
            case _:
                pass


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
