"""Where things of a user lie. Nothing is created by asking."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "SHREWD_CACHE"


def user_file() -> Path:
    """A user's own settings."""
    from platformdirs import user_config_path

    return user_config_path("shrewd", appauthor=False) / "config.yaml"


def cache_directory(environment: Mapping[str, str]) -> Path:
    """What can be fetched again, such as embedded models."""
    if chosen := environment.get(CACHE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("shrewd", appauthor=False)


def runs_directory() -> Path:
    """Runs that were given no directory of their own."""
    from platformdirs import user_state_path

    return user_state_path("shrewd", appauthor=False) / "runs"
