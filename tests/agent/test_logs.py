"""Logs are structured, short where people read them, and without secrets."""

import asyncio
import io
import json
import logging
from pathlib import Path

from agent.logs import install_logging, task_log
from agent.redact import Redactor

LOG = logging.getLogger("agent.test")


def test_the_file_holds_one_json_object_a_line_without_secrets(tmp_path: Path) -> None:
    """Message, extra fields and traceback."""
    uninstall = install_logging(redactor=Redactor(["sk-0123456789"]), file=tmp_path / "log.jsonl")
    try:
        LOG.debug("asked\nwith %s", "sk-0123456789", extra={"trajectory": 3, "header": "sk-0123456789"})
        try:
            raise RuntimeError("sk-0123456789 was refused")
        except RuntimeError:
            LOG.exception("failed")
    finally:
        uninstall()
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    first, second = [json.loads(line) for line in text.splitlines()]
    assert (first["level"], first["logger"], first["trajectory"]) == ("debug", "agent.test", 3)
    assert first["message"] == "asked\nwith [redacted]"
    assert "RuntimeError: [redacted] was refused" in second["error"]
    assert "sk-0123456789" not in text


def test_the_stream_gets_short_lines_by_verbosity() -> None:
    """Warnings always, the rest on demand."""
    shown: list[list[str]] = []
    for verbosity in (0, 1, 2):
        stream = io.StringIO()
        uninstall = install_logging(redactor=Redactor(), stream=stream, verbosity=verbosity)
        LOG.debug("detail")
        LOG.info("step")
        LOG.warning("trouble")
        uninstall()
        shown.append(stream.getvalue().splitlines())
    assert shown == [
        ["warning: trouble"],
        ["info: step", "warning: trouble"],
        ["debug: detail", "info: step", "warning: trouble"],
    ]


def test_hostile_messages_cannot_steer_the_terminal_or_fake_a_line() -> None:
    """Escapes are shown, further lines are indented."""
    stream = io.StringIO()
    uninstall = install_logging(redactor=Redactor(), stream=stream)
    LOG.warning("\x1b[2Jgone\nerror: all is lost")
    uninstall()
    assert stream.getvalue() == "warning: \\x1b[2Jgone\n    error: all is lost\n"


def test_nothing_is_left_when_logging_ends(tmp_path: Path) -> None:
    """Handlers and levels are as before, so two runs in one process do not log twice."""
    root, ours = logging.getLogger(), logging.getLogger("agent")
    before = (list(root.handlers), ours.level)
    install_logging(redactor=Redactor(), file=tmp_path / "log.jsonl", stream=io.StringIO())()
    assert (root.handlers, ours.level) == before


async def test_each_task_has_a_log_of_its_own(tmp_path: Path) -> None:
    """What is done at the same time for two tasks, in threads too, goes to the right file, and redacted."""
    LOG.setLevel(logging.DEBUG)

    async def work(task: str) -> None:
        with task_log(task, tmp_path / task, lambda text: text.replace("key", "***")):
            await asyncio.sleep(0)
            LOG.info("%s began with a key", task)
            await asyncio.to_thread(LOG.info, "%s in a thread", task)
            logging.getLogger("library").info("small talk")

    await asyncio.gather(work("one"), work("two"))
    LOG.info("nobody's")
    for task in ("one", "two"):
        lines = [json.loads(line)["message"] for line in (tmp_path / task).read_text().splitlines()]
        assert lines == [f"{task} began with a ***", f"{task} in a thread"]
