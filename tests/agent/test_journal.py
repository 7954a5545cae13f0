"""What is in the journal is never done again, and nothing but the journal is believed."""

import asyncio
import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agent.errors import RunConflict
from agent.journal import Journal, digest

INT = TypeAdapter(int)


def plain(text: str) -> str:
    return text


class Counter:
    """An effect that counts how often it is performed."""

    def __init__(self, value: int = 7) -> None:
        self.value, self.performed = value, 0

    async def __call__(self) -> int:
        self.performed += 1
        await asyncio.sleep(0)
        return self.value


async def test_an_effect_is_performed_once_in_the_life_of_a_run(tmp_path: Path) -> None:
    """A second life answers from the file."""
    perform = Counter()
    first = Journal(tmp_path / "j.jsonl", redact=plain)
    assert (await first.effect("completion", "k", INT, perform, about={})).replayed is False
    await first.aclose()

    second = Journal(tmp_path / "j.jsonl", redact=plain)
    recorded = await second.effect("completion", "k", INT, perform, about={})
    await second.aclose()
    assert (recorded.value, recorded.replayed, perform.performed) == (7, True, 1)


async def test_equal_effects_at_once_are_one(tmp_path: Path) -> None:
    """Whoever asks while it is under way shares it."""
    journal, perform = Journal(tmp_path / "j.jsonl", redact=plain), Counter()
    values = await asyncio.gather(*(journal.effect("execution", "k", INT, perform, about={}) for _ in range(5)))
    await journal.aclose()
    assert [recorded.value for recorded in values] == [7] * 5
    assert [recorded.replayed for recorded in values] == [False, True, True, True, True]
    assert perform.performed == 1


async def test_a_failed_effect_is_not_recorded(tmp_path: Path) -> None:
    """Broken machinery says nothing, so the effect is performed again next time."""
    journal = Journal(tmp_path / "j.jsonl", redact=plain)

    async def broken() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await journal.effect("completion", "k", INT, broken, about={})
    recorded = await journal.effect("completion", "k", INT, Counter(3), about={})
    await journal.aclose()
    assert (recorded.value, recorded.replayed) == (3, False)


async def test_a_torn_last_line_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A kill in the middle of a write costs that record and nothing else."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, redact=plain)
    journal.event("one", 1)
    await journal.aclose()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "event", "key": "tw')

    again = Journal(path, redact=plain)
    assert (again.latest("one"), again.latest("two")) == (1, None)
    await again.aclose()
    assert path.read_bytes() == whole
    assert "torn last line" in caplog.text


async def test_a_damaged_line_elsewhere_is_an_error(tmp_path: Path) -> None:
    """What is not the last line was durable once: its loss is never passed over."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, redact=plain)
    journal.event("one", 1)
    await journal.aclose()
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    with pytest.raises(RunConflict, match=r"j.jsonl:1 is damaged"):
        Journal(path, redact=plain)


async def test_two_processes_cannot_share_a_journal(tmp_path: Path) -> None:
    """The second is told, and nothing is written."""
    journal = Journal(tmp_path / "j.jsonl", redact=plain)
    with pytest.raises(RunConflict, match="another process"):
        Journal(tmp_path / "j.jsonl", redact=plain)
    await journal.aclose()


async def test_what_is_used_is_what_the_file_says(tmp_path: Path) -> None:
    """Redaction changes a value for the first reader too, so that a replay sees the same."""
    journal = Journal(tmp_path / "j.jsonl", redact=lambda text: text.replace("hunter2hunter2", "[redacted]"))

    async def leak() -> str:
        return "key hunter2hunter2"

    recorded = await journal.effect("completion", "k", TypeAdapter(str), leak, about={})
    await journal.aclose()
    assert recorded.value == "key [redacted]"
    assert b"hunter2" not in (tmp_path / "j.jsonl").read_bytes()


async def test_texts_are_written_once(tmp_path: Path) -> None:
    """A prefix that all conversations share takes its place once."""
    journal = Journal(tmp_path / "j.jsonl", redact=plain)
    for key in ("a", "b"):
        await journal.effect("completion", key, INT, Counter(), about={}, texts=["prefix", key])
    assert sorted(str(note.value) for note in journal.notes("text")) == ["a", "b", "prefix"]
    await journal.aclose()


async def test_a_decision_is_made_once(tmp_path: Path) -> None:
    """What depended on a clock or an order is replayed, not decided anew."""
    journal = Journal(tmp_path / "j.jsonl", redact=plain)
    assert [journal.decide("winner", lambda n=n: n) for n in (1, 2)] == [1, 1]
    await journal.aclose()


def _write_for_ever(path: str) -> None:
    async def write() -> None:
        journal = Journal(Path(path), redact=plain)
        for number in range(10**9):
            await journal.effect("completion", str(number), INT, Counter(number), about={})

    asyncio.run(write())


@pytest.mark.parametrize("records", [1, 20, 60])
async def test_kill_9_loses_no_finished_record(tmp_path: Path, records: int) -> None:
    """Whatever was readable before the kill is there after it, and the file opens."""
    path = tmp_path / "j.jsonl"
    process = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(str(path),))
    process.start()
    while not path.exists() or path.read_bytes().count(b"\n") < records:
        await asyncio.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    seen = [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    journal = Journal(path, redact=plain)
    kept = journal.notes("completion")
    await journal.aclose()
    assert [note.value for note in kept] == [note["value"] for note in seen]
    assert len(kept) >= records


@settings(max_examples=20, deadline=None)  # every record is an fsync
@given(st.text(), st.integers(0, 400))
def test_any_text_survives_and_any_cut_is_readable(text: str, cut: int) -> None:
    """Property: a journal cut at any byte of its last record opens without that record."""
    import tempfile

    async def check(path: Path) -> None:
        journal = Journal(path, redact=plain)
        journal.event("first", text)
        length = path.stat().st_size
        journal.event("second", text)
        await journal.aclose()
        whole = path.read_bytes()
        kept = min(len(whole), length + cut)
        path.write_bytes(whole[:kept])
        again = Journal(path, redact=plain)
        assert again.latest("first") == text
        assert again.latest("second") == (text if kept == len(whole) else None)
        await again.aclose()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder, "j.jsonl")))


def test_a_digest_names_a_value() -> None:
    """Order of keys does not matter, anything else does."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest("ab", "c") != digest("a", "bc")
