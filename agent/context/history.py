"""What a repository's history says of its files: those that changed often of late will change again. A weak prior."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from agent.context.scores import Floats

COMMITS = 300
"""Looked back at; a round of a few months for most projects."""
_WIDE = 20
"""Files of a commit that says nothing of any of them."""
_WEIGHT = 0.3


def prior(paths: Sequence[str], recent: Sequence[Sequence[str]]) -> Floats:
    """By path, a factor of 1 or a little more. `recent` has the paths that each of the last commits changed."""
    counts = Counter(path for changed in recent[:COMMITS] if len(changed) <= _WIDE for path in changed)
    changes = np.array([math.log1p(counts[path]) for path in paths])
    most = float(changes.max(initial=0.0))
    return 1 + _WEIGHT * (changes / most if most else changes)
