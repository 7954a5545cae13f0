"""A stored outcome matrix is read back as it was."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.context import Context
from agent.errors import RunConflict
from agent.results import outcomes_record
from agent.rundir import TaskDir, write_file, write_json
from agent.solve import Solution
from agent.stored_matrix import read_matrix
from selection import Behaviour, Candidate, Outcome, OutcomeMatrix, Probe, Selection, Step, TestScript

MATRIX = OutcomeMatrix(
    (Candidate("c0", b"one", ("trajectory 0", "trajectory 2")), Candidate("c1", b"\xff\r\n", ())),
    (TestScript("s0", "exit(2)\n", ("trajectory 1",)),),
    {"s0": Outcome.UNSOLVED},
    {("c0", "s0"): Outcome.SOLVED},
    {"c0": frozenset({"tests/test_a.py::test_b"}), "c1": frozenset()},
)


def store(place: TaskDir, matrix: OutcomeMatrix) -> None:
    """As `agent.results.write_result` does."""
    for number, candidate in enumerate(matrix.candidates):
        write_file(place.candidates / f"{number}.diff", candidate.patch)
    solution = Solution(Context((), "", 0), (), (), matrix, Selection((), (), ""))
    write_json(place.outcomes, outcomes_record(solution))


@st.composite
def matrices(draw: st.DrawFn) -> OutcomeMatrix:
    names = st.lists(st.text(max_size=9), unique=True, max_size=4)
    texts = st.lists(st.text(max_size=9), max_size=3).map(tuple)
    candidates = tuple(
        Candidate(name, draw(st.binary(max_size=9)), draw(texts), draw(texts), draw(texts)) for name in draw(names)
    )
    scripts = tuple(TestScript(name, draw(st.text(max_size=20)), draw(texts)) for name in draw(names))
    outcomes = st.sampled_from([*Outcome, None])
    base = {script.digest: said for script in scripts if (said := draw(outcomes))}
    cells = {(c.digest, s.digest): said for c in candidates for s in scripts if (said := draw(outcomes))}
    tests = st.none() | st.frozensets(st.text(max_size=9), max_size=3)
    regressions = {c.digest: found for c in candidates if (found := draw(tests)) is not None}
    shown = st.builds(Behaviour, st.none() | st.integers(0, 255), st.text(max_size=9)) | st.none()
    probes = tuple(
        Probe(name, draw(st.text(max_size=20)), "a block", draw(texts), draw(texts), draw(st.booleans()))
        for name in draw(names)
    )
    bases = {probe.digest: said for probe in probes if (said := draw(shown))}
    behaviours = {(c.digest, p.digest): said for c in candidates for p in probes if (said := draw(shown))}
    found = tuple(Step("tests", said) for said in draw(texts))
    more = (draw(st.integers(0, 9)), probes, bases, behaviours, found)
    return OutcomeMatrix(candidates, scripts, base, cells, regressions, *more)


@given(matrices())
@settings(max_examples=50, deadline=None)
def test_what_was_stored_is_read(matrix: OutcomeMatrix) -> None:
    """Whatever bytes the patches hold and whatever the names are; what was not run stays missing."""
    with TemporaryDirectory() as folder:
        place = TaskDir(Path(folder))
        store(place, matrix)
        assert read_matrix(place) == matrix


def test_a_matrix_of_before_regressions_is_read(tmp_path: Path) -> None:
    """Runs are kept for longer than programs."""
    place = TaskDir(tmp_path)
    store(place, MATRIX)
    record = json.loads(place.outcomes.read_text())
    del record["regressions"]
    write_json(place.outcomes, record)
    assert read_matrix(place).regressions == {}
    assert read_matrix(place).cells == MATRIX.cells


def test_a_task_without_a_result_is_named(tmp_path: Path) -> None:
    """It has not got so far."""
    with pytest.raises(RunConflict, match=r"has no outcomes\.json"):
        read_matrix(TaskDir(tmp_path))


def test_a_missing_patch_is_named(tmp_path: Path) -> None:
    """A candidate without its patch would be chosen for its length."""
    place = TaskDir(tmp_path)
    store(place, MATRIX)
    (place.candidates / "1.diff").unlink()
    with pytest.raises(RunConflict, match=r"candidates/1\.diff is missing.*shrewd resume"):
        read_matrix(place)


DAMAGE: dict[str, dict[str, object]] = {
    "cannot be read": {"cells": [{"candidate": "c0", "script": "s0", "outcome": "perhaps"}]},
    "surprise": {"surprise": 1},
    "candidate c0 is there twice": {"candidates": [{"digest": "c0", "origins": []}] * 2},
    "script s0 is there twice": {"scripts": [{"digest": "s0", "origins": [], "text": ""}] * 2},
    "cell of c0 and s0 is there twice": {"cells": [{"candidate": "c0", "script": "s0", "outcome": "solved"}] * 2},
    "about c9, which is no candidate": {"cells": [{"candidate": "c9", "script": "s0", "outcome": "solved"}]},
    "about c8, which is no candidate": {"regressions": {"c8": []}},
    "about s9, which is no script": {"cells": [{"candidate": "c0", "script": "s9", "outcome": "solved"}]},
    "about s8, which is no script": {"base": {"s8": "solved"}},
}


@pytest.mark.parametrize("words", DAMAGE)
def test_a_damaged_record_is_refused(tmp_path: Path, words: str) -> None:
    """Rather than half understood."""
    place = TaskDir(tmp_path)
    store(place, MATRIX)
    write_json(place.outcomes, json.loads(place.outcomes.read_text()) | DAMAGE[words])
    with pytest.raises(RunConflict, match=words):
        read_matrix(place)


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    """It says which, and what brings it back."""
    place = TaskDir(tmp_path)
    place.outcomes.write_text('{"candidates": [')
    with pytest.raises(RunConflict, match=r"outcomes\.json cannot be read; .*shrewd resume"):
        read_matrix(place)
