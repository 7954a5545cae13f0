"""What tokens cost. Reservations and bills are made from one record, so that the first bound the second."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.messages import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input: float
    cached: float
    """For prompt tokens that the server had already seen."""
    output: float
    written: float | None = None
    """For prompt tokens that the server puts into a cache; None: as `input`."""
    above: tuple[tuple[int, "Price"], ...] = ()
    """Other prices for prompts of more than that many tokens, by rising limit."""

    def dollars(self, usage: Usage) -> float:
        """What a completion costs."""
        price = self._at(usage.prompt)
        plain = max(0, usage.prompt - usage.cached - usage.written)
        return (
            plain * price.input
            + usage.cached * price.cached
            + usage.written * price._writing
            + usage.completion * price.output
        ) / MILLION

    def worst(self, prompt: int, completion: int) -> float:
        """The most that a completion of at most so many tokens can cost."""
        reachable = (self, *(price for limit, price in self.above if prompt > limit))
        dearest = max(max(price.input, price.cached, price._writing) for price in reachable)
        return (prompt * dearest + completion * max(price.output for price in reachable)) / MILLION

    @property
    def _writing(self) -> float:
        return self.input if self.written is None else self.written

    def _at(self, prompt: int) -> "Price":
        reached = [price for limit, price in self.above if prompt > limit]
        return reached[-1] if reached else self


FREE = Price(0.0, 0.0, 0.0)
"""For a server of one's own. Said by whoever configures it, never guessed."""


def price_of(name: str) -> Price | None:
    """The price that LiteLLM's table has for a model, or None. Imports LiteLLM, which takes seconds.

    Raises:
        ModelSetupError: no provider is known for that name, or LiteLLM cannot be used.
    """
    from agent.models.gateway import facts

    return price_from(facts(name))


def price_from(entry: Mapping[str, object]) -> Price | None:
    """Read an entry of LiteLLM's price table.

    An entry of zeros counts as unknown: the table writes it for what is free and for what nobody entered.
    """
    base = _level(entry, "")
    if base is None or not (base.input or base.output):
        return None
    limits = sorted(
        int(word.removesuffix("k"))
        for key in entry
        if key.startswith("input_cost_per_token_above_")
        and (word := key.removeprefix("input_cost_per_token_above_").removesuffix("_tokens")).endswith("k")
    )
    levels = ((limit, _level(entry, f"_above_{limit}k_tokens", base)) for limit in limits)
    return replace(base, above=tuple((limit * 1000, level) for limit, level in levels if level))


def _level(entry: Mapping[str, object], suffix: str, base: Price | None = None) -> Price | None:
    given = _per_million(entry, "input_cost_per_token" + suffix)
    output = _per_million(entry, "output_cost_per_token" + suffix)
    if base is not None and output is None:
        output = base.output
    if given is None or output is None:
        return None
    cached = _per_million(entry, "cache_read_input_token_cost" + suffix)
    written = _per_million(entry, "cache_creation_input_token_cost" + suffix)
    return Price(given, given if cached is None else cached, output, written)


def _per_million(entry: Mapping[str, object], key: str) -> float | None:
    value = entry.get(key)
    return round(value * MILLION, 9) if isinstance(value, int | float) else None
