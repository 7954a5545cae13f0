"""Gets the embedded model in front of the user's eyes."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.settings import Settings


def get_model(settings: "Settings") -> None:
    """The default model is fetched when it is first needed, in front of the user's eyes."""
    from agent.models.opening import EMBEDDED

    if not settings.model.startswith(EMBEDDED):
        return
    from agent.models.catalogue import find, is_pulled
    from agent.models.progress import pull_bar
    from agent.models.pull import pull_entry
    from agent.places import cache_directory
    from agent.terminal import console_err

    entry, cache = find(settings.model.removeprefix(EMBEDDED)), cache_directory(os.environ)
    if not is_pulled(entry, cache):
        with pull_bar(entry.name, entry.size, console_err()) as watcher:
            pull_entry(entry, cache=cache, progress=watcher)
