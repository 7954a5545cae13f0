"""How an execution is shown to a model."""

import re

from agent.prompts import render
from sandbox.records import Execution, Limits

_FENCE = re.compile(r"`{3,}")


def clip(text: str, most: int) -> str:
    """At most about `most` characters: the beginning and the end, with a line that says what is missing."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def show_execution(execution: Execution, limits: Limits, *, most: int) -> str:
    """Exit code and output of a script, partial output of one that ran out of time included."""
    streams = [execution.stdout.rstrip()]
    if execution.stderr.strip():
        streams.append("stderr:\n" + execution.stderr.rstrip())
    output = clip("\n".join(stream for stream in streams if stream), most)
    longest = max((len(run) for run in _FENCE.findall(output)), default=2)
    return render(
        "outcome",
        timed_out=execution.timed_out,
        seconds=f"{limits.seconds:g}",
        killed_by=execution.killed_by,
        exit_code=execution.exit_code,
        output=output,
        fence="`" * max(3, longest + 1),
    )
