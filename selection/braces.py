"""Sets as a program shows them, `{b, a}`, in an order that does not depend on the run."""

import re
from dataclasses import dataclass, field

# A quote that begins no string of this line within bounds is a token of its own.
_TOKEN = re.compile(
    r"(?<!\w)(?:'(?:[^'\\]|\\.){0,300}'|\"(?:[^\"\\]|\\.){0,300}\")(?!\w)|[{}()\[\],:'\"\\]|[^{}()\[\],:'\"\\]+"
)
_CLOSES = {"}": "{", ")": "(", "]": "["}


@dataclass(slots=True)
class _Frame:
    opener: str
    elements: list[str] = field(default_factory=lambda: [""])
    plain: bool = True
    """Whether it can be a set: nothing in it that could be read in two ways, no colon of its own."""
    clean: bool = True

    def add(self, text: str) -> None:
        self.elements[-1] += text

    def raw(self) -> str:
        return self.opener + ",".join(self.elements)


def sort_sets(line: str) -> str:
    """The line with the elements of every `{a, b}` in order. Braces with a colon are no sets and stay as they are."""
    if "{" not in line or "," not in line:
        return line
    stack = [_Frame("")]
    for found in _TOKEN.finditer(line):
        part = found[0]
        frame = stack[-1]
        if part in ("{", "(", "["):
            stack.append(_Frame(part))
        elif part in _CLOSES:
            _close(stack, part)
        elif part == ",":
            frame.elements.append("")
        else:
            frame.plain &= part != ":"
            frame.clean &= part not in ("'", '"', "\\")
            frame.add(part)
    while len(stack) > 1:
        left = stack.pop()
        stack[-1].add(left.raw())
    return stack[0].raw()


def _close(stack: list[_Frame], closer: str) -> None:
    if stack[-1].opener != _CLOSES[closer]:
        stack[-1].clean = False
        stack[-1].add(closer)
        return
    frame = stack.pop()
    text = frame.raw() + closer
    if closer == "}" and frame.plain and frame.clean and len(frame.elements) > 1:
        elements = [element.strip() for element in frame.elements]
        if all(elements):
            text = "{" + ", ".join(sorted(elements)) + "}"
    stack[-1].clean &= frame.clean
    stack[-1].add(text)
