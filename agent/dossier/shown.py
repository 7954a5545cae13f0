"""What of a dossier the conversations about a task begin with; once decided, it stays so for the life of the run."""

import asyncio
from typing import Final

from agent.dossier.choose import matching
from agent.dossier.study import known_of
from agent.errors import UserError
from agent.workbench import Workbench

EVENT: Final = "dossier"
MOST_TOKENS: Final = 2000


async def dossier_of(bench: Workbench) -> str:
    """The matching parts, as they are shown; empty where none is wanted. A study in the meantime changes nothing.

    Raises:
        UserError: one is wanted, and the repository was never studied.
        TaskError: the base tree cannot be read.
    """
    if not bench.reading.dossier:
        return ""
    noted = bench.journal.latest(EVENT)
    if isinstance(noted, str):
        return noted
    cache, model = bench.reading.cache, bench.model_name
    known = None if cache is None else await asyncio.to_thread(known_of, bench.base, bench.profile, model, cache)
    if known is None:
        raise UserError(
            f"there is no dossier of {bench.task.repository} as it is now; make one with: shrewd study "
            f"{bench.task.repository}, or leave out --dossier on"
        )
    most = min(MOST_TOKENS, bench.profile.context_tokens // 8)
    shown = matching(known, bench.task.issue, most_tokens=most, count=bench.count_tokens)
    bench.journal.event(EVENT, shown)
    return shown
