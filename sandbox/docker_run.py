"""One execution in a prepared container: lay, run, watch, tell what ended it. Everything here blocks."""

import shutil
import time

from sandbox.docker_box import KEEPER, PREPARE_SECONDS, STAGE, Box, Maker, memory_kills
from sandbox.docker_engine import STDOUT
from sandbox.docker_programs import MEMORY_KILLS, RUN
from sandbox.errors import SandboxBroken
from sandbox.output import Capture
from sandbox.records import Execution, Limits, Script, Tree
from sandbox.staging import Prelude, killed_by, stage

KILLED = 137


def run(maker: Maker, box: Box, tree: Tree, script: Script, limits: Limits) -> tuple[Execution, bool]:
    """Run a script in a prepared container; the flag says whether the container may be used again.

    Raises:
        ValueError: the tree or script cannot be laid.
        SandboxBroken: the machinery failed; the container must be removed.
    """
    number = str(next(box.numbers))
    staged = box.spool / number
    staged.mkdir()
    stage(tree, script, limits, maker.environment, staged)
    stdout, stderr = Capture(limits.output), Capture(limits.output)
    watch = _Watch(Prelude(stderr), stdout, limits.seconds)
    code = maker.engine.execute(
        box.container,
        ["sh", "-c", RUN, "sh", f"{STAGE}/{number}/run.sh", "-"],
        user=maker.user,
        receive=watch.receive,
        deadline=watch.deadline,
    )
    seconds = time.monotonic() - watch.started
    if code is None:
        maker.engine.remove(box.container)
    if not watch.prelude.ready:
        raise watch.prelude.failure(code, limits)
    shutil.rmtree(staged)
    exit_code = KILLED if code is None else code
    out_of_memory = code == KILLED and _out_of_memory(maker, box)
    execution = Execution(
        exit_code=exit_code,
        stdout=stdout.text(),
        stderr=stderr.text(),
        timed_out=code is None,
        killed_by=killed_by(exit_code, timed_out=code is None, out_of_memory=out_of_memory),
        truncated=stdout.truncated or stderr.truncated,
        seconds=seconds,
    )
    # After a signal the shell above the script may be what it hit, with the script still there.
    return execution, exit_code <= 128


def _out_of_memory(maker: Maker, box: Box) -> bool:
    """Whether the memory limit struck since the container was last prepared."""
    state = maker.engine.state(box.container)
    if state.running:
        _, said = maker.ask(box, KEEPER, MEMORY_KILLS)
        return memory_kills(said) > box.memory_kills
    if not state.out_of_memory:
        raise SandboxBroken("the container was killed from outside while a script ran")
    return True


class _Watch:
    """Takes the output of one execution and knows when its time is over."""

    def __init__(self, prelude: Prelude, stdout: Capture, seconds: float) -> None:
        self.prelude = prelude
        self.started = time.monotonic()
        self._stdout = stdout
        self._seconds = seconds

    def receive(self, stream: int, piece: bytes) -> None:
        """Take a piece of output; the script's time begins with the mark that ends the prelude."""
        if stream == STDOUT:
            self._stdout.feed(piece)
            return
        was_ready = self.prelude.ready
        self.prelude.feed(piece)
        if self.prelude.ready and not was_ready:
            self.started = time.monotonic()

    def deadline(self) -> float:
        """When the script's time, or before it that of the preparation, is over."""
        return self.started + (self._seconds if self.prelude.ready else PREPARE_SECONDS)
