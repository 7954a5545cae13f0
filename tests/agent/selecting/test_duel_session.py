"""A duel of two real behaviours of the sample repository, before the embedded model: replayed, and held anew."""

from pathlib import Path

import pytest
from support.duel_session import BEHAVIOURS, JOURNAL, SETTINGS, candidate, hold, real_session, recorded_session
from support.embedded import small_model
from support.engines import need

from agent.journal import read_notes


async def test_the_recorded_session_is_replayed(tmp_path: Path) -> None:
    """From its journal alone: the model is not asked and nothing is run, and it comes to what it came to."""
    recorded = [note for note in read_notes(JOURNAL) if note.kind == "completion"]
    async with recorded_session(tmp_path) as bench:
        dueled = await hold(bench)
        half, right = (candidate(bench.base, name) for name in BEHAVIOURS)
    (fought,) = dueled.duels
    assert {fought.one, fought.other} == {half.digest, right.digest}
    assert len(recorded) == 3, "a program and two verdicts"
    assert len(fought.predictions) == 2
    assert fought.probe in {probe.digest for probe in dueled.matrix.probes}
    assert len(set(fought.verdicts)) == 2, "the small model contradicts itself, which is no evidence"
    assert fought.winner is None
    assert not any(dueled.weights.values())
    assert len(list(read_notes(tmp_path / "journal.jsonl"))) == len(list(read_notes(JOURNAL)))


@pytest.mark.docker
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_session_is_held_with_the_embedded_model(tmp_path: Path) -> None:
    """Whatever it says, its verdicts are read or counted for nothing, within the cap."""
    need("docker")
    calls, (model, _) = 5, small_model()
    settings = SETTINGS.model_copy(update={"model": f"embedded/{model.name}", "max_tokens": 256})
    async with real_session(tmp_path, settings) as bench:
        dueled = await hold(bench, calls)
    (fought,) = dueled.duels
    assert fought.attempts or fought.probe is None
    assert sum(note.kind == "completion" for note in read_notes(tmp_path / "journal.jsonl")) <= calls
