"""What a run spent, in sums."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.messages import Completion


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over completions."""

    calls: int = 0
    replayed: int = 0
    """Of the calls, those that were answered in an earlier life of the run: spent then, free now."""
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    dollars: float = 0.0
    """Of the calls whose price is known."""
    unpriced: int = 0
    """Calls whose price is unknown."""
    seconds: float = 0.0
    """Of waiting for models, summed over calls that may have overlapped."""
    lost: int = 0
    """Attempts that broke off and may have been billed, each counted at its worst case in the two below."""
    lost_tokens: int = 0
    lost_dollars: float = 0.0
    """Where the price is known."""
    overruns: int = 0
    """Calls that used more than was reserved for them: the estimate of their prompt was too low."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in Tally.__slots__})

    @property
    def tokens(self) -> int:
        """What a token limit is about."""
        return self.prompt + self.completion + self.lost_tokens

    @property
    def spent(self) -> float:
        """Dollars that a money limit is about."""
        return self.dollars + self.lost_dollars


@dataclass(frozen=True, slots=True)
class Totals:
    """A snapshot."""

    total: Tally
    stages: Mapping[str, Tally]
    trajectories: Mapping[int, Tally]


def tally_of(completion: Completion) -> Tally:
    """What one completion adds."""
    usage = completion.usage
    return Tally(
        calls=1,
        prompt=usage.prompt,
        cached=usage.cached,
        completion=usage.completion,
        reasoning=usage.reasoning,
        dollars=completion.dollars or 0.0,
        unpriced=int(completion.dollars is None),
        seconds=completion.seconds,
    )
