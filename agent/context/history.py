"""What a repository's history says of its files: those that changed often of late, or together with the best ones, will
change again. Weak priors."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.context.scores import Floats

COMMITS = 300
"""Looked back at; a round of a few months for most projects."""
_WIDE = 20
"""Files of a commit that says nothing of any of them."""
_WEIGHT = 0.3
_BEST = 5
"""Files whose company is looked at."""
_LIFT = 0.2


def prior(paths: Sequence[str], recent: Sequence[Sequence[str]]) -> Floats:
    """By path, a factor of 1 or a little more. `recent` has the paths that each of the last commits changed."""
    counts = Counter(path for changed in _narrow(recent) for path in changed)
    changes = np.array([math.log1p(counts[path]) for path in paths])
    most = float(changes.max(initial=0.0))
    return 1 + _WEIGHT * (changes / most if most else changes)


def together(
    paths: Sequence[str], recent: Sequence[Sequence[str]], scores: Floats, may: NDArray[np.bool_]
) -> tuple[Floats, dict[int, str]]:
    """The scores with what changed together with the best files lifted, of those that `may` be, and with which of them
    each did. The best score is 1.

    Two files are near by the cosine of the commits that they are in, a commit of few files counting for more.
    """
    commits = _narrow(recent)
    counts = Counter(path for changed in commits for path in changed)
    numbers = {path: number for number, path in enumerate(paths)}
    best = [int(file) for file in np.lexsort((np.arange(len(scores)), -scores))[:_BEST] if scores[file] > 0]
    near: defaultdict[int, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    for changed in commits:
        known = [numbers[path] for path in changed if path in numbers]
        for one in (file for file in best if file in known):
            for other in (file for file in known if file != one and may[file]):
                often = math.sqrt(counts[paths[one]] * counts[paths[other]])
                near[other][one] += float(scores[one]) / len(changed) / often
    worth = np.zeros(len(scores))
    for file, by in near.items():
        worth[file] = sum(by.values())
    most = float(worth.max(initial=0.0))
    gain = _LIFT * (worth / most if most else worth) * (1 - scores)
    reasons = {
        file: f"changed together with {paths[max(near[file], key=lambda one: (near[file][one], -one))]}"
        for file in np.flatnonzero(gain > 0.02).tolist()
    }
    return scores + gain, reasons


def _narrow(recent: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return [changed for changed in recent[:COMMITS] if len(changed) <= _WIDE]
