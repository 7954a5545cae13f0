"""What is to be run on a tree, written into the program that runs it there."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["pytest", "plain", "command"]

COMMAND_FILE = "(command)"
"""What stands for the files in the report of a test command."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Seconds for one test file: after `soft` no further test begins, after `hard` it is killed."""

    soft: float
    hard: float


@dataclass(frozen=True, slots=True)
class Order:
    """Which tests to run, and how. Its script is the same for every tree."""

    nonce: str
    """Stands around the records of the report."""
    files: tuple[str, ...]
    begin: float
    """Seconds after which no further file is begun."""
    allowed: Allowed
    limits: Mapping[str, Allowed] = field(default_factory=dict[str, Allowed])
    """Of single files, where they differ from `allowed`."""
    wanted: Mapping[str, tuple[str, ...]] | None = None
    """File -> its tests to run; None: all."""
    kind: Kind | None = None
    """None: pytest if it can be imported, else the plain runner."""
    lenient: bool = False
    """Whether warnings are let pass that the repository's configuration makes errors."""
    seed: int = 0
    """Of Python's hashes: it differs between repetitions, so that what depends on the order of sets shows."""
    command: str = ""
    """Shell text, the files filled in."""
    command_text: str = ""
    """The same before that."""

    @property
    def seconds(self) -> float:
        """The longest that it may take."""
        return self.begin + max(one.hard for one in (self.allowed, *self.limits.values())) + 60

    @property
    def script(self) -> str:
        said = {
            "nonce": self.nonce,
            "files": self.files,
            "begin": self.begin,
            "limit": [self.allowed.soft, self.allowed.hard],
            "limits": {file: [one.soft, one.hard] for file, one in self.limits.items()},
            "wanted": None if self.wanted is None else dict(self.wanted),
            "kind": self.kind,
            "lenient": self.lenient,
            "seed": self.seed,
            "command": self.command,
        }
        packed = base64.b64encode(zlib.compress(json.dumps(said).encode())).decode()
        return program().replace("@ORDER@", packed, 1)


@cache
def program() -> str:
    """The program that runs tests inside a sandbox, without its order."""
    return files("agent.regression").joinpath("program.py.txt").read_text(encoding="utf-8")
