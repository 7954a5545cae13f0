"""What a run leaves in its directory: everything here can be deleted and rebuilt from the journal."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from pydantic import JsonValue

from agent.ledger import Tally, Totals
from agent.prompts import version as prompts_version
from agent.rundir import RunDir, TaskDir, write_file, write_json
from agent.solve import Solution
from swe_tasks.task import Task


def write_solution(place: TaskDir, solution: Solution) -> None:
    """The candidates, the outcome matrix, the selection with its evidence, and the patch."""
    matrix = solution.matrix
    for number, candidate in enumerate(matrix.candidates):
        write_file(place.candidates / f"{number}.diff", candidate.patch)
    write_json(place.outcomes, outcomes_record(solution))
    write_json(place.selection, selection_record(solution))
    if solution.patch is None:
        place.patch.unlink(missing_ok=True)
    else:
        write_file(place.patch, solution.patch)


def outcomes_record(solution: Solution) -> JsonValue:
    """`outcomes.json`: candidates (in the order of their files) x scripts. A missing cell was not run."""
    matrix = solution.matrix
    return {
        "candidates": [{"digest": c.digest, "origins": list(c.origins)} for c in matrix.candidates],
        "scripts": [{"digest": s.digest, "origins": list(s.origins), "text": s.text} for s in matrix.scripts],
        "base": {script: str(outcome) for script, outcome in matrix.base.items()},
        "cells": [
            {"candidate": candidate, "script": script, "outcome": str(outcome)}
            for (candidate, script), outcome in matrix.cells.items()
        ],
    }


def selection_record(solution: Solution) -> JsonValue:
    """`selection.json`: the winner, the ranking, and how each trajectory ended."""
    chosen = solution.selection
    numbers = {candidate.digest: number for number, candidate in enumerate(solution.matrix.candidates)}
    return {
        "winner": chosen.winner.digest if chosen.winner else None,
        "rule": chosen.rule,
        "confidence": chosen.confidence,
        "voting_scripts": list(chosen.voting),
        "ranking": [
            {
                "candidate": row.candidate.digest,
                "file": f"candidates/{numbers[row.candidate.digest]}.diff",
                "origins": list(row.candidate.origins),
                "votes": row.votes,
                "voters": list(row.voters),
            }
            for row in chosen.ranking
        ],
        "trajectories": [
            {
                "trajectory": result.trajectory,
                "ended": result.ended,
                "detail": result.detail,
                "iterations": result.iterations,
                "verified": result.verified,
                "script_before": result.state.before,
                "script_after": result.state.after,
                "candidate": result.state.tree,
            }
            for result in solution.results
        ],
        "failed": [
            {"trajectory": f.trajectory, "kind": f.failure.kind, "message": f.failure.message} for f in solution.failed
        ],
        "files_shown": list(solution.context.paths),
    }


def _tally_record(tally: Tally) -> JsonValue:
    record: dict[str, JsonValue] = dict(asdict(tally))
    record["dollars"] = None if tally.unpriced else tally.dollars
    return record


def totals_record(totals: Totals) -> JsonValue:
    """Tokens, money and time by stage. Dollars are null where any price is unknown."""
    return {
        "total": _tally_record(totals.total),
        "stages": {stage: _tally_record(tally) for stage, tally in totals.stages.items()},
        "trajectories": {str(number): _tally_record(tally) for number, tally in totals.trajectories.items()},
    }


def report_record(task: Task, solution: Solution, totals: Totals, *, model: str, seconds: float) -> JsonValue:
    """`report.json`: the run's totals and what made it."""
    return {
        "schema_version": 1,
        "shrewdness": version("shrewdness"),
        "python": platform.python_version(),
        "prompts": prompts_version(),
        "model": model,
        "seconds": round(seconds, 3),
        "tasks": {
            task.id: {
                "patch": solution.patch is not None,
                "rule": solution.selection.rule,
                "confidence": solution.selection.confidence,
                "candidates": len(solution.matrix.candidates),
                "scripts": len(solution.matrix.scripts),
                "trajectories": len(solution.results) + len(solution.failed),
                "verified": sum(result.verified for result in solution.results),
            }
        },
        "spent": totals_record(totals),
    }


def solution_record(task: Task, solution: Solution, totals: Totals, run: RunDir, *, exit_code: int) -> JsonValue:
    """What `--json` prints: everything that a program wants to know."""
    place = run.task(task.id)
    return {
        "schema_version": 1,
        "exit_code": exit_code,
        "task": task.id,
        "run_directory": str(run.path.absolute()),
        "patch_file": str(place.patch.absolute()) if solution.patch is not None else None,
        "patch": None if solution.patch is None else solution.patch.decode("utf-8", errors="replace"),
        "selection": selection_record(solution),
        "outcomes": outcomes_record(solution),
        "spent": totals_record(totals),
    }


def write_predictions(run: RunDir, rows: Sequence[tuple[str, str, bytes | None]]) -> None:
    """`predictions.jsonl` in SWE-bench's format: (instance id, model, patch) a line."""
    import json

    lines = [
        json.dumps(
            {
                "instance_id": instance,
                "model_name_or_path": model,
                "model_patch": (patch or b"").decode("utf-8", errors="surrogateescape"),
            }
        )
        for instance, model, patch in rows
    ]
    write_file(run.predictions, "".join(line + "\n" for line in lines))
