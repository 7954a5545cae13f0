"""Who proposes and who conducts: models, context, trajectories, the pipeline, the command line."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Resolved, load_settings
    from agent.settings import Settings

    __version__: str

__all__ = ["Resolved", "Settings", "__version__", "load_settings"]

_HOMES = {"Resolved": "agent.config", "Settings": "agent.settings", "load_settings": "agent.config"}


def __getattr__(name: str) -> object:
    # Importing this package loads nothing; a public name loads what it needs.
    if name == "__version__":
        from importlib.metadata import version

        return version("shrewdness")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
