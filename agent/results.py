"""What a task leaves in its directory: everything here can be deleted and rebuilt from the journal."""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import JsonValue

from agent.ledger import Tally, Totals
from agent.rundir import RunDir, TaskDir, write_file, write_json
from agent.settings import Settings
from agent.solve import Solution
from selection import Behaviour, Step
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import text_diff
from swe_tasks.predictions import model_name
from swe_tasks.task import Task


def write_result(
    place: TaskDir,
    base: BaseTree,
    solution: Solution,
    totals: Totals,
    settings: Settings,
    *,
    seconds: float,
    name: str | None = None,
) -> None:
    """The candidates, the outcome matrix, the selection with its evidence, the patch, and last the result."""
    for number, candidate in enumerate(solution.matrix.candidates):
        write_file(place.candidates / f"{number}.diff", candidate.patch)
    write_json(place.outcomes, outcomes_record(solution))
    write_json(place.selection, selection_record(solution))
    winner, task = solution.selection.winner, place.path.name
    if winner is None:
        place.patch.unlink(missing_ok=True)
    else:
        write_file(place.patch, winner.patch)
    patch = text_diff(base, winner.digest) if winner else ""
    write_json(place.prediction, prediction_record(task, name or model_name(settings.model), patch))
    write_json(place.result, result_record(task, solution, totals, settings, seconds))
    place.failure.unlink(missing_ok=True)


def outcomes_record(solution: Solution) -> JsonValue:
    """`outcomes.json`: candidates (in the order of their files) x scripts. A missing cell was not run."""
    matrix = solution.matrix
    return {
        "candidates": [
            {"digest": c.digest, "origins": [*c.origins], "twins": [*c.twins], "stripped": [*c.stripped]}
            for c in matrix.candidates
        ],
        "scripts": [{"digest": s.digest, "origins": list(s.origins), "text": s.text} for s in matrix.scripts],
        "base": {script: str(outcome) for script, outcome in matrix.base.items()},
        "cells": [
            {"candidate": candidate, "script": script, "outcome": str(outcome)}
            for (candidate, script), outcome in matrix.cells.items()
        ],
        "tests": matrix.tests,
        "regressions": {candidate: [*sorted(tests)] for candidate, tests in matrix.regressions.items()},
        "probes": [
            {
                "digest": probe.digest,
                "origin": probe.origin,
                "text": probe.text,
                "wanted": [*probe.wanted],
                "unwanted": [*probe.unwanted],
                "quoted": probe.quoted,
            }
            for probe in matrix.probes
        ],
        "base_behaviours": {probe: _behaviour(shown) for probe, shown in matrix.base_behaviours.items()},
        "behaviours": [
            {"candidate": candidate, "probe": probe, **_behaviour(shown)}
            for (candidate, probe), shown in matrix.behaviours.items()
        ],
        "found": steps_record(matrix.found),
    }


def _behaviour(shown: Behaviour) -> dict[str, JsonValue]:
    return {"exit_code": shown.exit_code, "output": shown.output}


def steps_record(steps: Sequence[Step]) -> JsonValue:
    """How something was found out or decided, for people."""
    return [{"stage": step.stage, "said": step.said} for step in steps]


def selection_record(solution: Solution) -> JsonValue:
    """`selection.json`: the winner, the ranking, and how each trajectory ended."""
    chosen = solution.selection
    numbers = {candidate.digest: number for number, candidate in enumerate(solution.matrix.candidates)}
    return {
        "winner": chosen.winner.digest if chosen.winner else None,
        "rule": chosen.rule,
        "confidence": chosen.confidence,
        "abstained": chosen.abstained,
        "trail": steps_record(chosen.trail),
        "voting_scripts": list(chosen.voting),
        "ranking": [
            {
                "candidate": row.candidate.digest,
                "file": f"candidates/{numbers[row.candidate.digest]}.diff",
                "origins": list(row.candidate.origins),
                "votes": row.votes,
                "score": row.score,
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
        "refused": [{"source": refused.source, "reason": refused.reason} for refused in solution.refused],
        "files_shown": list(solution.context.paths),
    }


def tally_record(tally: Tally) -> JsonValue:
    record: dict[str, JsonValue] = dict(asdict(tally))
    record["dollars"] = None if tally.unpriced else tally.dollars
    return record


def totals_record(totals: Totals) -> JsonValue:
    """Tokens, money and time by stage. Dollars are null where any price is unknown."""
    return {
        "total": tally_record(totals.total),
        "stages": {stage: tally_record(tally) for stage, tally in totals.stages.items()},
        "trajectories": {str(number): tally_record(tally) for number, tally in totals.trajectories.items()},
    }


def result_record(task: str, solution: Solution, totals: Totals, settings: Settings, seconds: float) -> JsonValue:
    """`result.json`: how a task ended, under what settings, and what it took."""
    return {
        "schema_version": 1,
        "task": task,
        "model": settings.model,
        **effort(settings),
        "seconds": round(seconds, 3),
        "patch": solution.patch is not None,
        "rule": solution.selection.rule,
        "confidence": solution.selection.confidence,
        "candidates": len(solution.matrix.candidates),
        "scripts": len(solution.matrix.scripts),
        "trajectories": len(solution.results) + len(solution.failed),
        "verified": sum(result.verified for result in solution.results),
        "out_of_budget": solution.out_of_budget,
        "spent": totals_record(totals),
    }


def effort(settings: Settings) -> dict[str, JsonValue]:
    """How much is tried. A result of less is not the result that these settings ask for."""
    return {
        "samples": settings.samples,
        "iterations": settings.iterations,
        "script_iterations": settings.script_iterations,
        "repairs": settings.repairs,
    }


def prediction_record(task: str, model: str, patch: str) -> JsonValue:
    """`prediction.json`: the task's line of the predictions, as SWE-bench defines it."""
    return {"instance_id": task, "model_name_or_path": model, "model_patch": patch}


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
