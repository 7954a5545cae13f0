"""Words of code and prose, as lexical search counts them."""

import re
import zlib
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w*|[0-9]{2,}")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W\d_a-zA-Z]+")


@lru_cache(maxsize=1 << 18)
def split(name: str) -> tuple[str, ...]:
    """An identifier whole, then its parts by case and underscore, in lower case.

    >>> split("parse_HTTPHeader")
    ('parse_httpheader', 'parse', 'http', 'header')
    """
    parts = _PART.findall(name)
    whole = name.lower()
    if len(parts) < 2:
        return (whole,)
    return (whole, *(part.lower() for part in parts if len(part) > 1))


def words(text: str) -> list[str]:
    """Identifiers of a text, whole and split by case and underscore, in lower case.

    >>> words("parse_HTTPHeader of x")
    ['parse_httpheader', 'parse', 'http', 'header', 'of', 'x']
    """
    return [word for name in _IDENTIFIER.findall(text) for word in split(name)]


@lru_cache(maxsize=1 << 18)
def term_of(word: str) -> int:
    """A word as 32 bits, the same on every machine. Of a hundred thousand words about one shares its number."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))
