"""kill -9 at any moment, then `shrewd resume`: the same patch, and nothing that was answered is asked again."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.engines import need
from support.openai_server import Call, read_log, server_process
from support.whole_run import Command, completions, kill_group, make_calc, patch_of

MOMENTS = 30
RESPOND = """
import time
from support.replies import answer
from support.whole_run import good

def respond(request, call, attempt):
    return answer(good(request), delay=0.05 + 0.15 * (request["seed"] % 4))
"""


def run_and_kill(place: Path, repository: Path, moment: int) -> tuple[bytes, list[Call], int, int]:
    """One run killed at a seeded moment and resumed: its patch, the server's log, and the completions in the
    journal after the kill and at the end."""
    chance = random.Random(moment)
    (place / "home").mkdir(parents=True)
    (place / "respond.py").write_text(RESPOND)
    run, log = place / "run", place / "calls.jsonl"
    with server_process(place / "respond.py", log) as url:
        shrewd = Command(place / "home", url)
        process = shrewd.start(*shrewd.solve(repository, run))
        if moment % 10 == 0:  # while it starts, before anything is asked
            time.sleep(chance.uniform(0.1, 2.0))
        else:
            asked = chance.randint(1, 14)
            while process.poll() is None and (not log.exists() or len(read_log(log)) < asked):
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.5))
        kill_group(process)
        kept = len(completions(run)) if list(run.glob("tasks/*/journal.jsonl")) else 0
        ended = shrewd("resume", str(run)) if list(run.glob("tasks/*/task.json")) else None
        if ended is None:  # killed before there was a run: the same command begins it
            ended = shrewd(*shrewd.solve(repository, run))
        assert ended.code == 0, ended.err
        return patch_of(run), read_log(log), kept, len(completions(run))


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_seeded_moments(tmp_path: Path) -> None:
    """Each moment gives the same patch. What was answered is in the journal, but for what the kill took in flight."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda n: run_and_kill(tmp_path / str(n), repository, n), range(MOMENTS)))
    assert {patch for patch, *_ in runs} == {runs[0][0]}
    for _, calls, _, total in runs:
        answered = [call.digest for call in calls if call.outcome == "answered"]
        # An answer that was on its way when the process died never became a record: at most those in flight.
        assert len(set(answered)) == total
        lost = len(answered) - len(set(answered))
        assert lost <= 4
    assert any(kept for _, _, kept, _ in runs)
