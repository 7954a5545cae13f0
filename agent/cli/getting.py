"""Gets the embedded model in front of the user's eyes, and says where there has to be one."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.settings import Settings


def check_asks(settings: "Settings") -> None:
    """Raises:
    UserError: the settings say that there is no model, where one has to write patches.
    """
    from agent.errors import UserError
    from agent.models.opening import NONE

    if settings.model == NONE:
        raise UserError(
            f"writing patches needs a model, and --model is {NONE}: name one; only `shrewd select` can do without"
        )


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
