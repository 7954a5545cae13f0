"""Programs that a model writes to see how patches behave: read from an answer, run on trees, kept as probes."""

import ast
import asyncio
import logging
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.edits.fences import fences
from agent.errors import BudgetReached
from agent.journal import digest
from agent.profiles import ScriptFormat
from agent.selecting.running import run_on
from agent.trajectory.dialogue import Unreadable
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from sandbox.records import Execution
from selection.behaviour import Behaviour, Probe
from selection.clusters import key_of
from selection.matrix import Candidate, OutcomeMatrix
from selection.normalise import normalise

log = logging.getLogger(__name__)

_SHOWING = """\
import ast
import sys

LINES = [
{lines}
]

names = {{"__name__": "__main__", "__file__": "example.py"}}
try:
    for part in ast.parse("\\n".join(LINES)).body:
        if isinstance(part, ast.Expr):
            value = eval(compile(ast.Expression(part.value), "example.py", "eval"), names)
            if value is not None:
                print(repr(value))
        else:
            exec(compile(ast.Module([part], []), "example.py", "exec"), names)
except Exception as error:
    print(type(error).__name__ + ": " + str(error))
    sys.exit(1)
"""
"""Shows the value of each line that has one, as an interpreter does: weak models forget to print."""

_CODE = r"""code ::= ([^`\n] [^\n]*)? "\n"
"""
_CALLS = r"""code ::= ("from " | "import " | [a-z_]+ " = ") [^`\n]{1,120} "\n"
show ::= "print(" [^`\n]{1,120} "\n"
"""
"""A few lines that call, and a few that show: weak models write the patch once more if they are let."""
_TEXT = r"""text ::= [^`\n]{0,160} "\n"
"""
_PYTHON = r'"```python\n" code+ "```\n\n"'
_SAID = r'"```text\n" text{1,12} "```\n\n"'


@dataclass(frozen=True, slots=True)
class Input:
    """A program that a model wrote, and what is run of it."""

    written: str
    program: str


@dataclass(frozen=True, slots=True)
class Foretold:
    """A program with what it is expected to print on two trees."""

    input: Input
    predictions: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A program with how it ended on each tree. A tree that is missing is not known."""

    probe: Probe
    written: str
    ended: Mapping[str, Execution]


def read_inputs(reply: str, *, asked: ScriptFormat, most: int) -> tuple[Input, ...] | Unreadable:
    """The first `most` different programs of a reply, those that are no Python left out."""
    found: dict[str, Input] = {}
    problem = "There is no fenced block with a Python program in the answer."
    for tag, body in _blocks(reply):
        if tag not in {"", "python", "py", "python3"} or not body.strip():
            continue
        made = _input(body, asked)
        if isinstance(made, Unreadable):
            problem = made.problem
        else:
            found.setdefault(made.program, made)
    return tuple(found.values())[:most] if found else Unreadable(problem)


def read_foretold(reply: str, *, asked: ScriptFormat) -> Foretold | Unreadable:
    """A program and two predictions: three fenced blocks, no more and no fewer."""
    blocks = _blocks(reply)
    if len(blocks) != 3:
        return Unreadable("There should be three fenced blocks: the program, then what it prints with either patch.")
    made = _input(blocks[0][1], asked)
    if isinstance(made, Unreadable):
        return made
    return Foretold(made, (blocks[1][1].strip(), blocks[2][1].strip()))


def inputs_grammar(most: int, asked: ScriptFormat = "program") -> str:
    """One to `most` programs in fenced blocks."""
    return f"root ::= block{' block?' * (most - 1)}\nblock ::= {_program(asked)}"


def foretold_grammar(asked: ScriptFormat = "program") -> str:
    """A program and two predictions in fenced blocks."""
    return f"root ::= program {_SAID} {_SAID}\nprogram ::= {_program(asked)}{_TEXT}"


def _program(asked: ScriptFormat) -> str:
    """A program in a fenced block; in parts, it is at most eight lines, and ends with what it shows."""
    if asked == "printed":
        return f'"```python\\n" code{" code?" * 3} show{" show?" * 3} "```\\n\\n"\n{_CALLS}'
    return f"{_PYTHON}\n{_CODE}"


async def observe(bench: Workbench, item: Input, origin: str, trees: Iterable[str]) -> Seen:
    """Run a program on these trees."""
    probe = Probe(digest(item.program), item.program, origin, quoted=False)
    return Seen(probe, item.written, await run_on(bench, trees, item.program))


async def steady(bench: Workbench, seen: Seen) -> bool:
    """Whether a program shows the same once more on every tree: one that does not tells no trees apart."""

    async def same(tree: str, before: Execution) -> bool:
        try:
            again = await bench.execute(tree, seen.probe.text, priority=1, repeat=1)
        except (SandboxError, BudgetReached) as error:
            log.warning("program %s was not run again on tree %s: %s", seen.probe.digest[:8], tree[:8], error)
            return False
        return key_of(behaviour_of(bench, again)) == key_of(behaviour_of(bench, before))

    return all(await asyncio.gather(*(same(tree, execution) for tree, execution in seen.ended.items())))


def behaviour_of(bench: Workbench, execution: Execution) -> Behaviour:
    """What an execution shows, without what differs from run to run."""
    streams = "\n".join(stream.rstrip() for stream in (execution.stdout, execution.stderr) if stream.strip())
    code = None if execution.timed_out else execution.exit_code
    return Behaviour(code, normalise(streams, [bench.environment.workdir]))


def differs(bench: Workbench, seen: Seen, one: Candidate, other: Candidate) -> bool:
    """Whether a program is known to behave differently on the two."""
    ends = [seen.ended.get(candidate.digest) for candidate in (one, other)]
    return len({key_of(behaviour_of(bench, end)) for end in ends if end is not None}) == len(ends)


def with_probe(bench: Workbench, matrix: OutcomeMatrix, seen: Seen) -> OutcomeMatrix:
    """The matrix with a program and what it showed. What is there already stays as it is."""
    name = seen.probe.digest
    known = {probe.digest for probe in matrix.probes}
    candidates = {candidate.digest for candidate in matrix.candidates}
    shown = {tree: behaviour_of(bench, execution) for tree, execution in seen.ended.items()}
    base = {name: shown[bench.base.tree]} if bench.base.tree in shown else {}
    behaviours = {(tree, name): behaviour for tree, behaviour in shown.items() if tree in candidates}
    return replace(
        matrix,
        probes=matrix.probes if name in known else (*matrix.probes, seen.probe),
        base_behaviours={**base, **matrix.base_behaviours},
        behaviours={**behaviours, **matrix.behaviours},
    )


def _blocks(reply: str) -> list[tuple[str, str]]:
    found = fences(reply.splitlines())
    return [((fence.info.split() or [""])[0].lower(), "\n".join(fence.lines)) for fence in found]


def _input(body: str, asked: ScriptFormat) -> Input | Unreadable:
    text = textwrap.dedent(body).strip("\n") + "\n"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return Unreadable(f"The program is not valid Python: {f'line {line}: ' if line else ''}{error}")
    if not tree.body:
        return Unreadable("The program is empty.")
    if asked == "program":
        return Input(text, text)
    lines = "\n".join(f"    {line!r}," for line in text.splitlines())
    return Input(text, _SHOWING.format(lines=lines))
