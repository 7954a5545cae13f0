"""The program that plays an example: a plan as data, and the player after it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

UNFIT: Final = 3
"""The player's exit code where everything that could show something failed for want of something else."""


@dataclass(frozen=True, slots=True)
class Play:
    """One step of an example. A quiet one shows nothing: it prepares the others."""

    kind: Literal["python", "shell", "tests"]
    source: str
    """Statements, a command, or the path of a file of tests."""
    quiet: bool = False
    acts: bool = True
    """Whether it may show something."""
    reads: bool = False
    """Whether a command needs the files that it names."""


@cache
def _player() -> str:
    return files("agent.examples").joinpath("player.txt").read_text(encoding="utf-8")


def program_of(steps: tuple[Play, ...], shown_files: Mapping[str, str]) -> str:
    """A stand-alone program for Python 3.5 and later. It starts in the tree's root and works in a directory of its own.

    Each step's output follows a line `#1`, `#2`, ...; the last line is `#end`. It exits with 0, with 1 if a step
    raised or failed, and with `UNFIT` if nothing in it can run there.
    """
    plan = json.dumps({"steps": [asdict(step) for step in steps], "files": dict(sorted(shown_files.items()))})
    return f"import json\nPLAN = json.loads({plan!r})\n{_player()}"
