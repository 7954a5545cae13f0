"""What the official harness (swebench 5) leaves behind, read as grades. No name of a hidden test leaves here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from swe_tasks.errors import GradingError

Status = Literal[
    "resolved", "unresolved", "empty_patch", "patch_failed", "timed_out", "ambiguous",
    "infra_failure", "no_image", "no_row", "error", "no_prediction",
]  # fmt: skip
"""resolved        the tests that the issue is about pass now, and those that passed still do
unresolved      the tests ran, and some of these do not
empty_patch     there is nothing to run
patch_failed    the patch does not apply to the repository in the image
timed_out       the tests took longer than they may
ambiguous       the tests said nothing that can be read: the patch may be at fault, or the environment
infra_failure   the environment broke
no_image        the image is not on this machine and could not be had
no_row          the dataset does not say how to grade the task
error           the harness failed
no_prediction   there is no patch of this task
"""

FINAL: Final = frozenset[Status]({"resolved", "unresolved", "empty_patch", "patch_failed"})
"""Grading the same patch again would say the same."""

UNGRADED: Final = frozenset[Status]({"infra_failure", "no_image", "no_row", "error"})
"""Nothing is known about the patch: something other than it has to be mended first."""

SCHEMA: Final = 2
MODEL: Final = "shrewd"
"""What the harness is told to be the model's name; it is part of its paths."""

_DEPTH: Final = 7
"""Names from the folder of all grading down to that of one task."""


@dataclass(frozen=True, slots=True)
class Grade:
    task: str
    status: Status
    detail: str = ""
    image: str | None = None
    """The id of the image that the tests ran in."""

    @property
    def resolved(self) -> bool:
        return self.status == "resolved"


class RunReport(BaseModel):
    """The harness's report on a run of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int
    resolved_ids: frozenset[str]
    infra_failure_ids: frozenset[str]
    failure_reasons: dict[str, str]


class _Tests(BaseModel):
    success: list[str]
    failure: list[str]


class _TaskReport(BaseModel):
    model_config = ConfigDict(extra="ignore")

    resolved: bool
    infra_failure: bool = False
    infra_failure_reason: str = ""
    tests_status: dict[str, _Tests] = Field(default_factory=dict)


_TASK_REPORTS: Final = TypeAdapter(dict[str, _TaskReport])


def task_folder(folder: Path, run_id: str, task: str) -> Path:
    """Where the harness, working in `folder`, keeps what it has of a task."""
    return folder / "logs" / "run_evaluation" / run_id / MODEL / task


def read_run_report(folder: Path, run_id: str) -> RunReport:
    """What the harness says of a run that it finished.

    Raises:
        GradingError: there is no report, or not one of the version that is known here.
    """
    path = folder / f"{MODEL}.{run_id}.json"
    try:
        report = RunReport.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise GradingError(
            f"the SWE-bench harness ended without a report that can be read ({path}): {error}"
        ) from error
    if report.schema_version != SCHEMA:
        raise GradingError(f"{path} is of version {report.schema_version}, and only {SCHEMA} is known here")
    return report


def read_task_report(folder: Path, task: str) -> Grade | None:
    """The grade of a task whose tests ran; None if the harness has not written it (yet), or not all of it."""
    try:
        report = _TASK_REPORTS.validate_json((folder / "report.json").read_bytes())[task]
    except (FileNotFoundError, ValidationError, KeyError):
        return None
    if report.tests_status:
        return Grade(task, "resolved" if report.resolved else "unresolved", _counts(report.tests_status))
    if report.infra_failure:
        return Grade(task, "infra_failure", report.infra_failure_reason)
    return Grade(task, "ambiguous", report.infra_failure_reason or "no test results could be read")


def explain_missing(folder: Path, task: str, run: RunReport) -> Grade:
    """The grade of a task that the harness finished without a report of its own: its log says why."""
    shown = Path(*folder.parts[-_DEPTH:])  # a run may be moved
    try:
        log = (folder / "run_instance.log").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return Grade(task, "error", f"the harness left nothing in {shown}")
    said = _said(log, task)
    if said.startswith(">>>>> Patch Apply Failed"):
        return Grade(task, "patch_failed", said.partition(":")[2].strip()[:300])
    if timeout := re.match(r"Test timed out after \d+ seconds", said):
        return Grade(task, "timed_out", timeout[0])
    if "in create_container\n" in log:
        return Grade(task, "infra_failure", f"no container could be made: {said[:300]}")
    if task in run.infra_failure_ids:
        return Grade(task, "infra_failure", run.failure_reasons.get(task, ""))
    return Grade(task, "error", f"the harness failed, see {shown / 'run_instance.log'}")


def _said(log: str, task: str) -> str:
    """The last error that the harness itself wrote; a patch in the log may look like one, but comes before."""
    start = f"\nswebench.harness.utils.EvaluationError: Error in evaluation for {task}: "
    before, found, rest = log.rpartition(start)
    del before
    return rest.partition("\nCheck (")[0] if found else ""


def _counts(tests: Mapping[str, _Tests]) -> str:
    parts = [
        f"{len(tests[name].success)} of {len(tests[name].success) + len(tests[name].failure)} {words}"
        for name, words in (("FAIL_TO_PASS", "to mend pass"), ("PASS_TO_PASS", "to keep pass"))
        if name in tests
    ]
    return ", ".join(parts)
