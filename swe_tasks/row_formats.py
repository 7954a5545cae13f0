"""The kinds of rows there are in the SWE-bench family, and what of each may be seen while solving."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import JsonValue

from swe_tasks.jsonfiles import kind

Row = Mapping[str, JsonValue]

VISIBLE = (
    "instance_id", "problem_statement", "repo", "base_commit", "image", "workdir", "version", "created_at"
)  # fmt: skip
"""The only names under which anything reaches a solver. All that a format does not give under one of these
names is hidden."""

_IMAGE_FIELDS = ("image", "docker_image", "image_name")
_GYM_REPOSITORIES = frozenset(
    {
        *("bokeh/bokeh", "conan-io/conan", "dask/dask", "facebookresearch/hydra", "getmoto/moto", "iterative/dvc"),
        *("modin-project/modin", "pandas-dev/pandas", "project-monai/monai", "pydantic/pydantic", "python/mypy"),
    }
)


class RowProblem(ValueError):
    """A field of a row that cannot be used. The message names it and quotes nothing hidden."""


@dataclass(frozen=True, slots=True)
class Format:
    name: str
    is_of: Callable[[Row], bool]
    visible: Callable[[Row], dict[str, JsonValue]]
    """The visible part of a row, under the names of VISIBLE."""
    image: str | None = None
    """The official image when a row names none; `{id}` is the id without double underscores, in lower case."""
    underscores: str = "_1776_"
    """What stands for a double underscore there: names of images cannot hold one."""
    workdir: str | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType[str, str]({}))
    """What such rows call a field, where it is not the name in VISIBLE."""


def format_of(row: Row) -> Format:
    """The kind of a row; whatever looks like nothing else is SWE-bench's own."""
    return next(known for known in FORMATS if known.is_of(row))


def image_of(known: Format, visible: Row, task: str) -> JsonValue:
    """The image that a row names, or the official one of its format; None when there is none."""
    if visible.get("image") or known.image is None:
        return visible.get("image")
    return known.image.format(id=task.replace("__", known.underscores).lower())


def _plain(row: Row) -> dict[str, JsonValue]:
    seen = {name: row[name] for name in VISIBLE if name in row}
    # A name that is there but empty, as in a table where other rows have one, is no name.
    seen["image"] = next((row[name] for name in _IMAGE_FIELDS if row.get(name)), None)
    pictures = _pictures(row.get("image_assets"))
    if pictures and isinstance(seen.get("problem_statement"), str):
        shown = "an image" if pictures == 1 else f"{pictures} images"
        seen["problem_statement"] = f"{seen['problem_statement']}\n\n(The issue shows {shown} not given here.)"
    return seen


def _smith(row: Row) -> dict[str, JsonValue]:
    # The fault lies on a branch that is named like the task; there is no commit to name in the published rows.
    return {**_plain(row), "base_commit": row.get("base_commit") or row.get("instance_id")}


def _multi(row: Row) -> dict[str, JsonValue]:
    org, repository, number, base = (row.get(name) for name in ("org", "repo", "number", "base"))
    for name, value in (("org", org), ("repo", repository), ("number", number)):
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            raise RowProblem(f"the field {name!r} is {kind(value)}; Multi-SWE-bench names the task by it")
    return {
        "instance_id": row.get("instance_id") or f"{org}__{repository}-{number}",
        "problem_statement": _issues(row.get("resolved_issues")),
        "repo": f"{org}/{repository}",
        "base_commit": base.get("sha") if isinstance(base, dict) else None,
        "image": _plain(row)["image"] or f"mswebench/{org}_m_{repository}:pr-{number}".lower(),
        "workdir": row.get("workdir") or f"/home/{repository}",
        "created_at": row.get("created_at"),
    }


def _issues(value: JsonValue) -> str | None:
    # The request that resolves them has a title and a body too, which tell of the solution.
    if value is None:
        return None
    texts: list[str] = []
    for issue in value if isinstance(value, list) else [value]:
        if not isinstance(issue, dict) or not isinstance(issue.get("title"), str):
            raise RowProblem("the field 'resolved_issues' is not a list of issues with titles")
        texts.append(f"# {issue['title']}\n\n{issue.get('body') or ''}".rstrip())
    return "\n\n".join(texts)


def _pictures(assets: JsonValue) -> int:
    if isinstance(assets, str) and assets:
        try:
            assets = json.loads(assets)
        except ValueError as error:
            raise RowProblem("the field 'image_assets' is not JSON") from error
    if not assets:
        return 0
    if not isinstance(assets, dict):
        raise RowProblem(f"the field 'image_assets' is {kind(assets)}, not an object")
    shown = assets.get("problem_statement")
    return len(shown) if isinstance(shown, list) else 0


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


FORMATS = (
    Format(
        name="Multi-SWE-bench",
        is_of=lambda row: "org" in row and "number" in row,
        visible=_multi,
        fields=MappingProxyType({"problem_statement": "resolved_issues", "base_commit": "base.sha"}),
    ),
    Format(
        name="SWE-smith",
        is_of=lambda row: "swesmith." in _text(row, "image_name") or _text(row, "repo").startswith("swesmith/"),
        visible=_smith,
        fields=MappingProxyType({"image": "image_name"}),
    ),
    Format(
        name="SWE-bench-Live",
        is_of=lambda row: "test_cmds" in row or _text(row, "docker_image").startswith("starryzhang/"),
        visible=_plain,
        image="starryzhang/sweb.eval.x86_64.{id}:latest",
        # Its own evaluation goes there, whatever the image says.
        workdir="/testbed",
        fields=MappingProxyType({"image": "docker_image"}),
    ),
    Format(
        name="SWE-Gym",
        is_of=lambda row: _text(row, "repo").lower() in _GYM_REPOSITORIES,
        visible=_plain,
        image="xingyaoww/sweb.eval.x86_64.{id}:latest",
        underscores="_s_",
    ),
    Format(
        name="SWE-bench",
        is_of=lambda _: True,
        visible=_plain,
        image="swebench/sweb.eval.x86_64.{id}:latest",
    ),
)
"""The first that fits counts."""
