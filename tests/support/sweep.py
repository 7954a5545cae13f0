"""How methods do on generated issues."""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from support.generator import Regime, generate

from selection import Method, OutcomeMatrix, Selection


@dataclass(frozen=True, slots=True)
class Score:
    """Of one regime: what chance and an oracle get, and for each method and issue whether its choice was right."""

    chance: float
    oracle: float
    right: Mapping[str, Sequence[bool]]

    def solved(self, name: str) -> float:
        """The share of issues with a right choice."""
        return statistics.fmean(self.right[name])

    def gap_closed(self, name: str) -> float:
        """Of the way from chance to the oracle."""
        return (self.solved(name) - self.chance) / (self.oracle - self.chance)

    def lead(self, name: str, over: str) -> tuple[float, float]:
        """How much more `name` solves than `over`, and the standard error of that, on the same issues."""
        differences = [a - b for a, b in zip(self.right[name], self.right[over], strict=True)]
        return statistics.fmean(differences), statistics.stdev(differences) / len(differences) ** 0.5


def sweep(regimes: Sequence[Regime], methods: Mapping[str, Method], *, issues: int, seed: int) -> dict[str, Score]:
    """Regime name -> score. All methods choose on the same issues."""
    found: dict[str, Score] = {}
    for regime in regimes:
        draw = random.Random(f"{seed} {regime.name}")
        chance: list[float] = []
        solvable: list[bool] = []
        right: dict[str, list[bool]] = {name: [] for name in methods}
        for number in range(issues):
            issue = generate(regime, draw)
            chance.append(len(issue.right) / len(issue.matrix.candidates))
            solvable.append(bool(issue.right))
            for name, choose in methods.items():
                winner = choose(issue.matrix, seed=number).winner
                right[name].append(winner is not None and winner.digest in issue.right)
        found[regime.name] = Score(statistics.fmean(chance), statistics.fmean(solvable), right)
    return found


def without_regressions(choose: Method) -> Method:
    """The method where nothing is known of the repository's own tests."""

    def chosen(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        return choose(replace(matrix, regressions={}), seed=seed)

    return chosen
