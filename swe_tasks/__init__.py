"""What is to be solved: tasks, their base trees, patches to them, and where their issues come from."""

from swe_tasks.basetree import BaseTree
from swe_tasks.build import open_base
from swe_tasks.errors import IssueError, NetworkError, PatchError, RepositoryError, TaskError
from swe_tasks.local import materialise_local
from swe_tasks.remote import materialise_url
from swe_tasks.task import FileChange, Task

__all__ = [
    "BaseTree",
    "FileChange",
    "IssueError",
    "NetworkError",
    "PatchError",
    "RepositoryError",
    "Task",
    "TaskError",
    "materialise_local",
    "materialise_url",
    "open_base",
]
