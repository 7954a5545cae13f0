"""One row of a dataset, split into what solving may see and what only grading reads."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, cast

from pydantic import JsonValue

from swe_tasks.errors import DatasetError
from swe_tasks.jsonfiles import carriable, kind
from swe_tasks.row_formats import Format, RowProblem, format_of, image_of

_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_REVISION: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,254}")
_IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
_EVAL_TYPES: Final = ("pass_and_fail", "fail_only")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """All that solving may ever see of a row."""

    id: str
    """Safe as the name of a directory."""
    issue: str
    repository: str
    """`owner/name`, or whatever the row says. For people."""
    base_commit: str
    """A commit, or the branch of a SWE-smith task."""
    image: str
    workdir: str | None
    """Where the repository lies in the image. None: where the image itself says that programs start."""
    version: str | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class GradingRow:
    """What is hidden from solving: only grading reads it."""

    id: str
    row: Mapping[str, JsonValue] = field(repr=False)
    """The whole row with the image's name, as the official harness takes it."""


def read_row(raw: Mapping[str, object], *, where: str, gradable: bool = False) -> tuple[TaskRow, GradingRow]:
    """Split a row. With `gradable`, it must also have what the official harness asks for.

    Raises:
        DatasetError: a field is missing or cannot be used; with `where` and its name.
    """
    try:
        row = _as_row(raw)
        known = format_of(row)
        task = _read_task(known, known.visible(row))
    except RowProblem as problem:
        name = raw.get("instance_id")
        shown = f" ({name})" if isinstance(name, str) and _ID.fullmatch(name) else ""
        raise DatasetError(f"{where}{shown}: {problem}") from problem
    grading = GradingRow(
        task.id, MappingProxyType({**row, "instance_id": task.id, "image": row.get("image") or task.image})
    )
    problem = gradable_problem(grading) if gradable else None
    if problem:
        raise DatasetError(f"{where}: {problem}")
    return task, grading


def row_id(raw: Mapping[str, object], *, where: str) -> str:
    """The id of a row, of which nothing else need be usable.

    Raises:
        DatasetError: it has none, or one that cannot name a directory.
    """
    try:
        names = ("instance_id", "org", "repo", "number")
        row = {name: _as_json(raw[name], name) for name in names if name in raw}
        known = format_of(row)
        return _id(known, known.visible(row))
    except RowProblem as problem:
        raise DatasetError(f"{where}: {problem}") from problem


def gradable_problem(row: GradingRow) -> str | None:
    """Why the official harness cannot grade a row, or None when it can."""
    fields = row.row
    texts = ("image", "eval_script", "log_parser", "eval_type", "repo")
    lacking = [name for name in texts if not isinstance(fields.get(name), str) or not fields[name]]
    lacking += [name for name in ("version", "FAIL_TO_PASS", "PASS_TO_PASS") if fields.get(name) is None]
    known = format_of(fields)
    if lacking:
        return (
            f"{row.id} cannot be graded by the SWE-bench harness: its {known.name} row lacks {', '.join(lacking)}; "
            "rows of version 5 datasets, such as SWE-bench/SWE-bench_Verified, have all it asks for"
        )
    for name in ("FAIL_TO_PASS", "PASS_TO_PASS"):
        if not _is_test_list(fields[name]):
            return f"{row.id} cannot be graded: its field {name!r} is not a list of test names"
    if fields["eval_type"] not in _EVAL_TYPES:
        return f"{row.id} cannot be graded: its field 'eval_type' is none of {', '.join(_EVAL_TYPES)}"
    return None


def render_grading(rows: Sequence[GradingRow]) -> str:
    """Rows as JSON lines. Pure ASCII: the harness would take some other characters for line ends."""
    return "".join(json.dumps(dict(row.row)) + "\n" for row in rows)


def _read_task(known: Format, visible: Mapping[str, JsonValue]) -> TaskRow:
    task = _id(known, visible)
    image = _needed(known, {**visible, "image": image_of(known, visible, task)}, "image")
    if _IMAGE.fullmatch(image) is None:
        raise RowProblem(f"the field {_name(known, 'image')!r} is {image!r}, which cannot be the name of an image")
    commit = _needed(known, visible, "base_commit")
    if _REVISION.fullmatch(commit) is None:
        raise RowProblem(f"the field {_name(known, 'base_commit')!r} is {commit!r}, which cannot be a commit")
    repository = _needed(known, visible, "repo")
    if not repository.isprintable():
        raise RowProblem(f"the field 'repo' is {repository!r}, which cannot be the name of a repository")
    workdir = _optional(visible, "workdir") or known.workdir
    if workdir is not None and (not workdir.startswith("/") or not workdir.isprintable()):
        raise RowProblem(f"the field 'workdir' is {workdir!r}; it has to be an absolute path in the image")
    return TaskRow(
        id=task,
        issue=_needed(known, visible, "problem_statement"),
        repository=repository,
        base_commit=commit,
        image=image,
        workdir=workdir,
        version=_optional(visible, "version"),
        created_at=_optional(visible, "created_at"),
    )


def _id(known: Format, visible: Mapping[str, JsonValue]) -> str:
    task = _needed(known, visible, "instance_id")
    if _ID.fullmatch(task) is None:
        raise RowProblem(
            f"the field 'instance_id' is {task[:80]!r}; it names a directory, so it has to be at most 200 letters, "
            "digits, '.', '_' and '-', and start with none of '.' and '-'"
        )
    return task


def _needed(known: Format, visible: Mapping[str, JsonValue], name: str) -> str:
    value, shown = visible.get(name), _name(known, name)
    if value is None:
        raise RowProblem(f"the field {shown!r} is missing; a {known.name} row needs it")
    if not isinstance(value, str):
        raise RowProblem(f"the field {shown!r} is {kind(value)}, not text")
    if not value.strip():
        raise RowProblem(f"the field {shown!r} is empty; a {known.name} row needs it")
    if not carriable(value):
        raise RowProblem(f"the field {shown!r} holds half of a surrogate pair, which is no character")
    return value


def _optional(visible: Mapping[str, JsonValue], name: str) -> str | None:
    value = visible.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str | int | float) and carriable(str(value)):
        return str(value)
    raise RowProblem(f"the field {name!r} is {kind(value)} that cannot be used; text is expected")


def _name(known: Format, name: str) -> str:
    return known.fields.get(name, name)


def _is_test_list(value: JsonValue) -> bool:
    if isinstance(value, str):
        try:
            value = cast("JsonValue", json.loads(value))
        except ValueError:
            return False
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _as_row(raw: Mapping[str, object]) -> dict[str, JsonValue]:
    return {name: _as_json(value, name) for name, value in raw.items()}


def _as_json(value: object, name: str) -> JsonValue:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(key): _as_json(item, name) for key, item in items}
    if isinstance(value, list | tuple):
        return [_as_json(item, name) for item in cast("Sequence[object]", value)]
    raise RowProblem(f"the field {name!r} holds a {type(value).__name__}, which JSON cannot carry")
