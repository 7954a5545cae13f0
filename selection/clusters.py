"""Candidates that behave alike, by everything that was run on them: one of each kind is enough to look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from selection.behaviour import Behaviour, Probe
from selection.matrix import Candidate, OutcomeMatrix
from selection.origins import independent_units
from selection.votes import choose_by_votes

ENDED_WELL = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Candidates that nothing tells apart."""

    representative: Candidate
    """The member with most votes, then the shortest patch, then the smaller digest."""
    members: tuple[Candidate, ...]
    """By digest, the representative among them."""
    units: float
    """How many independent samples its members are worth."""
    votes: int
    """The representative's, of scripts that fail on the base tree."""


def shown(matrix: OutcomeMatrix) -> dict[str, dict[str, str]]:
    """Column -> candidate digest -> what it shows there, for the columns that tell some candidates apart.

    A column is a script, where an outcome is shown, or a probe, where a way to end and an output are. Candidates of
    which nothing is known are left out of a column.
    """
    present = {candidate.digest for candidate in matrix.candidates}
    columns: dict[str, dict[str, str]] = {f"script {script.digest}": {} for script in matrix.scripts}
    columns |= {f"probe {probe.digest}": {} for probe in matrix.probes}
    for (candidate, script), outcome in matrix.cells.items():
        if candidate in present and f"script {script}" in columns:
            columns[f"script {script}"][candidate] = outcome.value
    for (candidate, probe), behaviour in matrix.behaviours.items():
        if candidate in present and f"probe {probe}" in columns:
            columns[f"probe {probe}"][candidate] = key_of(behaviour)
    return {name: values for name, values in sorted(columns.items()) if len(set(values.values())) > 1}


def key_of(behaviour: Behaviour) -> str:
    """Equal for behaviours that are taken to be the same: how it ended (well, badly, not at all) and what it printed.

    What was printed until time ran out depends on the machine, so of that only the fact counts.
    """
    if behaviour.exit_code is None:
        return "no end"
    return f"{'well' if behaviour.exit_code == ENDED_WELL else 'badly'}: {behaviour.output}"


def standing(matrix: OutcomeMatrix) -> dict[str, tuple[int, int, str]]:
    """Candidate digest -> what places it among its like: the smaller is the better representative."""
    ranking = choose_by_votes(matrix).ranking
    return {r.candidate.digest: (-r.votes, len(r.candidate.patch), r.candidate.digest) for r in ranking}


def clusters(matrix: OutcomeMatrix, *, flips: int = 0) -> tuple[Cluster, ...]:
    """The matrix's candidates by what they show, the best supported cluster first (units, votes, shorter patch).

    Missing data is compatible with everything: a candidate of which little is known joins the cluster that it agrees
    with most. `flips` is in how many columns members may differ from each other: outcomes that flicker split no cluster
    then; 1 is worth it only where at least a twentieth of all outcomes flicker.
    """
    rows: dict[str, dict[str, str]] = {candidate.digest: {} for candidate in matrix.candidates}
    for column, values in shown(matrix).items():
        for candidate, value in values.items():
            rows[candidate][column] = value
    groups: list[list[str]] = []
    for name in sorted(rows, key=lambda name: (-len(rows[name]), name)):  # who is known best comes first
        fitting = [group for group in groups if all(_differences(rows[name], rows[m]) <= flips for m in group)]
        if fitting:
            min(fitting, key=lambda group: (-_agreement(rows, name, group), -len(group), group)).append(name)
        else:
            groups.append([name])
    places = standing(matrix)
    by_digest = {candidate.digest: candidate for candidate in matrix.candidates}
    found = [_cluster([by_digest[name] for name in sorted(group)], places) for group in groups]
    return tuple(sorted(found, key=lambda c: (-c.units, places[c.representative.digest])))


def _differences(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    return sum(one[column] != other[column] for column in one.keys() & other.keys())


def _agreement(rows: Mapping[str, Mapping[str, str]], name: str, group: list[str]) -> int:
    """In how many columns the candidate is seen to do as the group does."""
    mine = rows[name].items()
    return len({column for member in group for column, _ in mine & rows[member].items()})


def _cluster(members: list[Candidate], places: Mapping[str, tuple[int, int, str]]) -> Cluster:
    best = min(members, key=lambda member: places[member.digest])
    return Cluster(best, tuple(members), independent_units(members), -places[best.digest][0])


def telling_example(matrix: OutcomeMatrix, first: Candidate, second: Candidate) -> Probe | None:
    """The issue's own example with the shortest outputs among those on which the two are known to differ."""
    behaviours = matrix.behaviours
    telling = [
        (len(one.output) + len(other.output), probe.digest, probe)
        for probe in matrix.probes
        if probe.quoted
        and (one := behaviours.get((first.digest, probe.digest))) is not None
        and (other := behaviours.get((second.digest, probe.digest))) is not None
        and key_of(one) != key_of(other)
    ]
    return min(telling)[2] if telling else None
