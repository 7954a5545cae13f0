"""What can be wrong with a task.

TaskError
├── RepositoryError    not a repository, no such commit, uncommitted changes refused
├── PatchError         a patch that cannot be made or applied
├── DatasetError       a dataset, a row of one or a predictions file that cannot be used
├── GradingError       the official harness cannot run here, or broke
└── IssueError         the issue cannot be had: not found, private, rate limit
    └── NetworkError   the network failed; trying again may help
"""


class TaskError(Exception):
    """Base of this package's errors. Messages say what was wrong, where, and how to mend it."""


class RepositoryError(TaskError):
    """A repository that cannot be used."""


class PatchError(TaskError):
    """A patch that cannot be made or applied."""


class DatasetError(TaskError):
    """A dataset, a row of one, a choice among its tasks, or a predictions file that cannot be used."""


class GradingError(TaskError):
    """The official harness cannot run here, or broke. Nothing is known about the patches then."""


class IssueError(TaskError):
    """An issue text that cannot be had."""


class NetworkError(IssueError):
    """The network failed; trying again may help."""
