"""One long-lived container: made, proven clean, used, proven clean again. Everything here blocks.

Who runs as what: the idle main process as `KEEPER`, scripts as another user. Neither has capabilities, so
no script can signal or trace the main process, and one `kill -9 -1` of the script's user ends all that a
script may have started.
"""

import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox.docker_engine import Engine
from sandbox.docker_programs import ALONE, INTERPRETER, PREPARE
from sandbox.errors import SandboxBroken
from sandbox.output import Capture
from sandbox.records import Environment
from sandbox.staging import explain, export

KEEPER = "65533:65533"
NOBODY = "65534:65534"
ROOT = "0:0"

BASE = "/shrewd/base"
STAGE = "/shrewd/stage"

OWN_PROCESSES = 4
"""Of each container: init, the idle main process, the shell above a script, and one to spare."""

PREPARE_SECONDS = 600.0
"""For copying a tree, and for the environment's setup: far above what either takes, so that it means
trouble."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a container is made for: executions with an equal recipe can share it."""

    base: Path
    memory: int
    cpus: float
    shares: int
    processes: int
    disk: int


@dataclass(eq=False, slots=True)
class Box:
    """A running container, clean and with the base tree laid, unless it is in use."""

    container: str
    recipe: Recipe
    spool: Path
    """The directory on this machine that the container sees, read-only, as `STAGE`."""
    reusable: bool = True
    """Whether everything a script can write is emptied between executions."""
    memory_kills: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes and uses containers of one environment."""

    engine: Engine
    environment: Environment
    labels: Mapping[str, str]
    scratch: Path
    user: str = NOBODY

    def build(self, recipe: Recipe) -> Box:
        """Make a container and lay the base tree in it.

        Raises:
            ImageError: the image is missing or cannot run here.
            SandboxBroken: the engine refused, or the tree cannot be laid.
        """
        image = self.environment.image
        assert image is not None
        if ":" in f"{recipe.base}{self.scratch}":
            raise SandboxBroken(f"a path with a colon cannot be mounted: {recipe.base} or {self.scratch}")
        spool = Path(tempfile.mkdtemp(prefix="box-", dir=self.scratch))
        spool.chmod(0o755)
        (spool / "here").touch(mode=0o644)
        container = self.engine.create(
            image,
            self._host(recipe, spool),
            # `sleep infinity` is not known everywhere; a health check would run beside the scripts.
            entrypoint=["sleep", "2147483647"],
            command=[],
            user=KEEPER,
            hostname="sandbox",
            healthcheck={"test": ["NONE"]},
            labels=dict(self.labels),
        )
        box = Box(container, recipe, spool)
        try:
            self.engine.start(container, image)
            code, said = self.ask(box, KEEPER, ALONE)
            if code != 0:
                raise SandboxBroken(f"the new container is not idle (exit code {code}): {said.strip()}")
            self._open_up(box)
            self._prepare(box)
        except BaseException:
            self.remove(box)
            raise
        return box

    def settle(self, box: Box) -> bool:
        """Empty a container after an execution and lay the base again; False if it is to be replaced.

        Raises:
            SandboxBroken: it could not be emptied, or something still has hold of it.
        """
        if not box.reusable:
            return False
        code, _ = self.ask(box, KEEPER, ALONE)
        if code != 0:
            return False
        self._prepare(box)
        return True

    def remove(self, box: Box) -> None:
        """Kill and remove a container and its spool."""
        self.engine.remove(box.container)
        shutil.rmtree(box.spool, ignore_errors=True)

    def for_image(self, box: Box) -> "Maker":
        """This maker with the user that the image allows, found out in a box that is not used again."""
        exports = [export(name, value) for name, value in self.environment.variables]
        work, setup = self.environment.workdir, "\n".join([*exports, self.environment.setup])
        as_nobody = self.ask(box, NOBODY, INTERPRETER, work, setup)
        as_root = self.ask(box, ROOT, INTERPRETER, work, setup)
        shut_out = as_root[0] == 0 and as_root != as_nobody
        return replace(self, user=ROOT if shut_out else NOBODY)

    def _open_up(self, box: Box) -> None:
        """Give the work directory the mode that was asked for: where the image has that directory, some engines
        give its mode, and not ours, to what is mounted over it."""
        code, said = self.ask(box, ROOT, 'chmod 1777 "$1"', self.environment.workdir)
        if code != 0:
            raise SandboxBroken(f"the work directory cannot be made writable (exit code {code}): {said.strip()}")

    def _prepare(self, box: Box) -> None:
        code, said = self.ask(box, self.user, PREPARE, self.environment.workdir, BASE, STAGE)
        if code == 0:
            # Files of root cannot be told from the image's own in /dev, so root never comes back.
            box.reusable = self.user != ROOT and "writable " not in said
            box.memory_kills = memory_kills(said)
            return
        said = explain(said.strip(), box.recipe.disk)
        raise SandboxBroken(f"the container could not be prepared (exit code {code}): {said}")

    def ask(self, box: Box, user: str, program: str, *arguments: str) -> tuple[int, str]:
        """Run a shell program of ours in a container."""
        said = Capture(16 * 1024)
        end = time.monotonic() + PREPARE_SECONDS
        code = self.engine.execute(
            box.container,
            ["sh", "-c", program, "sh", *arguments],
            user=user,
            receive=lambda _, piece: said.feed(piece),
            deadline=lambda: end,
        )
        if code is None:
            raise SandboxBroken(f"the container could not be prepared within {PREPARE_SECONDS:.0f} s")
        return code, said.text()

    def _host(self, recipe: Recipe, spool: Path) -> dict[str, object]:
        # All that can be written makes the disk limit together. It lies in memory and is counted there, so
        # there is room for both: files do not make a program starve.
        tmp, shm = recipe.disk * 3 // 16, recipe.disk // 16
        memory = recipe.memory + recipe.disk
        # Owned by root, so that a script cannot leave a mode, an ACL or an attribute on the directory.
        mount = "rw,exec,nosuid,nodev,mode=1777,size="
        binds = [f"{recipe.base}:{BASE}:ro,z", f"{spool}:{STAGE}:ro,z"]
        binds += [f"{path}:{path}:ro" for path in self.environment.readonly]
        return {
            "init": True,
            "network_mode": "bridge" if self.environment.network else "none",
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "read_only": True,
            "ipc_mode": "private",
            "mem_limit": memory,
            "memswap_limit": memory,
            "nano_cpus": round(recipe.cpus * 1e9),
            "cpu_shares": recipe.shares,
            "pids_limit": recipe.processes + OWN_PROCESSES,
            "ulimits": [
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "nofile", "Soft": 4096, "Hard": 4096},
            ],
            "binds": binds,
            "tmpfs": {self.environment.workdir: f"{mount}{recipe.disk - tmp - shm}", "/tmp": f"{mount}{tmp}"},  # noqa: S108 - inside the container
            "shm_size": shm,
            "log_config": {"Type": "none"},
        }


def memory_kills(said: str) -> int:
    """How often the memory limit struck in a container, from what `MEMORY_KILLS` said."""
    for line in said.splitlines():
        word, _, count = line.partition(" ")
        if word == "kills" and count.isdecimal():
            return int(count)
    raise SandboxBroken(f"the container does not tell its memory events: {said.strip()}")
