"""What the answers of weak models are held to, in the notation of llama.cpp, which vLLM reads as well.

Only the shape is fixed: a model that is made to begin with the definition that has to change does not repeat the
issue's example instead (see docs/models.md for what it gains).
"""

from agent.edits.names import Names
from agent.profiles import ScriptFormat

_LINES = r"""code ::= ([^`\n] [^\n]*)? "\n"
text ::= ([^`\n] [^`\n]*)? "\n"
"""
_PRINTED = r""" "```python\n" code+ "```\n\n```text\n" text+ "```\n" """


def script_grammar(asked: ScriptFormat) -> str | None:
    """Two fenced blocks; None where whole programs are asked for, which are not held to anything."""
    return None if asked == "program" else f"root ::={_PRINTED}\n{_LINES}"


def edit_grammar(names: Names) -> str | None:
    """One of these definitions in a fenced block; None where there are none."""
    definition = _definition(names)
    return None if definition is None else f"root ::= edit\n{definition}{_LINES}"


def turn_grammar(names: Names, asked: ScriptFormat) -> str | None:
    """That it is done, or a definition; None where a new script may be given as well, or there are none.

    Whoever is asked for scripts in two parts is not asked to correct them: weak models then do nothing else.
    """
    definition = _definition(names)
    if definition is None or asked == "program":
        return None
    return f'root ::= "DONE\\n" | edit\n{definition}{_LINES}'


def _definition(names: Names) -> str | None:
    heads: list[str] = []
    if names.functions:
        heads.append(f'"async "? "def " ({_one_of(names.functions)}) "("')
    if names.classes:
        heads.append(f'"class " ({_one_of(names.classes)}) [:(]')
    if not heads:
        return None
    return f'edit ::= "```python\\n" ({" | ".join(heads)}) [^\\n]* "\\n" code+ "```\\n"\n'


def _one_of(names: tuple[str, ...]) -> str:
    return " | ".join(f'"{name}"' for name in names)
