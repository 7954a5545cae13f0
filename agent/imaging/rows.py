"""Of a data set's rows what an image is made from. Nothing else of them is kept."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import UserError


class Row(BaseModel):
    """One task."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    instance_id: str
    repo: str
    base_commit: str
    version: str
    created_at: str | None = None
    environment_setup_commit: str | None = None
    image: str | None = None

    @property
    def name(self) -> str:
        """The image's name: the row's own, or the official one."""
        official = self.instance_id.replace("__", "_1776_").lower()
        return self.image or f"swebench/sweb.eval.x86_64.{official}:latest"


def read_rows(path: Path, only: Sequence[str]) -> list[Row]:
    """The rows of a JSON or JSON-lines file whose ids match one of the patterns; of none, all.

    Raises:
        UserError: the file or a row cannot be read, or no row matches.
    """
    try:
        text = path.read_text(encoding="utf-8")
        said = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
        rows = [Row.model_validate(one) for one in said]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path} cannot be read as JSON lines: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: a row cannot be used to make an image: {field}: {first['msg']}") from error
    chosen = [row for row in rows if not only or any(fnmatchcase(row.instance_id, pattern) for pattern in only)]
    if not chosen:
        raise UserError(f"{path}: none of {len(rows)} rows matches {', '.join(only) or 'anything'}")
    return chosen


def find_repository(folder: Path, repo: str) -> Path:
    """The clone of `owner/name` below a directory.

    Raises:
        UserError: there is none.
    """
    owner, _, name = repo.partition("/")
    names = [f"{owner}__{name}.git", f"{owner}__{name}", f"{repo}.git", repo, f"{name}.git", name]
    for one in names:
        if (folder / one).is_dir():
            return folder / one
    raise UserError(
        f"{folder} holds no clone of {repo}; one of these would do: {', '.join(names)}\n"
        f"git clone --bare https://github.com/{repo} {folder / names[0]}"
    )


def _lines(text: str) -> list[object]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]
