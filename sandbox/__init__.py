"""Where code runs: scripts on trees, in Docker or bubblewrap, within limits.

`sandbox.choose.choose` picks a backend and `open_sandbox` opens it; only then is anything heavy imported.
"""

from sandbox.choose import Choice, diagnose_all, open_sandbox
from sandbox.errors import ImageError, SandboxBroken, SandboxError, SandboxUnavailable
from sandbox.records import (
    Change,
    Diagnosis,
    Environment,
    Execution,
    Limits,
    Owner,
    Sandbox,
    Script,
    Tree,
)

__all__ = [
    "Change",
    "Choice",
    "Diagnosis",
    "Environment",
    "Execution",
    "ImageError",
    "Limits",
    "Owner",
    "Sandbox",
    "SandboxBroken",
    "SandboxError",
    "SandboxUnavailable",
    "Script",
    "Tree",
    "diagnose_all",
    "open_sandbox",
]
