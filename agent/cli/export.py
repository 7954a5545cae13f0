"""`shrewd export`: a run in the formats of other programs."""

from pathlib import Path
from typing import Final, Literal

import click

_EPILOG: Final = "Exit codes: 0 done, 2 usage or environment error, 70 a fault in shrewd itself."


@click.command(epilog=_EPILOG)
@click.argument("run_dir", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--as", "form", type=click.Choice(["mini", "sb-cli"]), required=True, help="The program to export for.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where the files go. [default: RUN_DIR]")
def export(*, run_dir: Path, form: Literal["mini", "sb-cli"], out: Path | None) -> int:
    """Write the run in RUN_DIR in the format of another program, and print the files.

    mini: one .traj.json for each trajectory, as mini-swe-agent writes them: `mini-extra inspect DIR` opens them.
    sb-cli: preds.json, for `sb-cli submit SUBSET SPLIT --predictions_path preds.json`.
    """
    from agent.errors import UserError
    from agent.rundir import RunDir
    from agent.terminal import printable

    run = RunDir(run_dir)
    if form == "sb-cli":
        from agent.export import export_submission

        written = [export_submission(run, out or run_dir)]
    else:
        from agent.export import export_trajectories

        places = run.tasks()
        if not places:
            raise UserError(f"{run_dir} is not a run directory, or no task of it was begun")
        written = [
            path
            for place in places
            for path in export_trajectories(place, out / place.path.name if out else place.trajectories)
        ]
        if not written:
            raise UserError(f"no trajectory of {run_dir} has asked a model yet")
    for path in written:
        click.echo(printable(str(path)))
    return 0
