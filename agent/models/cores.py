"""How the embedded model and the sandboxes share this machine's cores: the one place that decides it.

Measured by `python tests/bench/contention.py` on 2 cores with the 1.5B model: 4 trajectories, 2 turns each of 32 to
64 tokens and an execution of 1.5 or 2 processor seconds. Makespans as ratios to llama.cpp's own defaults with 4 slots
and nobody nice; three runs, on a machine that was not quiet:

    0.69 0.75 0.65  these defaults
    0.79 0.74 0.70       ... with threads that poll for work (50)
    0.86 0.74 0.74  ... with a core left free by the model (1.11 times the defaults with a prefix of 1024 tokens)
    0.85 0.84 0.78  ... with executions as important as the model (1.09 times; 1.42 with executions of 5 s)
    0.74 0.70       ... with executions at nice 19 (1.07 times with executions of 5 s; nice 5: 1.06)
    0.88 0.82 0.74  ... with one execution at once
    1.07 1.25 1.11  ... with 4 slots

- Threads of llama.cpp wait for each other after every step, so one that is put off for an execution holds up
  all of them: as equals, executions took a model of 18 to 24 tokens/s down to 8 to 16. Yielding ones run in its
  gaps, and take about 3 times as long as equals, which their time-out has to allow for.
- Two cores generate for 4 requests at once no faster than for one after the other, 24 tokens/s, but each slot
  reads the common prefix anew (2282 prompt tokens instead of 707). One slot reads it once.
- Polling gains nothing and keeps a core hot.

Linux groups the processes of a session (autogroups) and of a control group, and weighs niceness only inside a
group. A sandbox is in groups of its own: its niceness counts only as `/proc/PID/autogroup`, or as the weight of
its control group, which `Sharing.execution_shares` gives.
"""

import os
from dataclasses import dataclass
from typing import Final

_NICE_0_SHARES: Final = 1024
_STEP: Final = 1.25
"""The scheduler's weights differ by this factor from one niceness to the next."""


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How the embedded server runs."""

    threads: int
    poll: int
    """0 to 100: how hard an idle thread looks for work before it sleeps."""
    nice: int
    """Added to the server's niceness; 0 is normal, 19 yields to everybody."""
    slots: int
    """Requests computed at the same time; more of them wait their turn."""
    context: int
    """Tokens of one request, prompt and answer together."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who gets how much of the cores."""

    embedded: EmbeddedSettings
    executions_at_once: int
    execution_nice: int
    """Niceness of executions, see above for where it has to be set."""

    @property
    def execution_shares(self) -> int:
        """The same as the `cpu.shares` of a control group, which is Docker's `cpu_shares` too."""
        return max(2, round(_NICE_0_SHARES / _STEP**self.execution_nice))


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share(cores: int, context: int = 8192) -> Sharing:
    """The settings for a machine with so many cores that runs model and sandboxes."""
    return Sharing(
        # Many cores are not kept busy by one request. Not measured: the runs above were on 2 cores.
        embedded=EmbeddedSettings(threads=cores, poll=0, nice=0, slots=max(1, min(4, cores // 8)), context=context),
        executions_at_once=cores,
        execution_nice=10,
    )
