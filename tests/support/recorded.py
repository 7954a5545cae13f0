"""Outcome matrices that were recorded from real patches of other systems on real tasks, without the patches.

A line a task, as JSON: what executions said of each candidate, by a short name, and which words its patch has in common
with others. Which candidates the official harness resolves stands in a file of its own, which nothing that chooses
reads.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from selection import Behaviour, Candidate, Outcome, OutcomeMatrix, Probe, TestScript
from selection.likeness import changed_words
from selection.methods import METHODS, Method
from selection.metrics import Labelled, TaskRecord
from selection.origins import samples

FOLDER: Final = Path(__file__).parents[1] / "recorded"
MATRICES: Final = FOLDER / "matrices.jsonl"
LABELS: Final = FOLDER / "labels.json"


@dataclass(frozen=True, slots=True)
class Recording:
    """A task's matrix, and how many sources gave no candidate."""

    task: str
    matrix: OutcomeMatrix
    fruitless: int


def short(digest: str) -> str:
    """Names of trees and programs are as long as is needed."""
    return digest[:12]


def _name(sign: bytes, word: bytes) -> str:
    """What a changed word is called: the same word is called the same in all patches of a task."""
    return hashlib.sha256(sign + b"\0" + word).hexdigest()[:6]


def _patch(size: int, words: Sequence[str]) -> bytes:
    """What takes the patch's place: patches are as alike, and in the same order by size."""
    return b"".join(b"+%s\n" % word.encode() for word in words).ljust(100_000 + size)


def as_line(task: str, matrix: OutcomeMatrix, fruitless: int) -> str:
    """A matrix without patches and programs: their sizes and names, and what came out."""
    record: dict[str, object] = {
        "task": task,
        "fruitless": fruitless,
        "candidates": [
            {
                "id": short(c.digest),
                "size": len(c.patch),
                "words": sorted(_name(sign, word) for sign, word in changed_words(c.patch)),
                "origins": [*c.origins],
                "stripped": [*c.stripped],
            }
            for c in matrix.candidates
        ],
        "scripts": [{"id": short(s.digest), "origins": [*s.origins]} for s in matrix.scripts],
        "base": {short(script): str(outcome) for script, outcome in matrix.base.items()},
        "cells": [[short(c), short(s), str(outcome)] for (c, s), outcome in matrix.cells.items()],
        "tests": matrix.tests,
        "regressions": {short(c): sorted(tests) for c, tests in matrix.regressions.items()},
        "probes": [
            {"id": short(p.digest), "wanted": [*p.wanted], "unwanted": [*p.unwanted], "quoted": p.quoted}
            for p in matrix.probes
        ],
        "base_behaviours": {short(p): [b.exit_code, b.output] for p, b in matrix.base_behaviours.items()},
        "behaviours": [[short(c), short(p), b.exit_code, b.output] for (c, p), b in matrix.behaviours.items()],
    }
    return json.dumps(record, sort_keys=True)


def from_line(line: str) -> Recording:
    """The matrix again, with patches of the same sizes."""
    found: dict[str, Any] = json.loads(line)
    matrix = OutcomeMatrix(
        tuple(
            Candidate(one["id"], _patch(one["size"], one["words"]), tuple(one["origins"]), (), tuple(one["stripped"]))
            for one in found["candidates"]
        ),
        tuple(TestScript(one["id"], "", tuple(one["origins"])) for one in found["scripts"]),
        {script: Outcome(outcome) for script, outcome in found["base"].items()},
        {(c, s): Outcome(outcome) for c, s, outcome in found["cells"]},
        {c: frozenset(tests) for c, tests in found["regressions"].items()},
        found["tests"],
        tuple(
            Probe(one["id"], "", "issue", tuple(one["wanted"]), tuple(one["unwanted"]), one["quoted"])
            for one in found["probes"]
        ),
        {p: Behaviour(code, output) for p, (code, output) in found["base_behaviours"].items()},
        {(c, p): Behaviour(code, output) for c, p, code, output in found["behaviours"]},
    )
    return Recording(found["task"], matrix, found["fruitless"])


def recordings() -> list[Recording]:
    """All tasks."""
    return [from_line(line) for line in MATRICES.read_text().splitlines()]


def labels() -> dict[str, dict[str, bool]]:
    """Task -> candidate -> whether the official harness resolves it."""
    return json.loads(LABELS.read_text())


def choices(found: Recording, methods: Mapping[str, Method] = METHODS, *, seed: int = 0) -> dict[str, str | None]:
    """Method -> its choice."""
    winners = {name: choose(found.matrix, seed=seed).winner for name, choose in methods.items()}
    return {name: winner.digest if winner else None for name, winner in winners.items()}


def task_record(found: Recording, chosen: Mapping[str, str | None], right: Mapping[str, bool]) -> TaskRecord:
    """What `selection.metrics` measures."""
    candidates = tuple(Labelled(c.digest, samples(c), right.get(c.digest)) for c in found.matrix.candidates)
    return TaskRecord(found.task, candidates, chosen, found.fruitless)
