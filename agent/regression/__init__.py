"""The repository's own tests as evidence: those near the edits are found, and run on the base and on candidates."""

from agent.regression.run import run_full_suite, run_tests
from agent.regression.tested import Tested

__all__ = ["Tested", "run_full_suite", "run_tests"]
