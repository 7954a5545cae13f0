"""How independent candidates are: copies and relatives are weaker support than strangers.

An origin is a sample of a source. Its name says of which: repeated runs of one system are one source.

    trajectory 3, gru 12                     NAME N: a name, a space, a whole number
    acr-run-2, kk_i0_run5, x seed 7          what ends with run, seed, sample, attempt, trial or rep, and a number
    acr (results/acr.jsonl), acr-run-1.diff  where it was read, which says nothing of what made it

Any other text is a source by itself. Versions and dates are parts of names: gpt-4, sonnet_20260506-082745.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from selection.matrix import Candidate

FURTHER_SAMPLE: Final = 0.5
"""What another sample of a source already counted is worth. Samples of one model share its misreadings."""

_PLACE = re.compile(r"(?P<name>.*\S) \([^()]*(?:[/\\][^()]*|\.(?:jsonl?|diff|patch))\)", re.DOTALL)
# Up to five digits: six and eight are dates.
_RUN = re.compile(
    r"(?:(?P<source>.*[^-_ ])[-_ ])?(?P<word>run|seed|sample|attempt|trial|rep)[-_ ]?\d{1,5}"
    r"(?:\.(?:jsonl?|diff|patch))?",
    re.DOTALL | re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<source>.*\S) \d+", re.DOTALL)


def source_of(origin: str) -> str:
    """What made the sample: "trajectory" for "trajectory 3", "acr" for "acr-run-2", and "gru" for "gru"."""
    placed = _PLACE.fullmatch(origin)
    name = placed["name"] if placed else origin
    if run := _RUN.fullmatch(name):
        return run["source"] or run["word"]
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return name
    run = _RUN.fullmatch(numbered["source"])  # a sample of a run
    return (run["source"] or run["word"]) if run else numbered["source"]


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


def shares_of_sources(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Candidate digest -> its part of the independent samples of all: what a source counts is divided among the
    candidates that its samples ended in, so many candidates of one source count for less than those of several."""
    seen = {(source_of(origin), origin, candidate.digest) for candidate in candidates for origin in candidate.origins}
    counts = Counter(source for source, _, _ in seen)
    found = {candidate.digest: float(not candidate.origins) for candidate in candidates}
    for source, _, digest in sorted(seen):
        found[digest] += (1 + FURTHER_SAMPLE * (counts[source] - 1)) / counts[source]
    return found
