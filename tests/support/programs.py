"""Other programs that tests are made with: in this Python, or in one of those that SHREWD_PYTHONS names."""

import os
import subprocess
import sys
from functools import cache

import pytest


@cache
def _python_with(module: str) -> str | None:
    for python in (sys.executable, *filter(None, os.environ.get("SHREWD_PYTHONS", "").split(":"))):
        found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
        if found.returncode == 0:
            return python
    return None


def need_python_with(module: str, distribution: str) -> str:
    """A Python that has this module; skips if there is none, or fails where SHREWD_REQUIRE names it."""
    found = _python_with(module)
    if found is not None:
        return found
    problem = f"no Python here has {distribution}; SHREWD_PYTHONS may name interpreters, with colons between them"
    if distribution in os.environ.get("SHREWD_REQUIRE", "").split(","):
        pytest.fail(problem)
    pytest.skip(problem)
