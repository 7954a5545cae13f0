"""Why a candidate was chosen, as data: everything that was found out, and the steps to the choice."""

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from agent.candidates import Refused
from selection import OutcomeMatrix, Selection
from selection.behaviour import Behaviour
from selection.clusters import clusters
from selection.examples import example_evidence
from selection.matrix import Candidate, Step
from selection.origins import source_of


def explanation_record(matrix: OutcomeMatrix, selection: Selection, refused: Sequence[Refused]) -> JsonValue:
    """All of it, in the order in which it came about. What is not there is not known."""
    return {
        "candidates": [_candidate(one) for one in matrix.candidates],
        "refused": [{"source": one.source, "reason": one.reason} for one in refused],
        "tests": {
            "asked": matrix.tests,
            "broken": {one: [*sorted(names)] for one, names in sorted(matrix.regressions.items())},
        },
        "examples": _examples(matrix),
        "examples_say": {
            digest: {"ratio": one.ratio, "said": one.said} for digest, one in example_evidence(matrix).items()
        },
        "scripts": _scripts(matrix, selection),
        "clusters": [
            {
                "representative": one.representative.digest,
                "members": [member.digest for member in one.members],
                "independent_samples": one.units,
                "votes": one.votes,
            }
            for one in clusters(matrix)
        ],
        "trail": [{"stage": step.stage, "said": step.said} for step in steps_of(matrix, selection)],
        "winner": selection.winner.digest if selection.winner else None,
        "rule": selection.rule,
        "confidence": selection.confidence,
        "abstained": selection.abstained,
    }


def steps_of(matrix: OutcomeMatrix, selection: Selection) -> tuple[Step, ...]:
    """What was found out and what was made of it, each once."""
    return tuple(dict.fromkeys((*matrix.found, *selection.trail)))


def sources_of(origins: Iterable[str]) -> dict[str, int]:
    """Source -> how many samples of it there are."""
    found: dict[str, int] = {}
    for origin in dict.fromkeys(origins):
        found[source_of(origin)] = found.get(source_of(origin), 0) + 1
    return found


def changed_lines(patch: bytes) -> int:
    """Lines that a patch adds or removes."""
    return sum(line[:1] in {b"+", b"-"} and line[:3] not in {b"+++", b"---"} for line in patch.splitlines())


def _candidate(candidate: Candidate) -> JsonValue:
    return {
        "digest": candidate.digest,
        "origins": [*candidate.origins],
        "sources": dict(sources_of(candidate.origins)),
        "twins": [*candidate.twins],
        "stripped": [*candidate.stripped],
        "lines": changed_lines(candidate.patch),
    }


def _examples(matrix: OutcomeMatrix) -> JsonValue:
    return [
        {
            "digest": probe.digest,
            "origin": probe.origin,
            "quoted": probe.quoted,
            "text": probe.text,
            "wanted": [*probe.wanted],
            "unwanted": [*probe.unwanted],
            "base": _behaviour(matrix.base_behaviours.get(probe.digest)),
            "shown": {
                one.digest: _behaviour(matrix.behaviours[one.digest, probe.digest])
                for one in matrix.candidates
                if (one.digest, probe.digest) in matrix.behaviours
            },
        }
        for probe in matrix.probes
    ]


def _behaviour(behaviour: Behaviour | None) -> JsonValue:
    return None if behaviour is None else {"exit_code": behaviour.exit_code, "output": behaviour.output}


def _scripts(matrix: OutcomeMatrix, selection: Selection) -> JsonValue:
    return [
        {
            "digest": script.digest,
            "origins": [*script.origins],
            "votes": script.digest in selection.voting,
            "base": str(matrix.base[script.digest]) if script.digest in matrix.base else None,
            "cells": {one: str(outcome) for one, outcome in matrix.column(script.digest).items()},
        }
        for script in matrix.scripts
    ]
