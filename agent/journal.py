"""The append-only record of every effect of one task: completions, embeddings, executions, events.

A record is durable before its result is used, and what is used is what the record says, so a run and its
replay see the same values. Logic above is deterministic: run again after a crash, it finds each effect here
and pays for nothing twice.

The file is JSON lines: `{"kind", "key", "at", "about", "value"}`. Long texts (messages) are `text` records
named by their hash and written once.
"""

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar, cast

from pydantic import JsonValue, TypeAdapter

from agent.errors import RunConflict, TaskBusy

T = TypeVar("T")
Kind = Literal["completion", "embedding", "execution", "event", "text"]
Entry = tuple[Kind, str, dict[str, JsonValue], JsonValue]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[T]):
    value: T
    replayed: bool
    """Whether the journal had it already, so that nothing was spent now."""


@dataclass(frozen=True, slots=True)
class Note:
    """One record as it lies in the file, for reports and viewers."""

    kind: str
    key: str
    at: float
    about: dict[str, JsonValue]
    value: JsonValue


def read_notes(path: Path) -> Iterator[Note]:
    """The records of a journal, in order. It is only read: somebody may be writing it.

    Raises:
        RunConflict: a line that is not the last is damaged.
    """
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):  # what follows the last line end is torn, or nothing
        try:
            yield Note(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise RunConflict(f"{path}:{number} is damaged; restore the file or start another run") from error


def digest(*parts: JsonValue) -> str:
    """A name for a value: SHA-256 over its canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Journal:
    """One task's journal. One process at a time; within it, safe for any number of asyncio tasks."""

    def __init__(self, path: Path, *, redact: Callable[[str], str]) -> None:
        """Open or create the journal at `path`, dropping a torn last line.

        Raises:
            TaskBusy: another process has it open.
            RunConflict: a line that is not the last is damaged.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._redact = redact
        self._records: dict[tuple[str, str], Note] = {}
        self._pending: dict[tuple[str, str], asyncio.Task[Note]] = {}
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._load(path)
        except BlockingIOError as error:
            os.close(self._file)
            raise TaskBusy(f"another process is working on {path.parent}; wait for it or stop it") from error
        except BaseException:
            os.close(self._file)
            raise

    def _load(self, path: Path) -> None:
        good = 0
        data = path.read_bytes()
        lines = data.splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("torn")
                note = Note(**json.loads(line))
            except (ValueError, TypeError) as error:
                if number < len(lines):
                    raise RunConflict(f"{path}:{number} is damaged; restore the file or start another run") from error
                log.warning("dropped a torn last line of %d bytes from %s", len(line), path)
                break
            self._records[note.kind, note.key] = note
            good += len(line)
        if good < len(data):
            os.ftruncate(self._file, good)

    def _append(self, *notes: Entry) -> Note:
        """Write records in one go and wait until the disk has them. Returns the last, as read back."""
        lines = [
            self._redact(json.dumps({"kind": kind, "key": key, "at": time.time(), "about": about, "value": value}))
            for kind, key, about, value in notes
        ]
        data = "".join(line + "\n" for line in lines).encode()
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)
        kept = [Note(**json.loads(line)) for line in lines]
        for note in kept:
            self._records[note.kind, note.key] = note
        return kept[-1]

    async def effect(
        self,
        kind: Literal["completion", "embedding", "execution"],
        key: str,
        shape: TypeAdapter[T],
        perform: Callable[[], Awaitable[T]],
        *,
        about: dict[str, JsonValue],
        texts: Sequence[str] = (),
    ) -> Recorded[T]:
        """The recorded result for `key`, or the result of `perform`, recorded.

        Callers that ask for the same key at once share one performance. An exception is not recorded: nothing
        is known, so the effect is performed again next time.
        """
        known = self._records.get((kind, key))
        if known is not None:
            return Recorded(shape.validate_python(known.value), replayed=True)
        pending = self._pending.get((kind, key))
        shared = pending is not None
        if pending is None:

            async def performed() -> Note:
                value = cast("JsonValue", shape.dump_python(await perform(), mode="json"))
                return self._append(*self._fresh(texts), (kind, key, about, value))

            pending = asyncio.create_task(performed())
            self._pending[kind, key] = pending
            pending.add_done_callback(lambda _: self._pending.pop((kind, key), None))
        note = await asyncio.shield(pending)
        return Recorded(shape.validate_python(note.value), replayed=shared)

    def _fresh(self, texts: Sequence[str]) -> list[Entry]:
        """The texts that the journal does not have yet."""
        named = {digest(text): text for text in texts}
        return [("text", name, {}, text) for name, text in named.items() if ("text", name) not in self._records]

    def decide(self, name: str, compute: Callable[[], JsonValue]) -> JsonValue:
        """A decision that depends on more than recorded values (a clock, an order of arrival): made once."""
        known = self._records.get(("event", name))
        return known.value if known else self._append(("event", name, {}, compute())).value

    def event(self, name: str, value: JsonValue) -> None:
        """Note something that must be known later. The same name again replaces the value."""
        known = self._records.get(("event", name))
        if known is None or known.value != value:
            self._append(("event", name, {}, value))

    def latest(self, name: str) -> JsonValue:
        """The last value noted under `name`, or None."""
        known = self._records.get(("event", name))
        return known.value if known else None

    def notes(self, kind: Kind) -> tuple[Note, ...]:
        """All records of one kind, in the order they were made."""
        return tuple(note for note in self._records.values() if note.kind == kind)

    async def aclose(self) -> None:
        """Stop effects in flight and give the journal free for another process."""
        pending = list(self._pending.values())
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        os.close(self._file)
