"""What a look at one thing found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "note", "broken"]
"""`note`: something is missing or small, and a run is possible. `broken`: nothing can be solved like this."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    status: Status
    detail: str
    remedy: str = ""
    """What mends it; empty when there is nothing to mend."""


def is_ready(checks: Iterable[Check]) -> bool:
    """Whether a run is possible."""
    return all(check.status != "broken" for check in checks)
