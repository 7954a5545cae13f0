"""What a dossier is: parts, each with exactly what it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from agent.journal import digest

TESTS: Final = "tests"
CONVENTIONS: Final = "conventions"
HOT_SPOTS: Final = "hot spots"
MODULE_MAP: Final = "module map: "
"""What the name of each part of the map begins with; the folder follows."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Exactly what a part was made from. Equal inputs are not asked about twice."""

    blobs: Mapping[str, str]
    """Path -> git's id of the content."""
    prompt: str
    """A digest of what was asked, word for word: templates, outlines and limits are all in it."""
    model: str
    """Empty where none was asked."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    about: tuple[str, ...]
    """The paths it concerns."""
    text: str
    """Empty where it failed."""
    inputs: Inputs
    tokens: int
    """What it cost, of prompt and answer."""
    failed: str = ""
    """Why there is no text."""
    schema_version: Literal[1] = 1

    @property
    def key(self) -> str:
        return key_of(self.name, self.inputs)


def key_of(name: str, inputs: Inputs) -> str:
    """What a part is kept under."""
    return digest(name, dict(inputs.blobs), inputs.prompt, inputs.model)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a tree. It may lack parts that a budget or a model did not allow."""

    tree: str
    parts: tuple[Part, ...]
    """Those with a text."""
