"""What a model that helps to choose is shown: data in fences that the data cannot close."""

import re
from collections.abc import Mapping

from agent.messages import Message
from agent.prompts import render
from agent.trajectory.show import clip, show_execution
from agent.workbench import Workbench
from sandbox.records import Execution
from selection.matrix import Candidate

_TICKS = re.compile(r"`{3,}")


def fenced(text: str, tag: str = "") -> str:
    """The text between fences longer than any inside it."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{tag}\n{text.rstrip()}\n{fence}"


def show_diff(bench: Workbench, candidate: Candidate) -> str:
    """A candidate's patch as a fenced diff, clipped to a few times what is shown of an output."""
    text = candidate.patch.decode("utf-8", errors="replace")
    return fenced(clip(text, 4 * bench.profile.output_chars), "diff")


def show_files(files: Mapping[str, str], most: int) -> str:
    """Files under their paths, about `most` characters in all; what does not fit is left out from the longest file."""
    parts: list[str] = []
    room = most
    for place, (path, text) in enumerate(sorted(files.items(), key=lambda item: (len(item[1]), item[0]))):
        share = room // (len(files) - place)  # short files leave what they do not use to the longer ones
        shown = clip(text, share)
        room -= len(shown)
        if shown.strip():
            parts.append(f"{path.splitlines()[0] if path else path}\n{fenced(shown)}")
    return "\n\n".join(sorted(parts))


def show_end(bench: Workbench, execution: Execution) -> str:
    """How a program ended and what it printed, in a fence."""
    return show_execution(execution, bench.limits, most=bench.profile.output_chars)


def opening(bench: Workbench, files: Mapping[str, str]) -> tuple[Message, ...]:
    """What every question of a choice begins with, byte for byte: the issue and the files before any patch."""
    room = 4 * bench.profile.file_tokens // 2  # characters; the patches and what they print need room as well
    issue = clip(bench.task.issue.strip(), 4 * bench.profile.context_tokens // 3)  # a third of the context
    text = render("select_inputs_opening", issue=fenced(issue, "text"), files=show_files(files, room))
    return (
        Message("system", render("select_inputs_system")),
        Message("user", text, cached=True),
        Message("assistant", render("ready")),
    )
