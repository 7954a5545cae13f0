"""Where a task's issue text and its name come from."""

import hashlib
import re
from pathlib import Path
from typing import BinaryIO

from swe_tasks.errors import IssueError

_LOOKS_LIKE_A_PATH = re.compile(r"\S+\.(?:md|markdown|txt|rst)", re.IGNORECASE)
_NAME_CHARACTERS = 40
_DIGEST_CHARACTERS = 10


def task_id(repository: str, issue: str, base_tree: str) -> str:
    """A short name for a task: the repository's own name and a digest. The same issue on the same base tree
    has the same id, wherever the repository lies. Letters, digits, `.`, `_` and `-` only."""
    last = re.split(r"[/\\:]", repository.rstrip("/\\"))[-1].removesuffix(".git")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip(".-_")[:_NAME_CHARACTERS].rstrip(".-_") or "task"
    digest = hashlib.sha256()
    for part in (name, base_tree, issue):
        raw = part.encode("utf-8", "surrogatepass")
        # With its length, so that no text can be shifted from one part to the next.
        digest.update(b"%d:" % len(raw) + raw)
    return f"{name}-{digest.hexdigest()[:_DIGEST_CHARACTERS]}"


def read_issue_argument(text: str, *, stdin: BinaryIO) -> str:
    """The issue text that an argument stands for: `@FILE` or the path of a file is that file's text, `-` is
    standard input, anything else is the text itself.

    Raises:
        IssueError: the file is missing, a directory, empty or not text; or the argument is empty, looks like
            a path but is none, or is an address that is not an issue's.
    """
    if text == "-":
        return _decode(stdin.read(), "standard input")
    if text.startswith("@"):
        return _read_file(text[1:])
    if _may_be_path(text) and Path(text).expanduser().exists():
        return _read_file(text)
    if not text.strip():
        raise IssueError("the issue is empty; give its text, @FILE, - for standard input, or its address")
    if re.fullmatch(r"https?://\S+", text.strip()):
        raise IssueError(f"{text!r} is not an issue's address, like https://github.com/OWNER/REPO/issues/NUMBER")
    if _LOOKS_LIKE_A_PATH.fullmatch(text):
        raise IssueError(f"there is no file {text!r} in {Path.cwd()}; if it is the issue's text, make it a sentence")
    return text


def _may_be_path(text: str) -> bool:
    return bool(text) and "\n" not in text and "\0" not in text and len(text.encode("utf-8", "replace")) <= 255


def _read_file(name: str) -> str:
    if not name:
        raise IssueError("@ needs the name of a file: @issue.md")
    path = Path(name).expanduser()
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise IssueError(f"there is no file {name!r}; it was looked for in {Path.cwd()}") from error
    except IsADirectoryError as error:
        raise IssueError(f"{name!r} is a directory; name the file that holds the issue's text") from error
    except (OSError, ValueError) as error:
        raise IssueError(f"{name!r} cannot be read: {error}") from error
    return _decode(raw, repr(name))


def _decode(raw: bytes, where: str) -> str:
    if b"\0" in raw:
        raise IssueError(f"{where} is binary; the issue has to be text in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IssueError(f"{where} is not UTF-8 (byte {error.start}); convert it, for example with iconv") from error
    if not text.strip():
        raise IssueError(f"{where} is empty; the issue's text is expected there")
    return text
