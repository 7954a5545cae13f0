"""Consensus sets: the candidates that the same scripts accept.

A missing cell fits either answer. So a candidate is in every set whose layout it nowhere contradicts, provided that
there is one script at least whose answer is known for both; and a layout that only says less than another one
makes no set of its own. Where nothing is missing, sets are just the groups of candidates with equal rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from selection.matrix import Candidate, Outcome, OutcomeMatrix

Row = tuple[bool | None, ...]
"""Accepted or not, a place for each script; None where the cell is missing. A broken script accepts nothing."""


@dataclass(frozen=True, slots=True)
class ConsensusSet:
    """Candidates whose rows agree with a layout."""

    layout: Row
    members: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Accepted cells among known ones."""

    accepted: float = 0
    known: float = 0


@dataclass(frozen=True, slots=True)
class Blocks:
    """The known cells of a matrix, cut in four by a hypothesis: who is right, and which scripts are valid."""

    right_valid: Tally
    right_invalid: Tally
    wrong_valid: Tally
    wrong_invalid: Tally


def rows_of(matrix: OutcomeMatrix, scripts: Sequence[str]) -> dict[str, Row]:
    """Candidate digest -> its row over `scripts`."""

    def accepted(candidate: str, script: str) -> bool | None:
        outcome = matrix.cells.get((candidate, script))
        return None if outcome is None else outcome is Outcome.SOLVED

    return {c.digest: tuple(accepted(c.digest, s) for s in scripts) for c in matrix.candidates}


def consensus_sets(candidates: Iterable[Candidate], rows: Mapping[str, Row]) -> tuple[ConsensusSet, ...]:
    """Every set. A candidate that no script was run on is in none; one with missing cells may be in several."""
    known = {row for row in rows.values() if any(cell is not None for cell in row)}
    layouts = [row for row in known if not any(_says_more(other, row) for other in known)]
    ordered = sorted(candidates, key=lambda candidate: candidate.digest)
    found = (ConsensusSet(one, tuple(c for c in ordered if _agrees(rows[c.digest], one))) for one in layouts)
    return tuple(sorted(found, key=lambda one: [(cell is None, cell is False) for cell in one.layout]))


def _says_more(one: Row, other: Row) -> bool:
    """`one` repeats all that `other` says, and adds to it."""
    return one != other and all(b is None or a is b for a, b in zip(one, other, strict=True))


def _agrees(row: Row, layout: Row) -> bool:
    both = [(a, b) for a, b in zip(row, layout, strict=True) if a is not None and b is not None]
    return bool(both) and all(a is b for a, b in both)


def completions(layout: Row) -> Iterator[tuple[bool, ...]]:
    """What a layout may be: itself, or with its missing places all accepted and all refused."""
    if None not in layout:
        yield tuple(cell is True for cell in layout)
        return
    for guess in (True, False):
        yield tuple(guess if cell is None else cell for cell in layout)


def cut(
    rows: Mapping[str, Row],
    right: frozenset[str],
    valid: Sequence[bool],
    *,
    weights: Mapping[str, float],
    masked: frozenset[tuple[str, int]] = frozenset(),
) -> Blocks:
    """Count the known cells of each block, a candidate as often as its weight says.

    `masked` cells, (candidate digest, place of the script), count nowhere.
    """
    accepted = {(True, True): 0.0, (True, False): 0.0, (False, True): 0.0, (False, False): 0.0}
    known = dict(accepted)
    for digest, row in rows.items():
        weight = weights[digest]
        for place, cell in enumerate(row):
            if cell is not None and (digest, place) not in masked:
                block = digest in right, valid[place]
                accepted[block] += weight * cell
                known[block] += weight
    tallies = {block: Tally(accepted[block], known[block]) for block in known}
    return Blocks(tallies[True, True], tallies[True, False], tallies[False, True], tallies[False, False])
