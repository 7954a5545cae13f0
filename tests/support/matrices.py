"""Outcome matrices written by hand: a letter a cell, and strategies that draw them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from selection import Behaviour, Candidate, Outcome, OutcomeMatrix, Probe, TestScript

T = TypeVar("T")
LETTERS = {"s": Outcome.SOLVED, "u": Outcome.UNSOLVED, "b": Outcome.BROKEN}


def written(
    base: str,
    rows: Mapping[str, str],
    *,
    lengths: Mapping[str, int] | None = None,
    origins: Mapping[str, Sequence[str]] | None = None,
    authors: Sequence[Sequence[str]] = (),
    breaks: Mapping[str, Sequence[str]] | None = None,
) -> OutcomeMatrix:
    """`base` and each row hold a letter a script: s(olved), u(nsolved), b(roken), `.` = not run.

    Candidates are strangers of equal length unless `origins` and `lengths` say more; `authors` are the origins of
    the scripts; `breaks` are the repository's tests that a candidate breaks, where that is known.
    """
    scripts = tuple(TestScript(f"t{i}", "", tuple(authors[i]) if i < len(authors) else ()) for i in range(len(base)))
    candidates = tuple(
        Candidate(name, b"x" * (lengths or {}).get(name, 9), tuple((origins or {}).get(name, (f"from {name}",))))
        for name in rows
    )
    return OutcomeMatrix(
        candidates,
        scripts,
        {f"t{i}": LETTERS[letter] for i, letter in enumerate(base) if letter != "."},
        {(name, f"t{i}"): LETTERS[c] for name, row in rows.items() for i, c in enumerate(row) if c != "."},
        {name: frozenset(tests) for name, tests in (breaks or {}).items()},
    )


@st.composite
def matrices(draw: st.DrawFn, cells: str = "sub.", least: int = 0) -> OutcomeMatrix:
    """Any matrix: empty, without scripts, with nothing known, with shared origins and lengths."""
    width = draw(st.integers(0, 5))
    names = draw(st.lists(st.sampled_from("abcdef"), unique=True, min_size=least))
    origin = st.sampled_from(["trajectory 0", "trajectory 1", "trajectory 2", "gru", "devlo", "devlo 2"])
    several = st.lists(origin, max_size=3)
    row = st.text(cells, min_size=width, max_size=width)
    broken = st.lists(st.sampled_from(["test_x", "test_y"]), max_size=2)
    matrix = written(
        draw(row),
        {name: draw(row) for name in names},
        lengths={name: draw(st.integers(1, 3)) for name in names},
        origins={name: draw(several) for name in names},
        authors=[draw(several) for _ in range(width)],
        breaks={name: draw(broken) for name in names if draw(st.booleans())},
    )
    return with_probes(matrix, draw)


def with_probes(matrix: OutcomeMatrix, draw: st.DrawFn) -> OutcomeMatrix:
    """The matrix with up to two probes that were run on some of its trees."""
    patterns = st.lists(st.sampled_from(["1", "2", "ValueError"]), max_size=1).map(tuple)
    probes = tuple(Probe(f"p{n}", "", "issue", draw(patterns), draw(patterns)) for n in range(draw(st.integers(0, 2))))
    behaviour = st.builds(Behaviour, st.sampled_from([0, 1, None]), st.sampled_from(["1", "2", "ValueError: x"]))
    maybe = st.none() | behaviour
    return replace(
        matrix,
        probes=probes,
        base_behaviours={probe.digest: shown for probe in probes if (shown := draw(maybe))},
        behaviours={(c.digest, p.digest): shown for c in matrix.candidates for p in probes if (shown := draw(maybe))},
    )


def shuffled(matrix: OutcomeMatrix, draw: random.Random) -> OutcomeMatrix:
    """The same matrix with candidates, scripts, origins and cells in another order."""

    def mixed(values: Sequence[T]) -> tuple[T, ...]:
        return tuple(draw.sample(list(values), len(values)))

    return OutcomeMatrix(
        mixed([replace(c, origins=mixed(c.origins)) for c in matrix.candidates]),
        mixed([replace(s, origins=mixed(s.origins)) for s in matrix.scripts]),
        dict(mixed(list(matrix.base.items()))),
        dict(mixed(list(matrix.cells.items()))),
        dict(mixed(list(matrix.regressions.items()))),
        probes=mixed(matrix.probes),
        base_behaviours=dict(mixed(list(matrix.base_behaviours.items()))),
        behaviours=dict(mixed(list(matrix.behaviours.items()))),
    )


def renamed(matrix: OutcomeMatrix, names: Mapping[str, str], scripts: Mapping[str, str]) -> OutcomeMatrix:
    """The same matrix with other digests."""
    return OutcomeMatrix(
        tuple(replace(c, digest=names[c.digest]) for c in matrix.candidates),
        tuple(replace(s, digest=scripts[s.digest]) for s in matrix.scripts),
        {scripts[script]: outcome for script, outcome in matrix.base.items()},
        {(names[c], scripts[s]): outcome for (c, s), outcome in matrix.cells.items()},
        {names[c]: tests for c, tests in matrix.regressions.items()},
        probes=matrix.probes,
        base_behaviours=matrix.base_behaviours,
        behaviours={(names[c], probe): shown for (c, probe), shown in matrix.behaviours.items()},
    )
