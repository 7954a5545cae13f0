"""`shrewd metrics`: what selection methods are worth on a stored run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.table import Table

    from agent.decisions import Decisions
    from agent.labels import Labels
    from selection.metrics import Estimate, Metrics

_EPILOG: Final = "Exit codes: 0 it was measured, 2 usage or environment error, 70 a fault in shrewd itself."


@click.command(epilog=_EPILOG)
@click.argument("run_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--labels",
    "labels_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="JSON: task -> candidate (digest, file or source) -> true or false. [default: the run's grades]",
)
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Only this method; may be repeated.")
@click.option(
    "--against", default="random-trajectory", show_default=True, metavar="NAME", help="What differences are from."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of methods that draw, and of the bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every choice, instead of a table.")
def metrics(
    *, run_dir: Path, labels_file: Path | None, methods: tuple[str, ...], against: str, seed: int, as_json: bool
) -> int:
    """Measure selection methods on the outcome matrices of the run in RUN_DIR, side by side.

    Every method chooses from what is stored; then the labels are read: those of `shrewd grade --candidates`, or of a
    file. Beside the methods stand a random pick, the best choice there is (oracle) and the worst (adversary).
    Intervals are 95 % intervals of the bootstrap over tasks. Nothing is executed and nothing is written.
    """
    from agent.decisions import AS_CHOSEN, decide, pick_methods
    from agent.errors import UserError
    from agent.labels import labels_of_file, labels_of_run, records
    from agent.rundir import RunDir
    from agent.terminal import console_out, one_line
    from selection.metrics import REFERENCES, measure

    run, picked = RunDir(run_dir), pick_methods(methods)
    names = (*REFERENCES, *picked, AS_CHOSEN)
    if against not in names:
        raise UserError(f"there is no {against!r} to compare with; there are: {', '.join(names)}")
    decisions = decide(run, picked, seed=seed)
    # Only now: no choice can depend on a label.
    labels = labels_of_file(labels_file, decisions) if labels_file else labels_of_run(run, decisions)
    found = measure(records(decisions, labels), seed=seed, against=against) if decisions.tasks else None
    if as_json:
        click.echo(json.dumps(_record(decisions, labels, found, seed)))
        return 0
    console = console_out()
    if found is not None and found.measured:
        if not console.is_terminal:
            console.width = 200  # nothing is wrapped: lines are then for programs
        console.print(_table(found))
    for line in _lines(decisions, labels, found, run_dir):
        console.print(one_line(line, 2000))
    return 0


def _table(found: "Metrics") -> "Table":
    from rich.table import Table

    table = Table(title="Methods", title_justify="left")
    table.add_column("method", no_wrap=True)
    for name in ("right, of all", "where some is right", "where it matters", "gap closed"):
        table.add_column(name)
    table.add_column(f"minus {found.against}")
    table.add_column("abstained", justify="right")
    for row in found.rows:
        shares = (row.accuracy, row.given_covered, row.given_decidable, row.gap_closed)
        table.add_row(row.name, *map(_shown, shares), _shown(row.difference, "points"), str(row.abstained))
    return table


def _shown(one: "Estimate | None", unit: str = "%") -> str:
    if one is None:
        return "not defined"
    return f"{100 * one.value:.1f} {unit} ({100 * one.low:.1f} to {100 * one.high:.1f})"


def _lines(decisions: "Decisions", labels: "Labels", found: "Metrics | None", run_dir: Path) -> Iterator[str]:
    if found is None or not found.measured:
        yield (
            "Not measured: there is no task of which every candidate is labelled. To label those of a run over a "
            f"dataset: shrewd grade {run_dir} --candidates; or give --labels FILE."
        )
    else:
        yield (
            f"Measured on {found.measured} tasks: in {found.decidable} it matters what is chosen, for both right and "
            f"wrong candidates are there; {found.covered} have a right one, {found.without_candidates} none at all."
        )
    if found is not None and found.left_out:
        yield (
            f"Left out, for {found.unlabelled} of their candidates are not labelled: {len(found.left_out)} tasks: "
            f"{', '.join(found.left_out)}"
        )
    if decisions.without_result:
        without = decisions.without_result
        yield f"Without a result, and not measured: {len(without)} tasks: {', '.join(without)}"
    if labels.contradicted:
        told = ", ".join(f"{task} {tree[:12]}" for task, tree in labels.contradicted)
        yield f"Labelled both right and wrong, so not known: {told}"
    if labels.elsewhere:
        missed = ", ".join(f"{task} {name}" for task, name in labels.missed)
        yield f"Labels about no candidate: {len(labels.elsewhere)}" + (
            f"; right among them: {missed}" if missed else ""
        )


def _record(decisions: "Decisions", labels: "Labels", found: "Metrics | None", seed: int) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "schema_version": 1,
        "seed": seed,
        "metrics": None if found is None else asdict(found),
        "without_result": list(decisions.without_result),
        "contradicted": [list(one) for one in labels.contradicted],
        "about_no_candidate": [list(one) for one in labels.elsewhere],
        "right_but_no_candidate": [list(one) for one in labels.missed],
        "tasks": {
            decided.task: {
                "choices": decided.choices,
                "rules": {name: selection.rule for name, selection in decided.selections.items()},
                "labels": dict(labels.known.get(decided.task, {})),
                "without_candidate": decided.fruitless,
            }
            for decided in decisions.tasks
        },
    }
