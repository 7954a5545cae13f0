"""What choosing takes, and what it is worth: `python tests/bench/choosing.py [--issues N] [--seed S]`.

First the time of each method on stored outcomes of 10 candidates x 10 scripts; then what each chooses on matrices that
were recorded from other systems' patches, with paired bootstrap intervals; then, for each regime of generated
issues, the share of the way from chance to the oracle that each method goes. The goals are printed, not asserted.
"""

import argparse
import random
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.generator import REGIMES, Regime, generate
from support.recorded import choices, labels, recordings, task_record
from support.sweep import Score, sweep, without_regressions

from selection import METHODS, Method, OutcomeMatrix, Selection, method, voting_scripts
from selection.metrics import Estimate, measure

GOAL_MILLISECONDS, ROUNDS = 50, 200


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=500, help="issues a regime and seed (default 500)")
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    print(f"choosing among 10 candidates x 10 scripts, goal {GOAL_MILLISECONDS} ms")
    for name, choose in METHODS.items():
        _row(name, _times(choose))
    _recorded()
    methods = {
        **METHODS,
        "codet, two-sided": _two_sided(method("codet")),
        "b4, two-sided": _two_sided(method("b4")),
        "consensus, no regr.": without_regressions(method("consensus")),
    }
    scores = [sweep(REGIMES, methods, issues=arguments.issues, seed=seed) for seed in arguments.seed]
    _gaps(scores, list(methods))
    return 0


def _times(choose: Method) -> list[float]:
    """Milliseconds, each of a matrix of its own."""
    draw = random.Random(1)
    times: list[float] = []
    while len(times) < ROUNDS:
        matrix = generate(Regime("ten distinct trees"), draw).matrix
        if len(matrix.candidates) < 10:
            continue
        began = time.perf_counter()
        choose(matrix, seed=1)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _row(what: str, times: list[float]) -> None:
    print(f"{what:20} median {statistics.median(times):7.3f} ms   max {max(times):7.3f}   n {len(times)}")


def _recorded() -> None:
    known = labels()
    found = measure([task_record(one, choices(one), known[one.task]) for one in recordings()], against="majority")
    print(
        f"\n{found.measured} recorded tasks, {found.decidable} of them decidable, {found.covered} with a right patch;"
    )
    print("right in % of all, of the decidable, gap closed, minus majority in points; 95 % intervals over tasks")
    for row in found.rows:
        figures = (row.accuracy, row.given_decidable, row.gap_closed, row.difference)
        print(f"{row.name:20}" + "".join(f"{_shown(one):>24}" for one in figures))


def _shown(one: Estimate | None) -> str:
    return "-" if one is None else f"{100 * one.value:.1f} ({100 * one.low:.0f} to {100 * one.high:.0f})"


def _gaps(scores: list[dict[str, Score]], names: list[str]) -> None:
    print("\ngap closed in %: chance 0, oracle 100; then issues solved in %")
    width = max(13, *(len(name) + 2 for name in names))
    print(f"{'':22}" + "".join(f"{name:>{width}}" for name in names) + f"{'chance':>9}{'oracle':>9}")
    means: dict[str, list[float]] = {name: [] for name in names}
    for regime in scores[0]:
        gaps = {name: 100 * statistics.fmean(one[regime].gap_closed(name) for one in scores) for name in names}
        for name in names:
            means[name].append(gaps[name])
        chance = 100 * statistics.fmean(one[regime].chance for one in scores)
        oracle = 100 * statistics.fmean(one[regime].oracle for one in scores)
        print(f"{regime:22}" + "".join(f"{gaps[name]:{width}.1f}" for name in names) + f"{chance:9.1f}{oracle:9.1f}")
    print(f"{'mean':22}" + "".join(f"{statistics.fmean(means[name]):{width}.1f}" for name in names))
    print(f"{'worst':22}" + "".join(f"{min(means[name]):{width}.1f}" for name in names))


def _two_sided(choose: Method) -> Method:
    def chosen(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        voting = set(voting_scripts(matrix))
        cells = {key: outcome for key, outcome in matrix.cells.items() if key[1] in voting}
        return choose(replace(matrix, cells=cells), seed=seed)

    return chosen


if __name__ == "__main__":
    sys.exit(main())
