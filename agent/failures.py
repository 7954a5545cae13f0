"""The one table that says which class of failure an error is, what mends it, and how the program then exits.

exit codes     0    a patch was chosen, or the command did what was asked
               1    no patch could be chosen
               2    usage or environment: something has to be mended first
               3    a budget was reached before there was any candidate
               70   a fault in shrewd itself
               130  interrupted; `shrewd resume` continues
"""

import asyncio
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

from agent import errors as agent_errors
from sandbox import errors as sandbox_errors
from selection import errors as selection_errors
from swe_tasks import errors as task_errors

FailureKind = Literal["model", "budget", "sandbox", "image", "network", "patch", "harness", "user", "internal"]

EXIT_CHOSEN: Final = 0
EXIT_NONE: Final = 1
EXIT_USAGE: Final = 2
EXIT_BUDGET: Final = 3
EXIT_INTERNAL: Final = 70
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Failure:
    kind: FailureKind
    message: str
    """What went wrong, in the words of the error."""
    remedy: str
    """What to do about it; empty where the message says so itself."""
    exit_code: int
    retryable: bool
    """Whether the same thing may succeed when tried again."""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: FailureKind
    exit_code: int = EXIT_USAGE
    retryable: bool = False
    remedy: str = ""


_RESUME: Final = "`shrewd resume RUN` continues where it stopped."
_REPORT: Final = "This is a fault in shrewd. SHREWD_DEBUG=1 shows where; please report it."

TABLE: Final[dict[type[BaseException], _Row]] = {
    agent_errors.UserError: _Row("user"),
    agent_errors.RunConflict: _Row("user"),
    agent_errors.TaskBusy: _Row("user", retryable=True),
    agent_errors.ModelSetupError: _Row("model"),
    agent_errors.ModelError: _Row("model"),
    agent_errors.BudgetReached: _Row("budget", EXIT_BUDGET, remedy=f"Raise the budget; {_RESUME}"),
    agent_errors.AgentError: _Row("internal", EXIT_INTERNAL, remedy=_REPORT),
    sandbox_errors.SandboxUnavailable: _Row("sandbox"),
    sandbox_errors.SandboxBroken: _Row(
        "sandbox", retryable=True, remedy=f"`shrewd doctor` shows what works here; {_RESUME}"
    ),
    sandbox_errors.ImageError: _Row("image"),
    sandbox_errors.SandboxError: _Row("sandbox", remedy="`shrewd doctor` shows what works here."),
    selection_errors.UnknownMethod: _Row("user"),
    selection_errors.SelectionError: _Row("user"),
    task_errors.RepositoryError: _Row("user"),
    task_errors.PatchError: _Row("patch"),
    task_errors.DatasetError: _Row("user"),
    task_errors.GradingError: _Row("harness"),
    task_errors.IssueError: _Row("user"),
    task_errors.NetworkError: _Row("network", retryable=True, remedy="Try again."),
    task_errors.TaskError: _Row("user"),
    KeyboardInterrupt: _Row("user", EXIT_INTERRUPTED, retryable=True),
    asyncio.CancelledError: _Row("user", EXIT_INTERRUPTED, retryable=True),
    BaseException: _Row("internal", EXIT_INTERNAL, remedy=_REPORT),
}
"""An error is what its nearest class in this table says."""

_RETRYABLE_STATUS: Final = frozenset({408, 409, 429})

_STATUS_REMEDY: Final = {
    401: "Set the variable that holds the provider's key; `shrewd doctor` names it.",
    403: "The key may not use this model; ask the provider, or choose another --model.",
    404: "Check --model (the provider comes first, as in openai/gpt-5-mini) and --api-base.",
    429: f"Wait, or lower --completions-at-once; {_RESUME}",
}

# The machine's surroundings, not a fault of ours.
_MACHINE: Final = {
    errno.ENOSPC: "Free some disk space.",
    errno.EDQUOT: "Free some of your disk quota.",
    errno.EROFS: "Choose a directory that can be written to.",
    errno.EACCES: "Check the permissions.",
    errno.EPERM: "Check the permissions.",
    errno.EMFILE: "Raise the limit of open files: ulimit -n 4096",
    errno.ENOMEM: "Free some memory, or lower --executions-at-once.",
}


def classify(error: BaseException) -> Failure:
    """What `error` means. Of a group the gravest member counts, so a fault of ours is never hidden."""
    leaves = list(_leaves(error))
    failures = [_classify_one(leaf) for leaf in leaves]
    worst = max(failures, key=lambda failure: _GRAVITY.index(failure.exit_code))
    messages = list(dict.fromkeys(failure.message for failure in failures))
    if len(messages) == 1:
        return worst
    return Failure(worst.kind, "\n".join(messages), worst.remedy, worst.exit_code, worst.retryable)


_GRAVITY: Final = (EXIT_BUDGET, EXIT_USAGE, EXIT_INTERNAL, EXIT_INTERRUPTED)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for member in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(member)
    else:
        yield error


def _classify_one(error: BaseException) -> Failure:
    if isinstance(error, OSError) and error.errno in _MACHINE:
        return Failure("user", str(error), _MACHINE[error.errno], EXIT_USAGE, retryable=False)
    row = next(TABLE[ancestor] for ancestor in type(error).__mro__ if ancestor in TABLE)
    retryable, remedy = row.retryable, row.remedy
    if isinstance(error, agent_errors.ModelError) and not isinstance(error, agent_errors.ModelSetupError):
        # Without a status there was no answer at all: the connection failed.
        retryable = error.status is None or error.status in _RETRYABLE_STATUS or error.status >= 500
        remedy = _STATUS_REMEDY.get(error.status or 0, _RESUME if retryable else "")
    return Failure(row.kind, _message(error, row), remedy, row.exit_code, retryable)


def _message(error: BaseException, row: _Row) -> str:
    if row.exit_code == EXIT_INTERRUPTED:
        return "interrupted"
    text = str(error)
    if row.kind == "internal":
        return f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text or type(error).__name__
