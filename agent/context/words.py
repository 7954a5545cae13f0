"""Words of code and prose, as lexical search counts them."""

import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]{2,}")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def words(text: str) -> list[str]:
    """Identifiers, whole and split by case and underscore, in lower case.

    >>> words("parse_HTTPHeader")
    ['parse_httpheader', 'parse', 'http', 'header']
    """
    found: list[str] = []
    for name in _IDENTIFIER.findall(text):
        parts = _PART.findall(name)
        found.append(name.lower())
        if len(parts) > 1:
            found.extend(part.lower() for part in parts if len(part) > 1)
    return found
