"""Every selection method that needs nothing but stored outcomes, by name."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from selection.b4 import choose_by_b4
from selection.baselines import choose_at_random, choose_by_majority
from selection.codet import choose_by_codet
from selection.consensus import choose_by_consensus
from selection.errors import UnknownMethod
from selection.matrix import OutcomeMatrix
from selection.published import choose_by_published_votes
from selection.result import Selection
from selection.shrewd import choose_by_evidence
from selection.votes import choose_by_votes


class Method(Protocol):
    """Chooses from what is stored. Equal matrices and seeds give equal selections, in whatever order they come."""

    def __call__(self, matrix: OutcomeMatrix, *, seed: int) -> Selection: ...


def _valid_votes(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    del seed  # nothing is drawn
    return choose_by_votes(matrix)


METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "random": choose_at_random,
        "majority": choose_by_majority,
        "votes": choose_by_published_votes,
        "votes-valid": _valid_votes,
        "codet": choose_by_codet,
        "b4": choose_by_b4,
        "consensus": choose_by_consensus,
        "evidence": choose_by_evidence,
    }
)


def method(name: str) -> Method:
    """The method of this name.

    Raises:
        UnknownMethod: there is none; the message names the nearest one and all there are.
    """
    if found := METHODS.get(name):
        return found
    near = difflib.get_close_matches(name, METHODS, n=1, cutoff=0.5)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    raise UnknownMethod(f"no selection method is called `{name}`.{hint} There are: {', '.join(METHODS)}.")
