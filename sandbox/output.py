"""Output that is bounded while it is read: its first and its last bytes are kept."""

import codecs

LONGEST_TAIL_OF_A_CHARACTER = 3
"""A UTF-8 character is one leading byte and at most this many that continue it."""


class Capture:
    """Keeps the first and the last half of a stream, never more than `limit` bytes of it."""

    def __init__(self, limit: int) -> None:
        """Keep at most `limit` bytes.

        Raises:
            ValueError: `limit` is negative.
        """
        if limit < 0:
            raise ValueError(f"an output limit is a number of bytes, at least 0, not {limit}")
        self._head_limit = limit - limit // 2
        self._tail_limit = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._fed = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream, however they were cut."""
        self._fed += len(data)
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data or not self._tail_limit:
            return
        self._tail += data[-self._tail_limit :]
        # Trimmed only when it has doubled, so that many small pieces cost no quadratic copying.
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: -self._tail_limit]

    @property
    def truncated(self) -> bool:
        """Whether something was left out."""
        return self._fed > self._head_limit + self._tail_limit

    def text(self) -> str:
        """What was kept, as UTF-8; bytes that are none become replacement characters.

        Where something was left out, a line says how many bytes. A character that the cut went through
        is left out whole.
        """
        tail = bytes(self._tail[-self._tail_limit :] if self._tail_limit else b"")
        if not self.truncated:
            return (bytes(self._head) + tail).decode("utf-8", errors="replace")
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        head = decoder.decode(bytes(self._head), final=False)
        kept = len(self._head) - len(decoder.getstate()[0])
        tail = _from_a_character_on(tail)
        notice = f"[... {self._fed - kept - len(tail)} bytes left out ...]"
        return f"{head}\n{notice}\n{tail.decode('utf-8', errors='replace')}"


def _from_a_character_on(data: bytes) -> bytes:
    """`data` without the end of a character whose beginning is missing."""
    start = 0
    while start < min(LONGEST_TAIL_OF_A_CHARACTER, len(data)) and data[start] & 0xC0 == 0x80:
        start += 1
    return data[start:]
