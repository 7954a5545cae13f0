"""Tests that a right candidate should pass, as far as anybody can know without an answer: S*'s public tests."""

from selection.consensus import new_regressions
from selection.matrix import Candidate, Outcome, OutcomeMatrix
from selection.votes import voting_scripts


def agreed_scripts(matrix: OutcomeMatrix) -> tuple[str, ...]:
    """The voting scripts that most candidates they were run on pass: what S* takes for public tests.

    A script that only a few pass may be the only right one, or wrong: it tells behaviours apart, and excludes nobody.
    """
    return tuple(
        script
        for script in voting_scripts(matrix)
        if 2 * sum(out is Outcome.SOLVED for out in matrix.column(script).values()) > len(matrix.column(script))
    )


def public_accuracy(matrix: OutcomeMatrix) -> dict[str, float]:
    """Candidate digest -> share of the public tests it passes: no test of the repository breaks beyond what breaks
    for all, and the scripts that most agree on accept it. No entry: nothing is known."""
    broken = new_regressions(matrix)
    agreed = agreed_scripts(matrix)
    found: dict[str, float] = {}
    for candidate in matrix.candidates:
        cells = [matrix.cells.get((candidate.digest, script)) for script in agreed]
        passed = [cell is Outcome.SOLVED for cell in cells if cell is not None]
        if candidate.digest in broken:
            passed.append(not broken[candidate.digest])
        if passed:
            found[candidate.digest] = sum(passed) / len(passed)
    return found


def survivors(matrix: OutcomeMatrix) -> tuple[Candidate, ...]:
    """Those that pass all public tests, and those of which nothing is known; nobody if known ones all fail some."""
    accuracy = public_accuracy(matrix)
    if accuracy and max(accuracy.values()) < 1:
        return ()
    return tuple(candidate for candidate in matrix.candidates if accuracy.get(candidate.digest, 1.0) == 1)
