"""`shrewd report`: what a run came to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from agent.report import Proportion, RunReport

_EPILOG: Final = "Exit codes: 0 it was reported, 2 usage or environment error, 70 a fault in shrewd itself."


@click.command(epilog=_EPILOG)
@click.argument("run_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def report(*, run_dir: Path, as_json: bool) -> int:
    """Report on the run in RUN_DIR: resolved tasks, coverage of the candidates, cost by stage, failures by kind.

    What patches are worth is known after `shrewd grade`; what the candidates were worth, after `shrewd grade
    --candidates`. Nothing is written.
    """
    from agent.report import report_on
    from agent.rundir import RunDir
    from agent.terminal import console_out

    found = report_on(RunDir(run_dir))
    if as_json:
        click.echo(json.dumps(_record(found)))
    else:
        _show(console_out(), found, run_dir)
    return 0


def _show(console: "Console", found: "RunReport", run_dir: Path) -> None:
    from agent.cli.show import cost_table
    from agent.tally import Tally, Totals
    from agent.terminal import one_line

    console.print(_task_table(found))
    if found.dataset:
        console.print(one_line(f"Dataset: {found.dataset}" + (f" ({found.split})" if found.split else "")))
    for line in (*_worth(found, run_dir), *_states(found)):
        console.print(one_line(line, 2000))
    console.print(cost_table(Totals(sum(found.stages.values(), Tally()), found.stages, {})))
    seconds = sum(one.result.seconds for one in found.tasks if one.result)
    console.print(f"Time: {seconds:.0f} s, summed over tasks.")


def _worth(found: "RunReport", run_dir: Path) -> Iterator[str]:
    """Lines on how many tasks are resolved, and could have been."""
    if found.dataset is None:
        yield "Resolved: not known. The run is not over a dataset, so nothing says what is right."
        return
    if found.resolved is None:
        yield f"Resolved: not known. To grade the predictions: shrewd grade {run_dir}"
    else:
        yield f"Resolved (chosen): {_shown(found.resolved)}"
        if found.ungraded:
            yield f"NOT GRADED, and so counted as not resolved: {', '.join(found.ungraded)}"
    if found.coverage is None or found.pass_at_1 is None:
        yield (
            f"Coverage of the candidates: not known, those of {len(found.unjudged)} tasks are not graded. "
            f"To grade them: shrewd grade {run_dir} --candidates"
        )
    else:
        yield f"Coverage (some candidate resolves it): {_shown(found.coverage)}"
        yield f"pass@1 (a trajectory at random resolves it): {100 * found.pass_at_1:.1f} %"


def _states(found: "RunReport") -> Iterator[str]:
    """Lines on how many tasks were done, and what became of the others."""
    yield f"Expected {len(found.tasks)} tasks, found {len(found.in_state('done'))} with a result."
    for kind, tasks in sorted(found.failures.items()):
        yield f"Failed ({kind}): {len(tasks)}: {', '.join(tasks)}"
    if unfinished := found.in_state("unfinished"):
        yield f"Unfinished: {len(unfinished)}: {', '.join(unfinished)}"
    if missing := found.in_state("missing"):
        yield f"Missing: {len(missing)}: {', '.join(missing)}"


def _shown(share: "Proportion") -> str:
    low, high = share.interval
    percent = 100 * share.count / share.total if share.total else 0
    return f"{share.count} of {share.total} ({percent:.1f} %; 95 % interval {100 * low:.1f} to {100 * high:.1f} %)"


def _task_table(found: "RunReport") -> "Table":
    from rich.table import Table

    from agent.terminal import one_line

    table = Table(title="Tasks", title_justify="left")
    for name in ("task", "state", "grade", "some candidate", "trajectories at random"):
        table.add_column(name, overflow="fold")
    words = {True: "resolves", False: "none resolves", None: ""}
    for one in found.tasks:
        state = f"failed: {one.failure.kind}: {one.failure.message}" if one.failure else one.state
        if one.state == "done" and one.result:
            state = ("a patch" if one.result.patch else "no patch") + (
                ", budget reached" if one.result.out_of_budget else ""
            )
        grade = one.grade.status.replace("_", " ") if one.grade else ""
        # Without a result there may yet be candidates.
        chance = f"{100 * one.by_chance:.0f} %" if one.result and one.by_chance is not None else ""
        table.add_row(
            one_line(one.task),
            one_line(state, 120),
            grade,
            words[one.covered] if one.result else "",
            chance,
            style="green" if one.grade and one.grade.resolved else "",
        )
    return table


def _record(found: "RunReport") -> dict[str, object]:
    from agent.results import tally_record
    from agent.tally import Tally

    return {
        "schema_version": 1,
        "dataset": found.dataset,
        "split": found.split,
        "expected": len(found.tasks),
        "found": len(found.in_state("done")),
        "missing": list(found.in_state("missing")),
        "unfinished": list(found.in_state("unfinished")),
        "failures": found.failures,
        "resolved": _share(found.resolved),
        "coverage": _share(found.coverage),
        "pass_at_1": found.pass_at_1,
        "not_graded": list(found.ungraded),
        "candidates_not_graded": list(found.unjudged),
        "seconds": round(sum(one.result.seconds for one in found.tasks if one.result), 3),
        "spent": {
            "total": tally_record(sum(found.stages.values(), Tally())),
            "stages": {stage: tally_record(tally) for stage, tally in found.stages.items()},
        },
        "tasks": {
            one.task: {
                "state": one.state,
                "failure": one.failure.kind if one.failure else None,
                "grade": one.grade.status if one.grade else None,
                "resolved": one.grade.resolved if one.grade else None,
                "covered": one.covered,
                "by_chance": one.by_chance,
            }
            for one in found.tasks
        },
    }


def _share(share: "Proportion | None") -> dict[str, object] | None:
    if share is None:
        return None
    return {"count": share.count, "total": share.total, "interval": list(share.interval)}
