"""A model reads files that search by words has left over, several a call, and says of each whether it matters.

A line for each file is asked for. What comes is read in whatever shape models give it, as long as it is clear which
verdict is meant. A file of which it is not clear is asked for once more, and then recorded as failed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from agent.context.held import verdicts_grammar
from agent.context.shown import show_file
from agent.context.verdicts import Verdict, read_verdicts
from agent.errors import BudgetReached
from agent.messages import Message
from agent.prompts import render
from agent.selecting.show import fenced
from agent.trajectory.dialogue import Answer, Dialogue
from agent.trajectory.show import clip
from agent.workbench import Purpose, Workbench

STAGE: Final = "scan"
PRIORITY: Final = 6
AT_ONCE: Final = 12
"""Files of one call, at most: of more than that, models leave some out."""
SHARE: Final = 0.5
"""Of the room in the context, what the files of one call may take: tokens are only estimated."""
Why = Literal["unreadable", "overflow", "refused", "budget", "too large"]


@dataclass(frozen=True, slots=True)
class ScanFile:
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """Of each file a verdict, or why there is none; both in the order in which the files came."""

    verdicts: Mapping[str, Verdict]
    failed: Mapping[str, Why]


async def scan(bench: Workbench, files: Sequence[ScanFile], *, share: float = SHARE, at_once: int = AT_ONCE) -> Scanned:
    """What a model says of each file. One that is too large for a call of its own is cut at its end, and says so.

    A reached budget ends the scan, and what has a verdict keeps it.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    distinct = {file.path: file for file in reversed(files)}
    order = tuple(dict.fromkeys(file.path for file in files))
    batches = _batches(bench, [distinct[path] for path in order], share, at_once)
    parts = await asyncio.gather(*(_scan(bench, number, batch) for number, batch in enumerate(batches)))
    verdicts = {path: verdict for part in parts for path, verdict in part.verdicts.items()}
    failed: dict[str, Why] = {path: why for part in parts for path, why in part.failed.items()}
    return Scanned(
        {path: verdicts[path] for path in order if path in verdicts},
        # What is in no batch had no room, not even cut.
        {path: failed.get(path, "too large") for path in order if path not in verdicts},
    )


def _batches(bench: Workbench, files: Sequence[ScanFile], share: float, at_once: int) -> list[dict[str, str]]:
    """Path -> file as it is shown, for each call."""
    profile = bench.profile
    opening = (render("system"), _question(bench, {}, again=True))
    used = sum(bench.count_tokens(text) + 8 for text in opening)
    room = int(share * (profile.context_tokens - profile.max_tokens - used))
    batches: list[dict[str, str]] = []
    left = 0
    for file in files:
        listed = bench.count_tokens(file.path) + 2
        found = _fitted(bench, file, room - listed)
        if found is None:
            continue
        shown, tokens = found
        if tokens + listed > left or len(batches[-1]) >= at_once:
            batches.append({})
            left = room
        batches[-1][file.path] = shown
        left -= tokens + listed
    return batches


def _fitted(bench: Workbench, file: ScanFile, room: int) -> tuple[str, int] | None:
    """A file as it is shown and its tokens, cut where it must be; None if there is no room for any of it."""
    kept, note = file.text, ""
    while True:
        if len(kept) <= 8 * room:  # counting is slow, and a token has at most about 8 bytes
            shown = show_file(file.path, kept + note)
            tokens = bench.count_tokens(shown)
            if tokens <= room:
                return shown, tokens
            kept = kept[: len(kept) * max(0, room) // tokens * 19 // 20]
        else:
            kept = kept[: 8 * max(0, room)]
        whole_lines = kept.rpartition("\n")[0]
        kept = whole_lines if 2 * len(whole_lines) > len(kept) else kept
        if not kept.strip():
            return None
        note = f"\n[... cut here: {len(file.text) - len(kept)} more characters of the file are not shown ...]\n"


def _question(bench: Workbench, shown: Mapping[str, str], *, again: bool) -> str:
    issue = clip(bench.task.issue.strip(), 4 * bench.profile.context_tokens // 3)  # a third of the context
    files, paths = "\n".join(shown.values()), "\n".join(shown)
    return render("scan", issue=fenced(issue, "text"), files=files, paths=paths, again=again)


async def _scan(bench: Workbench, number: int, batch: Mapping[str, str]) -> Scanned:
    """Ask of the files of one call, and once more of those that the answer leaves open."""
    verdicts: dict[str, Verdict] = {}
    missing, ordinal = dict(batch), 0
    for again in (False, True):
        # Each time a conversation of its own: the second shows only what is missing, and not what went wrong before.
        # Below zero, for it belongs to no trajectory.
        purpose = Purpose(STAGE, -1 - number, PRIORITY)
        talk = Dialogue(bench, purpose, (Message("system", render("system")),), repairs=0, ordinal=ordinal)
        try:
            answer = await talk.ask(
                _question(bench, missing, again=again),
                partial(read_verdicts, paths=tuple(missing)),
                grammar=verdicts_grammar(tuple(missing)),
            )
        except BudgetReached:
            return Scanned(verdicts, dict.fromkeys(missing, "budget"))
        ordinal = talk.ordinal
        if isinstance(answer, Answer):
            verdicts |= answer.value
            missing = {path: shown for path, shown in missing.items() if path not in verdicts}
        elif answer.reason != "format":
            return Scanned(verdicts, dict.fromkeys(missing, answer.reason))
        if not missing:
            break
    return Scanned(verdicts, dict.fromkeys(missing, "unreadable"))
