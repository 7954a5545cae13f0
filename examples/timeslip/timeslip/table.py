"""Lays out text in columns."""

from collections.abc import Iterable, Sequence


def render(rows: Iterable[Sequence[str]], heads: Sequence[str], right: Sequence[int] = ()) -> str:
    """Write rows below their heads, each column as wide as its widest cell.

    The columns whose numbers are in `right` are aligned to the right.
    """
    lines = [list(heads), *(list(row) for row in rows)]
    for line in lines:
        if len(line) != len(heads):
            raise ValueError(f"{len(line)} cells in a table of {len(heads)} columns: {line}")
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    rule = ["-" * width for width in widths]
    return "\n".join(_row(line, widths, right) for line in [lines[0], rule, *lines[1:]])


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    laid = [
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(laid).rstrip()


def bar(share: int, width: int = 20) -> str:
    """A bar for a share in percent; anything above nothing shows at least one mark."""
    if not 0 <= share <= 100:
        raise ValueError(f"a share lies between 0 and 100, not {share}")
    marks = round(width * share / 100)
    if share > 0:
        marks = max(1, marks)
    return "#" * marks
