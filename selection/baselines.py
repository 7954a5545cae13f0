"""The methods that look at no outcome: chance, and how often the same tree came out."""

import hashlib

from selection.matrix import OutcomeMatrix
from selection.origins import samples, sources
from selection.result import Placed, Ranked, Selection, rank


def choose_at_random(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """Uniform over the candidates: a draw depends on the seed and the candidate's digest only."""

    def placed(digest: str) -> float:
        drawn = hashlib.sha256(f"{seed}\0{digest}".encode("utf-8", errors="surrogatepass")).digest()
        return int.from_bytes(drawn[:8])

    rows = (Placed(Ranked(c, 0, ()), (placed(c.digest),)) for c in matrix.candidates)
    ranking, rule = rank(rows, ["drawn at random"])
    return Selection(ranking, (), rule, 1 / len(ranking) if ranking else 0.0)


def choose_by_majority(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """The tree that most samples ended with; then most sources, the shorter patch, the smaller digest."""
    del seed  # nothing is drawn
    rows = (Placed(Ranked(c, 0, (), samples(c)), (-samples(c), -sources(c), len(c.patch))) for c in matrix.candidates)
    ranking, rule = rank(rows, ["most origins", "origins tied: more sources", "origins tied: the shorter patch"])
    total = sum(map(samples, matrix.candidates))
    return Selection(ranking, (), rule, ranking[0].score / total if ranking else 0.0)
