"""What ends a run, and the one table that says which class of failure it is.

AgentError
├── UserError          bad input: what was wrong, where, and how to mend it
├── ModelError         the provider cannot or will not answer
│   └── ModelSetupError    the model cannot be reached as configured; nothing was asked
├── BudgetReached      a reservation would have crossed a limit
└── RunConflict        the run directory belongs to other settings
    └── TaskBusy           another process is working on the task
"""


class AgentError(Exception):
    """Base of this package's errors."""


class UserError(AgentError):
    """Bad input. The message says what was wrong, where, and how to mend it."""


class ModelError(AgentError):
    """A model could not be asked. Carries the provider's own words."""

    def __init__(self, message: str, *, status: int | None = None, billed: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.billed = billed
        """Whether the provider may have charged for the last attempt."""


class ModelSetupError(ModelError):
    """A model cannot be used as configured: no key, no such name, a missing extra, a missing file."""


class BudgetReached(AgentError):
    """A limit would have been crossed. Nothing was spent by the call that raised it."""

    def __init__(self, kind: str, limit: float, spent: float) -> None:
        super().__init__(f"the budget of {limit:g} {kind} is reached ({spent:g} spent or reserved)")
        self.kind = kind
        self.limit = limit
        self.spent = spent


class RunConflict(AgentError):
    """A run directory that cannot be used as asked."""


class TaskBusy(RunConflict):
    """Another process is working on the task."""
