"""Commands that an issue shows, with what they print left out."""

import re
import shlex
from collections.abc import Sequence
from typing import Final

from agent.examples.pieces import Code, Piece, Prose

MOST: Final = 20

_SHELLS = frozenset({"sh", "shell", "bash", "console", "zsh", "shell-session", "terminal", "cmd", "text", ""})
_PROMPT = re.compile(r"\s*(?:\([\w.-]+\) )?(?:[\w.@:~/-]*)[$%] (.*)$")
_TOOLS = frozenset({
    "python", "python3", "pytest", "py.test", "pylint", "sphinx-build", "sphinx-quickstart", "flask", "black", "mypy",
    "flake8", "isort", "coverage", "django-admin",
})  # fmt: skip
_FORBIDDEN = frozenset({
    "apt", "apt-get", "brew", "conda", "curl", "docker", "git", "hg", "ipython", "make", "npm", "open", "pip", "pip3",
    "pipenv", "poetry", "reboot", "rm", "shutdown", "ssh", "sudo", "tox", "uv", "vi", "vim", "virtualenv", "wget",
})  # fmt: skip
_MAKERS = frozenset({"echo", "touch", "mkdir", "printf", "cat", "cp", "mv", "sphinx-quickstart"})
_RUNNERS = frozenset({"python", "python3", "pytest", "py.test", "coverage"})
_ANNOUNCED = re.compile(r"\b(?:command|run|running|execut\w*|reproduc\w*|invok\w*|steps)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<\w[\w -]*>|\[redacted\]|\.\.\.|/path/to")


def commands_in(code: Code, before: Piece | None) -> tuple[str, ...]:
    """The commands of a block: what follows a prompt, or all of it where the text before says so."""
    if code.language not in _SHELLS:
        return ()
    lines = code.text.replace("\\\n", " ").split("\n")
    prompted = [found[1].strip() for line in lines if (found := _PROMPT.match(line))]
    if not prompted:
        announced = isinstance(before, Prose) and _ANNOUNCED.search(before.text.rstrip().rsplit("\n", 1)[-1])
        prompted = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not announced or not all(_word(line) in _TOOLS for line in prompted):
            return ()
    safe = [line for line in prompted if _is_safe(line)]
    return tuple(line for line, previous in zip(safe, ["", *safe], strict=False) if line != previous)[:MOST]


def commands_quoted(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """The commands that prose quotes, each once: a known tool with an option or a file."""
    found: dict[str, None] = {}
    for piece in pieces:
        for quoted, raw in piece.parts if isinstance(piece, Prose) else ():
            text = raw.strip()
            arguments = text.split()[1:]
            telling = any(word.startswith("-") or re.search(r"\.\w{1,4}$", word) for word in arguments)
            if quoted and telling and "\n" not in text and _word(text) in _TOOLS and _is_safe(text):
                found[text] = None
    return tuple(found)[:MOST]


def needed_files(command: str) -> tuple[str, ...]:
    """The Python files that a tool is to look at, whatever they hold."""
    if _word(command) in _MAKERS | _RUNNERS:
        return ()
    return tuple(word for word in command.split()[1:] if re.fullmatch(r"\w+\.py", word))


def reads_files(command: str) -> bool:
    """Whether the files that it names must be there before."""
    return _word(command) not in _MAKERS


def _word(command: str) -> str:
    words = command.split(maxsplit=1)
    return words[0] if words else ""


def _is_safe(command: str) -> bool:
    """Whether it makes sense where there is no network, and nothing to install with."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return False
    if not words or _PLACEHOLDER.search(command):
        return False
    installs = len(words) > 2 and words[1] == "-m" and words[2] in _FORBIDDEN | {"venv"}
    return words[0] not in _FORBIDDEN and not words[0].startswith(("/", "./")) and not installs and "://" not in command
