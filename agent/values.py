"""What the value of a setting may be: how its text parses, and the words for it.

Text arrives alike from a file, a variable and a flag, so whatever parses here parses everywhere. The words
(`Says`) stand beside the type, for help texts and error messages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer


@dataclass(frozen=True, slots=True)
class Says:
    """What a value may be: in words, and as the placeholder in a help text."""

    words: str
    metavar: str


_UNITS: Final[Mapping[str, int]] = {
    "": 1,
    "B": 1,
    **{unit: 1 << (10 * (power + 1)) for power, unit in enumerate("KMGT")},
    **{f"{unit}IB": 1 << (10 * (power + 1)) for power, unit in enumerate("KMGT")},
    **{f"{unit}B": 1000 ** (power + 1) for power, unit in enumerate("KMGT")},
}
_SIZE: Final = re.compile(r"\s*(\d{1,18}(?:\.\d{1,9})?)\s*([A-Za-z]{0,3})\s*")


def parse_size(value: object) -> object:
    """Bytes from text such as `512MiB`, `2G` (powers of 1024) or `1GB` (powers of 1000).

    Raises:
        ValueError: text that is no size.
    """
    if not isinstance(value, str):
        return _not_a_switch(value)
    match = _SIZE.fullmatch(value)
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError("not a size")
    number, unit = match[1], _UNITS[match[2].upper()]
    if "." not in number:
        return int(number) * unit
    whole, fraction = number.split(".")
    return int(whole + fraction) * unit // 10 ** len(fraction)


def format_size(size: int) -> str:
    """The shortest exact text for a number of bytes; `parse_size` reads it back."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        factor = _UNITS[unit.upper()]
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}B"


def _not_a_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _one_line(text: str) -> str:
    # A leading dash would be read as an option by the program that is given the word.
    if not text.strip() or text.startswith("-") or not text.isprintable():
        raise ValueError("not a name")
    return text


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no program takes a NUL character")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(_one_line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not a web address")
    return text


def _program(text: str) -> str:
    if "/" in _one_line(text) and not PurePosixPath(text).is_absolute():
        raise ValueError("not an absolute path")
    return text


def _file(text: str) -> str:
    # A run may be resumed from another folder.
    if not PurePosixPath(_one_line(text)).is_absolute():
        raise ValueError("not an absolute path")
    return text


_NUMBER: Final = BeforeValidator(_not_a_switch)
_SIZED: Final = (
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str, when_used="json"),
)

Count = Annotated[int, _NUMBER, Field(ge=1), Says("a whole number of at least 1", "N")]
CountOrNone = Annotated[int, _NUMBER, Field(ge=0), Says("a whole number of at least 0", "N")]
Window = Annotated[int, _NUMBER, Field(ge=1024), Says("a whole number of at least 1024", "N")]
Seconds = Annotated[float, _NUMBER, Field(gt=0), Says("a number of seconds above 0", "SECONDS")]
Dollars = Annotated[float, _NUMBER, Field(gt=0), Says("an amount of dollars above 0", "DOLLARS")]
Price = Annotated[float, _NUMBER, Field(ge=0), Says("a number of dollars of at least 0", "DOLLARS")]
Positive = Annotated[float, _NUMBER, Field(gt=0), Says("a number above 0", "NUMBER")]
Temperature = Annotated[float, _NUMBER, Field(ge=0, le=2), Says("a number from 0 to 2", "NUMBER")]
Size = Annotated[int, *_SIZED, Field(ge=1 << 20), Says("a size of at least 1MiB, such as 512MiB or 2G", "SIZE")]
TextSize = Annotated[int, *_SIZED, Field(ge=1 << 10), Says("a size of at least 1KiB, such as 64KiB or 1M", "SIZE")]
Name = Annotated[str, AfterValidator(_one_line), Says("one printable line that does not begin with a dash", "NAME")]
Shell = Annotated[str, AfterValidator(_without_nul), Says("shell text", "SHELL")]
Address = Annotated[
    str,
    AfterValidator(_web_address),
    Says("an http:// or https:// address without a user name or a password", "URL"),
]
Program = Annotated[
    str,
    AfterValidator(_program),
    Says("a path such as .venv/bin/python, or the name of a program such as python3.12", "PATH"),
]
File = Annotated[str, AfterValidator(_file), Says("the absolute path of a file", "FILE")]
