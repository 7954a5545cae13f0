"""Test scripts in two parts, for models that do not write whole ones well: an example that prints, and what it
should print. The program around them is ours, so its exit codes mean what they should."""

import ast
import textwrap
from dataclasses import dataclass

_PROGRAM = """\
import contextlib
import io
import sys
import traceback

EXAMPLE = {example}

EXPECTED = {expected}


def tidy(text):
    lines = [line.rstrip() for line in text.strip().splitlines()]
    start = "Traceback (most recent call last):"
    if start in lines:  # of a traceback, the last line counts
        top = lines.index(start)
        lines[top:] = [line for line in lines[top + 1 :] if not line.startswith(" ")]
    return "\\n".join(lines)


def printed():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(EXAMPLE, "example.py", "exec"), {{"__name__": "__main__", "__file__": "example.py"}})
        except (NameError, ModuleNotFoundError) as error:
            if traceback.extract_tb(error.__traceback__)[-1].filename == "example.py":
                raise  # the example itself is broken
            traceback.print_exc(file=out)
        except BaseException:
            traceback.print_exc(file=out)
    return tidy(out.getvalue())


actual, expected = printed(), tidy(EXPECTED)
print("expected:", expected, "actual:", actual, sep="\\n")
sys.exit(0 if actual == expected else 2)
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a model gave of a script in two parts."""

    example: str
    expected: str


def assemble(example: str, expected: str) -> str:
    """The script that runs `example` and exits with 0 if it prints `expected`, with 2 if not.

    An example that uses a name it does not define, or a module that does not exist, ends with neither.

    Raises:
        SyntaxError: the example is no Python.
    """
    example = textwrap.dedent(example).strip("\n") + "\n"
    try:
        ast.parse(example)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from error
    return _PROGRAM.format(example=_literal(example), expected=_literal(textwrap.dedent(expected).strip("\n") + "\n"))


def _literal(text: str) -> str:
    """A Python literal of a text, as readable as it can be."""
    readable = f"r'''\n{text}'''"
    try:
        if ast.literal_eval(readable) == "\n" + text:
            return readable
    except (SyntaxError, ValueError):
        pass
    return repr("\n" + text)


def parts_of(script: str) -> Parts | None:
    """The two parts that a script was assembled from; None if it is a program of another kind."""
    start, end = _PROGRAM.format(example="\0", expected="\0").split("\0")[0::2]
    if not (script.startswith(start) and script.endswith(end)):
        return None
    texts: dict[str, object] = {}
    for node in ast.parse(script).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                texts[name] = value
            case _:  # the program around them
                pass
    example, expected = texts.get("EXAMPLE"), texts.get("EXPECTED")
    if not (isinstance(example, str) and isinstance(expected, str)):
        return None
    return Parts(example.removeprefix("\n"), expected.removeprefix("\n"))
