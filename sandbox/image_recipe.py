"""What an image is to be made of, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

IMAGE = "shrewd.image"
"""The label of finished images."""

LAYER = "shrewd.layer"
"""The label of everything made here, with the key by which a layer is found again."""

PLACE = "/mnt"
"""Where a layer's commands find the helpers. Every image has this directory, so none is left behind."""

NOTE = "shrewd: "
"""A line of output that begins so is told to the user at the end, and with every image on that layer."""


@dataclass(frozen=True, slots=True)
class Lay:
    """A directory that is laid into an image."""

    source: Path
    at: str
    key: str
    """What stands for its content: equal keys, equal content."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of an image. Its commands run as root, each in a shell of its own, in `workdir`."""

    name: str
    commands: tuple[str, ...] = ()
    lay: Lay | None = None
    workdir: str = "/"
    changes: tuple[str, ...] = ()
    """Instructions as in a Dockerfile, such as `ENV A=b`."""
    otherwise: "Layer | None" = None
    """What to do instead when a command fails."""
    note: str = ""
    """What to tell the user where this layer is used."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make an image."""

    name: str
    base: str
    layers: tuple[Layer, ...]
    workdir: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Helpers:
    """What commands have while they run, and what no image holds or records."""

    files: Mapping[str, bytes | Path] = field(default_factory=dict[str, bytes | Path])
    """By their names in `PLACE`."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    network: str = "bridge"


@dataclass(frozen=True, slots=True)
class Built:
    """An image that is ready."""

    name: str
    id: str
    notes: tuple[str, ...]
    made: int
    """How many of its layers were made."""
    reused: int
    """How many were there from earlier builds."""
