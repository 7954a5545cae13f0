"""What a model's answer holds: a script, an edit, or that it is done. Pure functions over text."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from agent.profiles import ScriptFormat
from agent.trajectory.dialogue import Unreadable
from agent.trajectory.printed import assemble

_FENCED = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1`*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_DONE = re.compile(r"^[\s*_`\"'(\[\d.]*DONE[\s*_`\"'.!)\]]*$", re.MULTILINE)
_WANTED = re.compile(r"^[ \t>*-]*<read>\s*`?([^<>`\n]{1,200}?)`?\s*</read>[ \t.]*$", re.MULTILINE | re.IGNORECASE)
MOST_WANTED = 5
"""Things that one answer may ask to see."""
_SCRIPT = re.compile(r"^[\s*_#`>-]*SCRIPT[\s*_`:.]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Done:
    """The model says that the issue is resolved."""


@dataclass(frozen=True, slots=True)
class More:
    """The model asks to see these first: paths, or names of definitions."""

    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewScript:
    text: str


@dataclass(frozen=True, slots=True)
class NewEdit:
    tree: str
    """Git's id of the tree that the edit makes."""


def script_reader(asked: ScriptFormat) -> Callable[[str], str | Unreadable]:
    """A function that reads a test script from a reply, asked for in one format; a whole program is always one."""
    return read_script if asked == "program" else read_printed


def read_printed(reply: str) -> str | Unreadable:
    """The script made of an example, the first fenced block, and of what it should print, the last one."""
    blocks = [(tag.lower(), body) for _, tag, body in _FENCED.findall(reply)]
    if len(blocks) == 1 and "exit" in blocks[0][1]:
        return read_script(reply)
    if len(blocks) < 2:
        return Unreadable("There should be two fenced blocks: the program, then what it should print.")
    (_, example), (_, expected) = blocks[0], blocks[-1]
    if not expected.strip():
        return Unreadable("The second block is empty: the program should print something once the issue is solved.")
    try:
        return assemble(example, expected)
    except SyntaxError as error:
        return Unreadable(f"The program is not valid Python: line {error.lineno}: {error.msg}")


def read_script(reply: str) -> str | Unreadable:
    """The Python program in a reply: its fenced block, or the longest one that can exit with a code."""
    blocks = [body for _, tag, body in _FENCED.findall(reply) if tag.lower() in {"", "python", "py", "python3"}]
    if not blocks:
        if "import" in reply and "exit" in reply and _syntax_problem(reply) is None:
            return reply.strip() + "\n"
        return Unreadable("There is no fenced block with a Python program in the answer.")
    program = max(blocks, key=lambda body: ("exit" in body, len(body)))
    problem = _syntax_problem(program)
    if problem:
        return Unreadable(f"The program is not valid Python: {problem}")
    if "exit" not in program:
        return Unreadable("The program never calls sys.exit: it must exit with 0 or with 2.")
    return program.rstrip() + "\n"


def _syntax_problem(program: str) -> str | None:
    try:
        ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return f"line {line}: {error}" if line else str(error) or type(error).__name__
    return None


def read_wanted(text: str) -> tuple[str, ...]:
    """What an answer asks to see: lines of the form `<read>path or name</read>`, each once."""
    return tuple(dict.fromkeys(_WANTED.findall(text)))[:MOST_WANTED]


Turn = Done | NewScript | NewEdit


def or_more(read: Callable[[str], Turn | Unreadable], left: int) -> Callable[[str], Turn | More | Unreadable]:
    """The same reader, for a model that may ask to see more `left` times. Whoever gives an edit asks for nothing."""

    def read_or_more(reply: str) -> Turn | More | Unreadable:
        wanted = read_wanted(_FENCED.sub("", reply))
        found = read(_without_requests(reply)) if wanted else read(reply)
        if not wanted or isinstance(found, NewEdit):
            return found
        return More(wanted) if left else Unreadable("Nothing more can be shown. Give the edit now.")

    return read_or_more


def _without_requests(reply: str) -> str:
    return "\n".join(line for line in reply.split("\n") if not read_wanted(line))


def read_turn(
    reply: str,
    read_edit: Callable[[str], NewEdit | Unreadable],
    read_script: Callable[[str], str | Unreadable],
) -> Done | NewScript | NewEdit | Unreadable:
    """Exactly one of: done, a new script, a new edit."""
    marker = _SCRIPT.search(reply)
    if marker:
        script = read_script(reply[marker.end() :])
        return script if isinstance(script, Unreadable) else NewScript(script)
    if _DONE.search(reply):
        # A model that says DONE and repeats its edit is done; one that gives another edit is not.
        edit = read_edit(reply) if _FENCED.search(reply) else None
        return edit if isinstance(edit, NewEdit) else Done()
    return read_edit(reply)
