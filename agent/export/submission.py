"""Predictions as `sb-cli submit` takes them."""

from pathlib import Path

from agent.errors import UserError
from agent.rundir import RunDir, write_file
from swe_tasks.predictions import read_predictions, render_json

NAME = "preds.json"


def export_submission(run: RunDir, into: Path) -> Path:
    """Write a run's predictions as one object by task id; the file.

    Raises:
        UserError: there are no predictions.
        DatasetError: they cannot be read, or are of several models, which cannot be submitted together.
    """
    if not run.predictions.is_file() or run.predictions.stat().st_size == 0:
        raise UserError(f"{run.path} has no predictions yet: {run.predictions.name} is missing or empty")
    path = into / NAME
    write_file(path, render_json(read_predictions(run.predictions)))
    return path
