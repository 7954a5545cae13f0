"""How independent candidates are: copies and relatives are weaker support than strangers.

An origin is a sample of a source. `NAME N` (a name, a space, a whole number) is the N-th sample of the source NAME,
as in "trajectory 3"; any other text is a source by itself, as the name of an external system is.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from selection.matrix import Candidate

FURTHER_SAMPLE: Final = 0.5
"""What another sample of a source already counted is worth. Samples of one model share its misreadings."""

_NUMBERED = re.compile(r"(?P<source>.*\S) \d+", re.DOTALL)


def source_of(origin: str) -> str:
    """What made the sample: "trajectory" for "trajectory 3", and "gru" for "gru"."""
    found = _NUMBERED.fullmatch(origin)
    return found["source"] if found else origin


def samples(candidate: Candidate) -> int:
    """How many samples ended with exactly this tree. The same origin twice is one; no origin at all is one, too."""
    return max(1, len(set(candidate.origins)))


def sources(candidate: Candidate) -> int:
    """How many sources ended with exactly this tree."""
    return max(1, len({source_of(origin) for origin in candidate.origins}))


def independent_units(candidates: Iterable[Candidate]) -> float:
    """Support in units of one independent sample: each source counts 1, each further sample of it 0.5.

    Candidates without origins are taken to be strangers to everything.
    """
    seen: set[tuple[str, str]] = set()
    strangers = 0
    for candidate in candidates:
        seen.update((candidate.digest, origin) for origin in candidate.origins)
        strangers += not candidate.origins
    counts = Counter(source_of(origin) for _, origin in seen)
    return strangers + sum(1 + FURTHER_SAMPLE * (count - 1) for count in counts.values())
