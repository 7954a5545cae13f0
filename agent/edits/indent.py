"""Moving code from one indentation to another."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Shift:
    """How indentation changes: in whole steps of `old_unit`, then `extra` steps more, each written as
    `new_unit`. Without units a prefix is taken off and another put on."""

    old_prefix: str = ""
    new_prefix: str = ""
    old_unit: str = ""
    new_unit: str = ""
    extra: int = 0

    def apply(self, line: str) -> str | None:
        """The line at its new place; None where it lies further left than can be."""
        text = line.lstrip(" \t")
        if not text:
            return ""
        indent = line[: len(line) - len(text)]
        if not self.old_unit:
            if not indent.startswith(self.old_prefix):
                return None
            return self.new_prefix + indent[len(self.old_prefix) :] + text
        steps, rest = _steps(indent, self.old_unit)
        if steps + self.extra < 0:
            return None
        return self.new_unit * (steps + self.extra) + rest + text


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _steps(indent: str, unit: str) -> tuple[int, str]:
    if unit == "\t":
        tabs = len(indent) - len(indent.lstrip("\t"))
        return tabs, indent[tabs:]
    width = len(indent.expandtabs(len(unit)))
    return width // len(unit), " " * (width % len(unit))


def unit_of(lines: Iterable[str], default: str = "    ") -> str:
    """One step of indentation: a tab, or the spaces that the changes of depth have in common."""
    widths: set[int] = set()
    tabs = spaces = depth = 0
    for line in list(lines)[:_SAMPLE]:
        if not line.strip():
            continue
        indent = indent_of(line)
        tabs += indent.startswith("\t")
        if not indent.startswith("\t"):
            spaces += bool(indent)
            widths.add(abs(len(indent) - depth))
            depth = len(indent)
    if tabs > spaces:
        return "\t"
    usual = [width for width in widths if width in {2, 3, 4, 8}]
    return " " * math.gcd(*usual) if usual and math.gcd(*usual) > 1 else default


def find_shift(quoted: Sequence[str], actual: Sequence[str], also: Sequence[str], unit: str) -> Shift | None:
    """The one change of indentation that turns the quoted lines into the actual ones, if there is one.

    `also` are lines that will be moved in the same way, `unit` is the file's step.
    """
    pairs = [(old, new) for old, new in zip(quoted, actual, strict=True) if old.strip()]
    if not pairs:
        return None
    first_old, first_new = indent_of(pairs[0][0]), indent_of(pairs[0][1])
    own = unit_of([*quoted, *also])
    steps_old, steps_new = _steps(first_old, own)[0], _steps(first_new, unit)[0]
    mixed = ("\t" in first_old + "".join(map(indent_of, also))) != ("\t" in first_new or unit == "\t")
    by_steps = Shift("", "", own, unit, steps_new - steps_old)
    for shift in [by_steps] if mixed else [_prefixed(first_old, first_new), by_steps]:
        if all(_same(shift.apply(old), new) for old, new in pairs):
            return shift
    return None


def _prefixed(old: str, new: str) -> Shift:
    """As little as possible is taken off or put on, so that lines further left can move, too."""
    shared = _shared(old[::-1], new[::-1])
    return Shift(old[: len(old) - shared], new[: len(new) - shared])


def _same(moved: str | None, line: str) -> bool:
    return moved is not None and moved.rstrip() == line.rstrip()


def moved(
    lines: Sequence[str], inner: set[int], indent: str, units: tuple[str, str], known: frozenset[str] = frozenset()
) -> list[str]:
    """Code brought to another indentation. `inner` are the rows that begin inside a string: they stay as they
    are unless moving them gives a line that is `known`. `units` are the code's own step and the new one."""
    first = next((indent_of(line) for line in lines if line.strip()), "")
    old, new = units
    body = [line for line in lines[1:] if line.strip()]
    if body and indent and not first and all(line.startswith(indent + new) for line in body):
        return [indent + lines[0], *lines[1:]]  # only the first line was written further left
    shift = _prefixed(first, indent)
    if (old == "\t") != (new == "\t") and any(line[:1].isspace() for line in lines):
        shift = Shift("", "", old, new, _steps(indent, new)[0] - _steps(first, old)[0])
    result: list[str] = []
    for row, line in enumerate(lines):
        there = shift.apply(line)
        stays = row in inner and (there is None or there not in known)
        result.append(line if stays else there if there is not None else indent + line.lstrip(" \t"))
    return result


def dedent(lines: Sequence[str]) -> tuple[str, ...]:
    """Without the indentation that all lines share."""
    indents = [indent_of(line) for line in lines if line.strip()]
    if not indents:
        return tuple(lines)
    low, high = min(indents), max(indents)
    shared = _shared(low, high)
    return tuple(line[shared:] if line.strip() else "" for line in lines) if shared else tuple(lines)


def _shared(one: str, other: str) -> int:
    """The length of the common beginning."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count
