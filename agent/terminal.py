"""What is written to a terminal. Text of models, issues and repositories cannot steer it or hide in it."""

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_KEPT: Final = frozenset("\n\t")

# Printable by Unicode's tables, and yet nothing to be seen: fillers, joiners and variation selectors.
_INVISIBLE: Final = frozenset(
    map(
        chr,
        (
            0x034F,
            *range(0x115F, 0x1161),
            *range(0x17B4, 0x17B6),
            *range(0x180B, 0x1810),
            0x2800,
            0x3164,
            *range(0xFE00, 0xFE0E),
            0xFFA0,
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def printable(text: str) -> str:
    """`text` with everything that is not plainly visible shown as an escape, such as `\\x1b`.

    Newlines and tabs stay. Control characters, escape sequences, bidirectional overrides, zero-width
    characters and lone surrogates do not.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _visible(char) else _escape(char) for char in text)


def _visible(char: str) -> bool:
    return char in _KEPT or (char.isprintable() and char not in _INVISIBLE)


def _escape(char: str) -> str:
    if char == "\r":
        return "\\r"
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def one_line(text: str, limit: int = 200) -> str:
    """`text` as one printable line of at most `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def console_out() -> "Console":
    """For results: stdout. No markup, no emoji codes, no highlighting of what others wrote."""
    return _console(stderr=False)


def console_err() -> "Console":
    """For progress and problems: stderr."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # Away from a terminal nothing is wrapped: lines are then for programs.
    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty())


def diff_text(patch: str) -> "Text":
    """A diff in colours. The exact patch is the file it came from, not this."""
    from rich.text import Text

    text = Text(no_wrap=False, overflow="fold")
    for line in printable(patch).splitlines(keepends=True):
        text.append(line, style=_style(line))
    return text


def _style(line: str) -> str:
    if line.startswith(("diff --git ", "index ", "--- ", "+++ ", "rename ", "new file ", "deleted file ")):
        return "bold"
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return styles.get(line[:1], "")
