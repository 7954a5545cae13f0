"""Trajectories in the format of mini-swe-agent (`mini-swe-agent-1.1`), which the common inspectors open."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from agent.errors import RunConflict
from agent.export.conversation import Asked, read_conversations
from agent.messages import Usage
from agent.rundir import TaskDir, write_json
from agent.stored import StoredTask, load_task

FORMAT: Final = "mini-swe-agent-1.1"

_STATUS: Final[Mapping[str, str]] = {
    "done": "Submitted",
    "iterations": "LimitsExceeded",
    "budget": "LimitsExceeded",
    "format": "RepeatedFormatError",
    "overflow": "ContextWindowExceeded",
    "refused": "Refused",
    "failed": "Failed",
    "unfinished": "Unfinished",
}
"""How a trajectory ended -> the format's word for it, where it has one."""


class _Ending(BaseModel):
    """What `selection.json` says of a trajectory, or of one that broke."""

    model_config = ConfigDict(extra="ignore")

    trajectory: int
    ended: str = "failed"
    detail: str = ""
    message: str = ""
    iterations: int = 0
    verified: bool = False
    script_before: int | None = None
    script_after: int | None = None
    candidate: str | None = None


class _Selection(BaseModel):
    model_config = ConfigDict(extra="ignore")

    trajectories: list[_Ending]
    failed: list[_Ending]


class _Candidate(BaseModel):
    model_config = ConfigDict(extra="ignore")

    digest: str


class _Outcomes(BaseModel):
    model_config = ConfigDict(extra="ignore")

    candidates: list[_Candidate]


def export_trajectories(place: TaskDir, into: Path) -> list[Path]:
    """Write `<task>.<trajectory>.traj.json` into `into` for each trajectory of a task that has asked a model.

    What is written is what the journal has, redacted as it is there, and the candidate that a trajectory ended with.
    A trajectory that is not at its end, or of a task that has no selection yet, is `Unfinished`.

    Raises:
        RunConflict: a file of the task is missing or damaged.
    """
    stored = load_task(place.task)
    if not place.journal.is_file():
        return []
    endings, patches = _endings(place)
    written: list[Path] = []
    for trajectory, asked in read_conversations(place.journal).items():
        path = into / f"{stored.task.id}.{trajectory}.traj.json"
        ending = endings.get(trajectory, _Ending(trajectory=trajectory, ended="unfinished"))
        write_json(path, _record(stored, asked, ending, patches.get(ending.candidate or "", "")))
        written.append(path)
    return written


def _endings(place: TaskDir) -> tuple[dict[int, _Ending], dict[str, str]]:
    """How each trajectory ended, and the patches of candidates by their digests."""
    if not place.selection.is_file():
        return {}, {}
    try:
        selection = _Selection.model_validate_json(place.selection.read_bytes())
        outcomes = _Outcomes.model_validate_json(place.outcomes.read_bytes())
        patches = {
            one.digest: (place.candidates / f"{number}.diff").read_bytes().decode(errors="backslashreplace")
            for number, one in enumerate(outcomes.candidates)
        }
    except (FileNotFoundError, ValidationError) as error:
        raise RunConflict(f"{place.path} cannot be read; `shrewd resume` writes it again: {error}") from error
    return {one.trajectory: one for one in (*selection.trajectories, *selection.failed)}, patches


def _record(stored: StoredTask, asked: Sequence[Asked], ending: _Ending, patch: str) -> JsonValue:
    status = _STATUS.get(ending.ended, ending.ended)
    prices = [one.completion.dollars for one in asked]
    environment: dict[str, JsonValue] = {"cwd": stored.environment.workdir, "image": stored.environment.image}
    info: dict[str, JsonValue] = {
        "model_stats": {"instance_cost": sum(price or 0.0 for price in prices), "api_calls": len(asked)},
        "config": {
            "agent": {},
            "agent_type": "shrewdness",
            "model": {"model_name": asked[-1].completion.model},
            "model_type": "shrewdness",
            "environment": environment,
            "environment_type": stored.backend,
        },
        "exit_status": status,
        "submission": patch,
        "shrewdness": {
            "version": version("shrewdness"),
            "trajectory": ending.trajectory,
            "ended": ending.ended,
            "detail": ending.detail or ending.message,
            "iterations": ending.iterations,
            "verified": ending.verified,
            "script_before": ending.script_before,
            "script_after": ending.script_after,
            "unpriced_calls": prices.count(None),
        },
    }
    messages: list[JsonValue] = [message for one in asked for message in _messages(one)]
    messages.append({"role": "exit", "content": status, "extra": {"exit_status": status, "submission": patch}})
    return {
        "info": info,
        "messages": messages,
        "trajectory_format": FORMAT,
        "instance_id": stored.task.id,
    }


def _messages(asked: Asked) -> list[dict[str, JsonValue]]:
    """What was newly said, and the answer."""
    completion = asked.completion
    extra: dict[str, JsonValue] = {
        "actions": [],
        "timestamp": asked.at,
        "time": datetime.fromtimestamp(asked.at, UTC).isoformat(timespec="seconds"),
        "stage": asked.stage,
        "finish": str(completion.finish),
        "usage": _usage(completion.usage),
        "seconds": completion.seconds,
    }
    if completion.dollars is not None:  # unknown is not nothing
        extra["cost"] = completion.dollars
    said: list[dict[str, JsonValue]] = [{"role": role, "content": text} for role, text in asked.new]
    return [*said, {"role": "assistant", "content": completion.text, "extra": extra}]


def _usage(usage: Usage) -> JsonValue:
    return {
        "prompt_tokens": usage.prompt,
        "cached_tokens": usage.cached,
        "completion_tokens": usage.completion,
        "reasoning_tokens": usage.reasoning,
    }
