"""Logs: JSON lines into a file, short lines to stderr, nothing secret in either."""

import json
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from agent.redact import Redactor
from agent.terminal import printable

PACKAGES: Final = ("agent", "selection", "sandbox", "swe_tasks")

_TASK: ContextVar[str | None] = ContextVar("task", default=None)
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def install_logging(
    *,
    redactor: Redactor,
    file: Path | None = None,
    stream: TextIO | None = None,
    verbosity: int = 0,
) -> Callable[[], None]:
    """Begin to log; the function that is returned ends it and restores what was there.

    `file` gets everything of our packages and the warnings of libraries, as JSON lines, appended. `stream`
    gets warnings, with verbosity 1 what happens, with 2 all details.

    Raises:
        OSError: the file cannot be opened.
    """
    handlers: list[logging.Handler] = []
    if file is not None:
        to_file = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
        to_file.setFormatter(_JsonLine(redactor.redact))
        to_file.addFilter(_worth_keeping)
        handlers.append(to_file)
    if stream is not None:
        to_stream = logging.StreamHandler(stream)
        to_stream.setFormatter(_ShortLine(redactor.redact))
        to_stream.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
        handlers.append(to_stream)
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in PACKAGES]
    levels = [logger.level for logger in ours]
    for handler in handlers:
        root.addHandler(handler)
    for logger in ours:
        logger.setLevel(logging.DEBUG)

    def uninstall() -> None:
        for handler in handlers:
            root.removeHandler(handler)
            if isinstance(handler, logging.FileHandler):
                handler.close()
        for logger, level in zip(ours, levels, strict=True):
            logger.setLevel(level)

    return uninstall


@contextmanager
def task_log(task: str, file: Path, redact: Callable[[str], str]) -> Generator[None]:
    """While it lasts, what is logged on behalf of the task goes into its own file too, as JSON lines, appended.

    On behalf of it is what this context does, and what asyncio tasks and threads started from it do.

    Raises:
        OSError: the file cannot be opened.
    """
    handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(_JsonLine(redact))
    handler.addFilter(lambda record: _worth_keeping(record) and _TASK.get() == task)
    before = _TASK.set(task)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
        _TASK.reset(before)


def _worth_keeping(record: logging.LogRecord) -> bool:
    """Some libraries set their own loggers to tell everything."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in PACKAGES


class _JsonLine(logging.Formatter):
    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        clean = self._redact
        fields: dict[str, str | int | float | bool | None] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                fields[name] = value if isinstance(value, int | float | bool | None) else clean(str(value))
        if record.exc_info:
            fields["error"] = clean(self.formatException(record.exc_info))
        return json.dumps(fields)


class _ShortLine(logging.Formatter):
    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        # Indented, so that a message of several lines cannot pass for several messages.
        return printable(self._redact(text)).replace("\n", "\n    ")
