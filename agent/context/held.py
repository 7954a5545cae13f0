"""What answers about files are held to where the model's server takes a grammar. All is bounded, for weak models find
no end."""

import json
from collections.abc import Sequence

_LISTED = 20
"""Paths of an order, at most."""


def verdicts_grammar(paths: Sequence[str]) -> str:
    """A line for each of the paths, as they come: a verdict and a reason."""
    lines = " ".join(f"{literal(path)} verdict" for path in paths)
    return f'root ::= {lines}\nverdict ::= ": " "not "? "relevant - " [^\\n]{{1,160}} "\\n"\n'


def order_grammar(paths: Sequence[str]) -> str:
    """Some thoughts, then a list of paths in a fence."""
    quoted = " | ".join(literal(json.dumps(path, ensure_ascii=False)) for path in paths)
    return (
        f'root ::= thought thought? "\\n```json\\n[" path (", " path){{0,{_LISTED - 1}}} "]\\n```\\n"\n'
        f'thought ::= [^`\\n]{{1,300}} "\\n"\n'
        f"path ::= {quoted}\n"
    )


def literal(text: str) -> str:
    """A text as the notation writes one."""
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08X}"
