"""Sandboxes in containers, by Docker or by whatever speaks its protocol.

Containers live long and are reused. One execution costs one `exec`; making its container clean again, and
laying the next copy of the tree, happens behind it. Only what is proven clean is used again: no process
but the idle ones (counted by the kernel), every writable place empty, no System V object left.
"""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path, PurePosixPath
from typing import TypeVar

from sandbox.docker_box import Box, Maker, Recipe
from sandbox.docker_diagnosis import diagnose
from sandbox.docker_engine import Engine
from sandbox.docker_owner import clean, labels, reap
from sandbox.docker_pool import Pool
from sandbox.docker_run import run
from sandbox.docker_tree import readable
from sandbox.errors import ImageError, SandboxBroken
from sandbox.records import Environment, Execution, Limits, Owner, Script, Tree
from sandbox.staging import check_changes, check_script

__all__ = ["DockerSandbox", "clean", "diagnose", "reap"]

log = logging.getLogger(__name__)

Key = TypeVar("Key")
Result = TypeVar("Result")


class DockerSandbox:
    """Runs scripts in at most `size` containers of one image, and as many at a time."""

    name = "docker"

    def __init__(self, environment: Environment, owner: Owner, *, scratch: Path, size: int) -> None:
        """No container is made before the first execution.

        `scratch` is a directory that the engine can mount; what is put there is removed by `close`.

        Raises:
            ImageError: the environment names no image.
            ValueError: `size` is below 1, or a path cannot be where the environment wants it.
        """
        _check(environment)
        self._environment = environment
        self._owner = owner
        self._pool = Pool(size, build=self._build, settle=self._settle, remove=self._remove)
        # A thread waits through each execution, another may make its next container meanwhile.
        self._connections = 2 * size + 2
        self._threads = ThreadPoolExecutor(self._connections, thread_name_prefix="docker")
        self._makers: dict[str, asyncio.Task[Maker]] = {}
        self._trees: dict[Path, asyncio.Task[Path]] = {}
        self._closed = False
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="docker-", dir=scratch)).resolve()

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        """Run `script` on a pristine copy of `tree`; see `sandbox.records.Sandbox`.

        Raises:
            ImageError: the image is missing or cannot run here.
            SandboxBroken: the machinery failed; nothing is known about the script.
            SandboxUnavailable: no engine answers.
            ValueError: the tree or the script cannot be laid.
        """
        if self._closed:
            raise SandboxBroken("the sandbox is closed")
        check_changes(tree.changes)
        check_script(script)
        base = tree.base.resolve()
        base = await _shared(self._trees, base, lambda: self._in_thread(lambda: readable(base, self._scratch)))
        if self._closed:
            raise SandboxBroken("the sandbox was closed")
        recipe = Recipe(base, limits.memory, limits.cpus, limits.shares, limits.processes, limits.disk)
        maker = await _shared(self._makers, "", lambda: self._in_thread(lambda: self._open(recipe)))
        box = await self._pool.take(recipe)
        try:
            execution, reusable = await self._in_thread(lambda: run(maker, box, tree, script, limits))
        except BaseException:
            # Cancelled or broken: nothing of it may run on when the caller hears of it.
            await self._pool.discard(box)
            raise
        self._pool.give_back(box, reusable=reusable)
        return execution

    async def close(self) -> None:
        """Remove all containers of this sandbox, in parallel, without a grace period.

        Raises:
            SandboxBroken: the engine did not remove one; `clean` and `reap` find it by its labels.
        """
        if self._closed:
            return
        self._closed = True
        try:
            await self._pool.close()
        finally:
            opened = await asyncio.gather(*self._makers.values(), return_exceptions=True)
            await asyncio.gather(*self._trees.values(), return_exceptions=True)
            await asyncio.to_thread(self._threads.shutdown)
            for maker in opened:
                if isinstance(maker, Maker):
                    maker.engine.close()
            shutil.rmtree(self._scratch)

    def _open(self, recipe: Recipe) -> Maker:
        """Connect, and find out in a container of its own what the image allows. Blocks."""
        engine = Engine.connect(connections=self._connections)
        try:
            maker = Maker(engine, self._environment, labels(self._owner), self._scratch)
            box = maker.build(recipe)
            try:
                maker = maker.for_image(box)
            finally:
                maker.remove(box)
        except BaseException:
            engine.close()
            raise
        log.info("scripts in %s run as user %s", self._environment.image, maker.user)
        return maker

    async def _build(self, recipe: Recipe) -> Box:
        maker = await self._makers[""]
        return await self._in_thread(lambda: maker.build(recipe))

    async def _settle(self, box: Box) -> bool:
        maker = await self._makers[""]
        return await self._in_thread(lambda: maker.settle(box))

    async def _remove(self, box: Box) -> None:
        maker = await self._makers[""]
        await self._in_thread(lambda: maker.remove(box))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        # With the caller's context, so that what is logged there is logged on behalf of the same task.
        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)


def _check(environment: Environment) -> None:
    if environment.image is None:
        raise ImageError("a container needs an image, and the environment names none")
    work = PurePosixPath(environment.workdir)
    if not work.is_absolute() or ".." in work.parts or len(work.parts) == 1:
        raise ValueError(f"the work directory is an absolute path below /, not {environment.workdir!r}")
    if work.parts[1] in {"dev", "proc", "shrewd", "sys", "tmp"}:
        raise ValueError(f"in a container, /{work.parts[1]} cannot hold the work directory: choose another place")
    for path in environment.readonly:
        if any(PurePosixPath(path).is_relative_to(place) for place in (work, "/dev", "/tmp")):  # noqa: S108 - paths in the container
            raise ValueError(f"in a container, {path} would lie where scripts write: move it elsewhere")


async def _shared(
    tasks: dict[Key, "asyncio.Task[Result]"], key: Key, start: Callable[[], Coroutine[None, None, Result]]
) -> Result:
    """What one task answers to all who ask; who is cancelled does not take it from the others."""
    task = tasks.get(key)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = tasks[key] = asyncio.create_task(start())
    return await asyncio.shield(task)
