"""Logarithms of evidence, and what they make of candidates."""

import math
from collections.abc import Sequence

from selection.sets import ConsensusSet, Tally


def beta_bernoulli(tally: Tally, a: float, b: float) -> float:
    """Log evidence of a sequence of accepted and refused cells whose rate of acceptance has a Beta(a, b) prior."""
    return _log_beta(tally.accepted + a, tally.known - tally.accepted + b) - _log_beta(a, b)


def log_mean(values: Sequence[float]) -> float:
    """The logarithm of the mean of what these are logarithms of; there must be one at least."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values) / len(values))


def shares(values: Sequence[float], temperature: float) -> list[float]:
    """Probabilities in proportion to exp(value / temperature); they sum to 1."""
    if not values:
        return []
    top = max(values)
    weights = [math.exp((value - top) / temperature) for value in values]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def standings(
    sets: Sequence[ConsensusSet], scores: Sequence[float], temperature: float
) -> dict[str, tuple[float, float]]:
    """Candidate digest -> the score of its best set, and the share of belief in all its sets. None in no set."""
    found: dict[str, tuple[float, float]] = {}
    for one, score, share in zip(sets, scores, shares(scores, temperature), strict=True):
        for member in one.members:
            best, belief = found.get(member.digest, (score, 0.0))
            found[member.digest] = max(best, score), min(1.0, belief + share)
    return found


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
