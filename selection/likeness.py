"""How alike patches are as texts: where behaviour tells nothing apart, what resembles most others is the safer choice.

The expected loss of a choice under the pool's own distribution, as in minimum Bayes risk decoding (arXiv 2204.11454
does it by execution results); only ever a tie-break here, as texts can differ for many good reasons.
"""

import re
from collections.abc import Sequence

from selection.matrix import Candidate
from selection.origins import shares_of_sources

_WORD = re.compile(rb"\w+")
Words = frozenset[tuple[bytes, bytes]]


def changed_words(patch: bytes) -> Words:
    """The words of the lines that a patch adds and removes, each with its sign, and the files that it changes."""
    found: set[tuple[bytes, bytes]] = set()
    for line in patch.split(b"\n"):
        if line.startswith((b"+++ ", b"--- ")):
            found.add((b"file", line[4:]))
        elif line[:1] in {b"+", b"-"}:
            found.update((line[:1], word) for word in _WORD.findall(line[1:]))
    return frozenset(found)


def likeness(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Candidate digest -> how much it shares with the others, 0 to 1: the mean share of common words (Jaccard), each
    other candidate counted by its part of the independent samples."""
    words = {candidate.digest: changed_words(candidate.patch) for candidate in candidates}
    units = shares_of_sources(candidates)

    def shared(one: str, other: str) -> float:
        either = words[one] | words[other]
        return len(words[one] & words[other]) / len(either) if either else 0.0

    found: dict[str, float] = {}
    for one in words:
        others = [other for other in words if other != one]
        total = sum(units[other] for other in others)
        found[one] = sum(units[other] * shared(one, other) for other in sorted(others)) / total if total else 0.0
    return found
