"""The examples of an issue, as programs."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.examples.commands import commands_in, commands_quoted, needed_files, reads_files
from agent.examples.files import UNNAMED_TEST, drawn_files, files_of
from agent.examples.outputs import NOTHING, Outputs, is_value, outputs_after, outputs_quoted, tied
from agent.examples.pieces import Code, Piece, Prose, pieces_of
from agent.examples.program import Play, program_of
from agent.examples.sessions import Statement, exception_of, session_of
from agent.examples.source import Source, acts, call_of, is_code, is_test_module, needs, prepares, python_of
from agent.examples.words import verdict_of
from agent.journal import digest
from selection.behaviour import Probe

MOST: Final = 6
MOST_STEPS: Final = 40
MOST_CALLS: Final = 8
STUB: Final = "import os\n\n\ndef example(x):\n    return x\n"
"""A file that a command looks at and nobody shows: anything will do."""

_PYTHON = frozenset({"python", "py", "python3", "pycon", "python-repl", "ipython", "ipython3", "doctest"})
_UNSAID = frozenset({"", "text", "txt", "console", "plaintext", "none"})


@dataclass(frozen=True, slots=True)
class Example:
    """A block that is a program or a session."""

    code: Code
    place: int
    statements: tuple[Statement, ...]
    source: Source
    """All of it together."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A probe to be."""

    origin: str
    steps: tuple[Play, ...]
    outputs: Outputs = NOTHING
    files: dict[str, str] = field(default_factory=dict[str, str])


def probes_of(issue: str) -> tuple[Probe, ...]:
    """The issue's examples as programs, at most `MOST`: its blocks of code and sessions, each after those that it
    needs, its tests, its commands, and the calls that its prose quotes.

    A probe's `wanted` and `unwanted` are patterns as `selection.examples.shows` takes them. A session's outputs are
    among the wanted ones: where the base tree shows something else, they are. Where it shows the same, nobody asks.
    """
    pieces = pieces_of(issue)
    files = files_of(pieces)
    examples = _examples(pieces, files)
    drafts = [*_of_blocks(pieces, examples), *_of_files(pieces, files), *_of_calls(pieces, examples)]
    found: dict[str, Probe] = {}
    for draft in drafts:
        text = program_of(draft.steps, draft.files)
        if len(found) < MOST:
            probe = Probe(digest(text), text, draft.origin, draft.outputs.wanted, draft.outputs.unwanted)
            found.setdefault(probe.digest, probe)
    return tuple(found.values())


def _examples(pieces: Sequence[Piece], files: dict[int, tuple[str, str]]) -> tuple[Example, ...]:
    found: list[Example] = []
    texts: set[str] = set()
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Code) or piece.text in texts or piece.number in files:
            continue
        before = pieces[place - 1] if place else None
        statements = _statements(piece, before)
        source = python_of("\n".join(statement.source.text for statement in statements))
        if source is not None:
            texts.add(piece.text)
            found.append(Example(piece, place, statements, source))
    return tuple(found)


def _statements(code: Code, before: Piece | None) -> tuple[Statement, ...]:
    """What can be run of a block."""
    if code.language not in _PYTHON | _UNSAID:
        return ()
    if statements := session_of(code.text):
        return statements[:MOST_STEPS]
    if exception_of(code.text) is not None or commands_in(code, before):
        return ()
    source = python_of(code.text)
    if source is None or is_test_module(source) or not is_code(source):
        return ()
    single = len(source.tree.body) == 1 and "\n" not in source.text
    if single and isinstance(before, Prose) and verdict_of(before.text) is not None and code.language in _UNSAID:
        return ()  # an output that looks like a call
    return (Statement(source, ""),)


def _of_blocks(pieces: Sequence[Piece], examples: Sequence[Example]) -> Iterable[Draft]:
    alone = sum(any(one.shown for one in example.statements) for example in examples) == 1
    texts = {example.code.text for example in examples}
    programs = frozenset(piece.number for piece in pieces if isinstance(piece, Code) and piece.text in texts)
    for index, example in enumerate(examples):
        later = (other.source for other in examples[index + 1 :] if acts(other.source))
        if not acts(example.source) or (prepares(example.source) and any(needs(one, example.source) for one in later)):
            continue
        prepared = _prepared(example.source, examples[:index])
        steps = (*prepared, *(Play("python", one.source.text, acts=acts(one.source)) for one in example.statements))
        first = len(prepared) + 1
        outputs = _of_session(example, first, alone=alone) + outputs_after(
            pieces, example.place, programs, _only_step(example, first)
        )
        yield Draft(f"issue, block {example.code.number}", steps, outputs)


def _prepared(source: Source, before: Sequence[Example]) -> tuple[Play, ...]:
    """The earlier blocks that `source` needs, and those that they need, to be run in silence."""
    needed: list[Example] = []
    for example in reversed(before):
        if needs(source, example.source) or any(needs(later.source, example.source) for later in needed):
            needed.insert(0, example)
    return tuple(Play("python", example.source.text, quiet=True) for example in needed)


def _only_step(example: Example, first: int) -> int | None:
    """The number of the only statement that shows something."""
    if len(example.statements) == 1:
        body = example.source.tree.body
        return first if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    shown = [number for number, one in enumerate(example.statements, first) if one.shown]
    return shown[0] if len(shown) == 1 else None


def _of_session(example: Example, first: int, *, alone: bool) -> Outputs:
    """What a session shows. It complains of what raised, and of the only output that the issue shows, if it is alone:
    one of several may be there to explain."""
    shown = [(number, one.shown) for number, one in enumerate(example.statements, first) if one.shown]
    raised = {number for number, text in shown if _is_raised(example.code.text, text)}
    complaints = raised or ({number for number, _ in shown} if alone and len(shown) == 1 else set[int]())
    return Outputs(
        tuple(tied(number, text) for number, text in shown),
        tuple(tied(number, text) for number, text in shown if number in complaints),
    )


def _is_raised(block: str, shown: str) -> bool:
    head = shown.split("\n", 1)[0].split(":", 1)[0]
    return head.isidentifier() and head[:1].isupper() and exception_of(block) is not None and "(" not in head


def _of_files(pieces: Sequence[Piece], files: dict[int, tuple[str, str]]) -> Iterable[Draft]:
    """Commands, with the files that they need, and tests."""
    shown = dict(files.values())
    drawn = {path: "" for piece in pieces if isinstance(piece, Code) for path in drawn_files(piece.text)}
    blocks = [
        (piece.number, commands_in(piece, pieces[place - 1] if place else None))
        for place, piece in enumerate(pieces)
        if isinstance(piece, Code)
    ]
    commands = [command for _, found in blocks for command in found]
    quoted = [command for command in commands_quoted(pieces) if command not in commands]
    asked = " ".join([*commands, *quoted]).split()
    absent = {word for word in asked if word.endswith(".py") and "/" not in word} - shown.keys()
    if UNNAMED_TEST in shown and len(absent) == 1:
        shown[absent.pop()] = shown.pop(UNNAMED_TEST)
    stubs = {path: STUB for command in (*commands, *quoted) for path in needed_files(command)}
    laid = stubs | drawn | shown
    programs = frozenset[int]()
    if commands:
        numbers = [number for number, found in blocks if found]
        ends = (place for place, piece in enumerate(pieces) if isinstance(piece, Code) and piece.number == numbers[-1])
        outputs = outputs_after(pieces, next(ends), programs)
        named = f"issue, commands in block {', '.join(map(str, numbers))}"
        yield Draft(named, tuple(map(_command, commands[:MOST_STEPS])), outputs, laid)
    if quoted:
        yield Draft("issue, commands in the text", tuple(map(_command, quoted)), NOTHING, laid)
    if tests := [path for path, text in shown.items() if _holds_tests(text)]:
        yield Draft("issue, tests", tuple(Play("tests", path) for path in tests), NOTHING, laid)


def _holds_tests(text: str) -> bool:
    source = python_of(text)
    return source is not None and is_test_module(source)


def _command(command: str) -> Play:
    return Play("shell", command, reads=reads_files(command))


def _of_calls(pieces: Sequence[Piece], examples: Sequence[Example]) -> Iterable[Draft]:
    """The calls that the prose quotes and no block holds."""
    blocks = "\n".join(piece.text for piece in pieces if isinstance(piece, Code))
    calls: dict[str, tuple[Source, Prose, int]] = {}
    for piece in pieces:
        words = ""
        for place, (quoted, text) in enumerate(piece.parts if isinstance(piece, Prose) else ()):
            runs = quoted and text.strip() not in blocks and not is_value(words)
            words = "" if quoted else text
            source = call_of(text) if runs else None
            if source is not None and isinstance(piece, Prose) and len(calls) < MOST_CALLS:
                calls.setdefault(source.text, (source, piece, place))
    whole = python_of("\n".join(calls))
    if whole is None:
        return
    prepared = _prepared(whole, examples)
    outputs = NOTHING
    for number, (_, prose, place) in enumerate(calls.values(), len(prepared) + 1):
        outputs += outputs_quoted(prose, place, number)
    yield Draft("issue, calls in the text", (*prepared, *(Play("python", text) for text in calls)), outputs)
