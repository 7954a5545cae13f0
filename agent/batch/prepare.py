"""Makes a row's task ready: its image, the activated environment, and the repository inside as the base tree."""

import logging
import os
import re
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from agent.errors import TaskBusy, UserError
from agent.prepare import Prepared
from agent.rundir import RunDir, write_file
from agent.scratch import scratch_directory
from agent.settings import Settings
from agent.stored import StoredTask, load_task, store_task
from sandbox.errors import ImageError
from sandbox.image_files import extract
from sandbox.image_probe import Probe, probe
from sandbox.image_pull import Puller, PullProgress
from sandbox.images import ImageFacts, KeptImages, check_platform
from sandbox.records import Environment, Owner
from swe_tasks.basetree import BaseTree
from swe_tasks.build import remove_base
from swe_tasks.directory import materialise_directory
from swe_tasks.errors import RepositoryError
from swe_tasks.rows import TaskRow
from swe_tasks.task import Task

log = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a run."""

    puller: Puller
    kept: KeptImages


def run_images(run: RunDir, keep: int | None) -> Images:
    """The images of a run, those that an earlier life of it pulled among them."""
    before = run.pulled.read_text(encoding="utf-8").splitlines() if run.pulled.exists() else []
    kept = KeptImages(keep, pulled=before)

    def was_pulled(name: str) -> None:
        kept.was_pulled(name)
        write_file(run.pulled, "".join(f"{one}\n" for one in kept.pulled))

    return Images(Puller(pulled=was_pulled), kept)


def check_settings(settings: Settings) -> None:
    """Raises:
    UserError: a setting says where tasks run, which is for their images to say.
    """
    if settings.sandbox == "bubblewrap":
        raise UserError("tasks of a dataset run in the containers of their images: leave out --sandbox bubblewrap")
    for key in ("image", "python", "ref"):
        if getattr(settings, key) is not None:
            raise UserError(f"--{key} is for one repository; here every task brings its own: leave it out")


@contextmanager
def prepared_row(run: RunDir, row: TaskRow, settings: Settings, images: Images, say: Say) -> Generator[Prepared]:
    """The row's task, made ready in its directory or found there. Its image is held meanwhile. Blocks.

    What `say` raises stops the pull of an image.

    Raises:
        TaskBusy: another process is making it ready.
        ImageError: the image cannot be had, or does not hold what the row says.
        RepositoryError: uncommitted changes are refused, or the tree cannot be stored.
        SandboxError, OSError: the machinery failed.
    """
    place = run.task(row.id)
    place.path.mkdir(parents=True, exist_ok=True)
    with images.kept.use(row.image), _making(place.path, row.id):
        say("image")
        facts = images.puller.ensure(row.image, progress=lambda state: say(_pulling(state)))
        if place.task.exists():
            stored = load_task(place.task)
            if stored.environment.image != facts.id:
                raise ImageError(
                    f"the image {row.image} is another one than when the task was begun: {facts.id} instead of "
                    f"{stored.environment.image}. Remove {place.path} to begin it anew"
                )
        else:
            say("base tree")
            stored = _make(run, row, settings, facts)
            store_task(place, stored)
        yield Prepared(run, place, stored, settings)


@contextmanager
def _making(place: Path, task: str) -> Generator[None]:
    try:
        # It is given back by another thread than took it.
        lock = FileLock(place / ".lock", timeout=0, thread_local=False)
        with lock:
            yield
    except Timeout as error:
        raise TaskBusy(f"another process is working on {task}") from error


def _make(run: RunDir, row: TaskRow, settings: Settings, facts: ImageFacts) -> StoredTask:
    place = run.task(row.id)
    owner = Owner(run=run.path.name, pid=os.getpid())
    workdir = row.workdir or facts.workdir
    if not workdir or workdir == "/":
        raise ImageError(f"the image {row.image} does not say where the repository lies, and neither does the row")
    with scratch_directory(run.path / ".making") as making, ThreadPoolExecutor(1) as aside:
        looking = aside.submit(probe, facts.id, workdir, owner=owner)
        extracted = extract(facts.id, workdir, making / "files", owner=owner)
        found = looking.result()
        _check(row, found, settings)
        base: BaseTree = materialise_directory(
            making / "files", making / "base", commit=found.head or row.base_commit, notes=extracted.notes, move=True
        )
        remove_base(place.base)
        (making / "base").rename(place.base)
    for note in (*found.notes, *base.notes, check_platform(facts)):
        if note:
            log.info("%s: %s", row.id, note)
    task = Task(
        id=row.id,
        issue=row.issue,
        repository=row.repository,
        base_commit=base.commit,
        base_tree=base.tree,
        workdir=workdir,
        image=row.image,
    )
    environment = Environment(workdir, facts.id, settings.setup, found.variables, network=settings.network)
    return StoredTask(task, environment, "docker", found.python or "python")


def _check(row: TaskRow, found: Probe, settings: Settings) -> None:
    """An image needs a Python for the test scripts, and its repository has to be what the row says."""
    if found.python is None:
        raise ImageError(f"the image {row.image} has no python: test scripts are Python programs")
    if found.dirty and settings.uncommitted == "refuse":
        raise RepositoryError(f"the repository in {row.image} has uncommitted changes: {', '.join(found.dirty[:5])}")
    _check_commit(row, found)


def _check_commit(row: TaskRow, found: Probe) -> None:
    """The image's repository has to be at the row's commit, or one commit of the image's maker above it."""
    if found.head is None:
        if re.fullmatch(r"[0-9a-f]{40}", row.base_commit):
            return  # nothing to compare with: some images come without their history
        raise ImageError(f"{row.image} does not say which commit it holds, and the row asks for {row.base_commit!r}")
    if row.base_commit not in {found.head, *found.parents}:
        raise ImageError(
            f"the repository in {row.image} is at {found.head[:12]}, and the row's base commit is {row.base_commit!r}"
        )


def _pulling(state: PullProgress) -> str:
    if state.waiting:
        return f"image: waiting ({state.waiting})"
    share = f" {100 * state.downloaded // state.total} % of {state.total >> 20} MiB" if state.total else ""
    return f"image: pulling{share}, {state.unpacked} of {state.layers} layers unpacked"
