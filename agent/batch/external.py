"""Patches from elsewhere that a run chooses among, kept in its directory."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.choose import External
from agent.errors import RunConflict, UserError
from agent.rundir import RunDir, write_json
from swe_tasks.predictions import read_predictions

Externals = dict[str, tuple[External, ...]]
"""Task -> its patches, in the order of the files."""

_SHAPE = TypeAdapter(Externals)


def read_externals(files: Sequence[Path], known: Sequence[str]) -> Externals:
    """The patches of prediction files, one source a file, for the tasks that are known.

    A source is named by its `model_name_or_path`, and by its file where two files have the same.

    Raises:
        DatasetError: a file cannot be read.
        UserError: a file is given twice, or has a prediction for none of the tasks.
    """
    found: Externals = dict.fromkeys(known, ())
    sources: set[str] = set()
    for file in files:
        predictions = read_predictions(file)
        name = predictions[0].model
        source = name if name not in sources else f"{name} ({file})"
        if source in sources:
            raise UserError(f"{file} is given twice")
        sources.add(source)
        mine = [one for one in predictions if one.instance_id in found]
        if not mine:
            raise UserError(f"{file} has a prediction for none of the {len(found)} tasks")
        for one in mine:
            found[one.instance_id] = (*found[one.instance_id], External(source, one.patch))
    return found


def keep_externals(run: RunDir, externals: Externals) -> None:
    """Store what a run chooses among.

    Raises:
        RunConflict: it was begun with other patches.
    """
    begun = load_externals(run)
    if begun is not None:
        changed = sorted(task for task, patches in begun.items() if externals.get(task, patches) != patches)
        if changed:
            raise RunConflict(
                f"the run {run.path} was begun with other patches for {', '.join(changed[:5])}; "
                "choose another directory with --out"
            )
        externals = begun | externals
    write_json(run.externals, json.loads(_SHAPE.dump_json(externals)))


def load_externals(run: RunDir) -> Externals | None:
    """What a run chooses among; None if it writes its own patches.

    Raises:
        RunConflict: the file is damaged.
    """
    try:
        return _SHAPE.validate_json(run.externals.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RunConflict(f"{run.externals} cannot be read: {error}") from error
