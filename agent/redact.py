"""Takes secrets out of text before it is written: as they are, and as JSON, URLs and base64 show them."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self
from urllib.parse import quote, quote_plus

PLACEHOLDER: Final = "[redacted]"
_SHORTEST: Final = 8
_SHORTEST_LINE: Final = 16
_SHORTEST_BASE64: Final = 12

_SECRET_NAME: Final = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PAT|_AUTH)$"
    r"|^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$"
    r"|^(?:DATABASE|REDIS|MONGO\w*|POSTGRES\w*)_UR[IL]$",
    re.IGNORECASE,
)
_COMMON: Final = frozenset(
    {
        *("changeme", "disabled", "embedded", "password", "placeholder", "redacted", "required", "undefined"),
        *("dummy-key", "test-key", "no-key-required", "sk-no-key-required", "not-needed", "not-required"),
    }
)
"""What people write where a key is asked for but not needed. Redacting these words would spoil texts."""


class Redactor:
    """Knows secrets and masks them. Values learnt later, such as a token typed in, are added to it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """One that knows the value of every variable whose name says that it is a secret."""
        return cls(value for name, value in environment.items() if _SECRET_NAME.search(name))

    def add(self, secret: str) -> None:
        """Mask this from now on. Values that are short or common words are left alone."""
        secret = secret.strip()
        if len(secret) < _SHORTEST or secret.lower() in _COMMON:
            return
        # A key of several lines is also shown line by line, for example behind a diff's signs.
        lines = [line.strip() for line in secret.splitlines() if not line.startswith("-----")]
        long_lines = (line for line in lines if len(line) >= _SHORTEST_LINE)
        found = {form for part in (secret, *long_lines) for form in _forms(part)}
        # The longest go first, or a short secret inside a long one would leave the rest of it readable.
        self._forms = tuple(sorted(found.union(self._forms), key=lambda form: (-len(form), form)))

    def redact(self, text: str) -> str:
        """`text` without any secret. One pass of a substring search per form: fast on megabytes."""
        for form in self._forms:
            text = text.replace(form, PLACEHOLDER)
        return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    data = secret.encode(errors="surrogateescape")
    yield quote(data, safe="")
    yield quote_plus(data)
    # Within a longer text, base64 has three alignments; the outermost characters mix with the neighbours.
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data)
        inner = encoded[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6].decode()
        if len(inner) >= _SHORTEST_BASE64:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
