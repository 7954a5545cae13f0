"""Brings a chosen patch into the user's repository, because the user said so."""

from pathlib import Path

from agent.errors import UserError
from agent.rundir import TaskDir
from swe_tasks.checkout import apply_to_checkout, commit_to_branch
from swe_tasks.task import Task


def apply_run(place: TaskDir, task: Task, *, apply: bool, branch: str | None) -> list[str]:
    """Apply the patch to the work tree, or commit it to a new branch; lines that say what was done.

    Raises:
        UserError: there is no patch, or the task's repository is not on this machine.
        RepositoryError: the patch overlaps uncommitted changes or does not apply; nothing was changed.
    """
    if not place.patch.is_file():
        raise UserError(f"{place.path} has no patch to apply")
    repository = Path(task.repository)
    if not repository.is_absolute() or not repository.exists():
        raise UserError(f"the task's repository {task.repository} is not on this machine; the patch is {place.patch}")
    patch = place.patch.read_bytes()
    lines: list[str] = []
    if branch:
        title = next((line.strip("# ") for line in task.issue.splitlines() if line.strip("# ")), "an issue")
        commit = commit_to_branch(
            repository, branch, patch, base_commit=task.base_commit, message=f"Resolve: {title[:60]}\n"
        )
        lines.append(f"Committed to the branch {branch} as {commit[:12]}; the checkout is as it was.")
    if apply:
        applied = apply_to_checkout(repository, patch, patch_file=place.patch)
        lines.append(f"Applied to {', '.join(applied.paths)}. To undo it: {applied.undo}")
    return lines
