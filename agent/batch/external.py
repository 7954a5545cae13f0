"""Patches from elsewhere that a run chooses among, kept in its directory."""

import base64
import json
import logging
from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, TypeAdapter

from agent.candidates import External
from agent.errors import RunConflict, UserError
from agent.externals.listed import Listed, heads
from agent.externals.names import Externals, name_all
from agent.externals.runs import is_run, read_run
from agent.rundir import RunDir, write_json
from swe_tasks.candidate_files import Offered, read_candidates

log = logging.getLogger(__name__)


class _Stored(BaseModel):
    """A patch in `externals.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    patch: str
    encoding: str | None = None
    """`base64` where the patch is not UTF-8."""

    @classmethod
    def of(cls, external: External) -> Self:
        try:
            external.patch.encode()
        except UnicodeEncodeError:
            raw = external.patch.encode("utf-8", errors="surrogateescape")
            return cls(source=external.source, patch=base64.b64encode(raw).decode(), encoding="base64")
        return cls(source=external.source, patch=external.patch)

    def external(self) -> External:
        if self.encoding is None:
            return External(self.source, self.patch)
        return External(
            self.source, base64.b64decode(self.patch, validate=True).decode("utf-8", errors="surrogateescape")
        )


_SHAPE = TypeAdapter(dict[str, tuple[_Stored, ...]])


def read_externals(listed: Sequence[Listed], known: Sequence[str]) -> Externals:
    """The patches of prediction files, Trae Agent's candidate files and earlier runs, for the tasks that are known.

    Raises:
        DatasetError: a file cannot be read.
        RunConflict: a file of a run cannot be read.
        UserError: nothing of them has a patch for any of the tasks.
    """
    return name_all(listed, read_offers(listed, known), known)


def read_offers(listed: Sequence[Listed], known: Sequence[str]) -> list[tuple[Offered, ...]]:
    """What each of them offers; `read_externals` says what it raises."""
    names = heads(listed, [one.path.resolve().name if one.path.is_dir() else one.path.stem for one in listed])
    found = [_read(one, name) for one, name in zip(listed, names, strict=True)]
    idle = [
        f"{one} has a patch for none of the {len(known)} tasks; it is about {_some(offered)}"
        for one, offered in zip(listed, found, strict=True)
        if not {each.task for each in offered} & set(known)
    ]
    if idle and len(idle) == len(listed):
        raise UserError("\n".join(idle))
    for said in idle:  # a system need not have solved every task of a part
        log.warning("%s", said)
    return found


def _read(listed: Listed, name: str) -> tuple[Offered, ...]:
    read = read_run if is_run(listed.path) else read_candidates
    return read(listed.path, name=name)


def _some(offered: Sequence[Offered]) -> str:
    tasks = list(dict.fromkeys(each.task for each in offered))
    return ", ".join(tasks[:3]) + (", ..." if len(tasks) > 3 else "") or "none at all"


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
    stored = {task: tuple(map(_Stored.of, patches)) for task, patches in externals.items()}
    write_json(run.externals, json.loads(_SHAPE.dump_json(stored, exclude_none=True)))


def load_externals(run: RunDir) -> Externals | None:
    """What a run chooses among; None if it writes its own patches.

    Raises:
        RunConflict: the file is damaged.
    """
    try:
        stored = _SHAPE.validate_json(run.externals.read_bytes())
        return {task: tuple(one.external() for one in patches) for task, patches in stored.items()}
    except FileNotFoundError:
        return None
    except ValueError as error:  # pydantic's, or that of base64
        raise RunConflict(f"{run.externals} cannot be read: {error}") from error


def much_to_choose(externals: Externals) -> bool:
    """Whether some task has two patches that differ, before any of them is looked at."""
    return any(len({one.patch for one in patches if one.patch.strip()}) > 1 for patches in externals.values())
