"""How far a posterior can be believed: it is too sure of itself, for scripts and patches err together."""

import math
from typing import Final

from selection.result import Ranked
from selection.weigh import Weighed

_OFFSET: Final = 0.0
_SLOPE: Final = 0.5


def calibrated(ranking: tuple[Ranked, ...], weighed: Weighed) -> float:
    """The probability that the first of the ranking is right."""
    belief = min(max(ranking[0].score, 1e-6), 1 - 1e-6)
    del weighed
    return 1 / (1 + math.exp(-(_OFFSET + _SLOPE * math.log(belief / (1 - belief)))))
