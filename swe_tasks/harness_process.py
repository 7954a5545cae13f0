"""The process that runs the official harness: `python -m swe_tasks.harness_process PARENT ARGUMENT...`.

It ends with the process that started it, even when that one is killed.
"""

import ctypes
import os
import runpy
import signal
import sys

HARNESS = "swebench.harness.run_evaluation"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the harness, with the arguments after the first."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)
    sys.argv = [HARNESS, *sys.argv[2:]]
    runpy.run_module(HARNESS, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
