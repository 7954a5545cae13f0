"""What can be wrong with a task.

TaskError
├── RepositoryError    not a repository, no such commit, uncommitted changes refused
├── PatchError         a patch that cannot be made or applied
└── IssueError         the issue cannot be had: not found, private, rate limit
    └── NetworkError   the network failed; trying again may help
"""


class TaskError(Exception):
    """Base of this package's errors. Messages say what was wrong, where, and how to mend it."""


class RepositoryError(TaskError):
    """A repository that cannot be used."""


class PatchError(TaskError):
    """A patch that cannot be made or applied."""


class IssueError(TaskError):
    """An issue text that cannot be had."""


class NetworkError(IssueError):
    """The network failed; trying again may help."""
