"""What a run spends, and the limits it must not cross: trajectories, selection and retries in one ledger.

Every call reserves its worst case before it is made and is booked at its true cost afterwards:

    with ledger.reserve(stage, trajectory, prompt, max_tokens) as reservation:
        completion = await model.complete(messages, sampling, reservation.retry)
        reservation.settle(completion)

So what is spent stays within the limits under any concurrency, as long as no call uses more than was
estimated for it. One that does is booked in full and counted as an overrun. An attempt that broke off
without saying what it cost may have been billed; it is booked as lost, at its worst case, and its retry
reserves anew.

There is no I/O and no lock: one event loop, or one thread.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from agent.errors import BudgetReached, ModelError, UserError
from agent.messages import Completion
from agent.models.pricing import Price
from agent.tally import Tally, Totals, tally_of

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a run; None is no limit."""

    dollars: float | None = None
    tokens: int | None = None
    """Of prompts and completions, cached ones too."""
    seconds: float | None = None
    """From the ledger's creation, by the clock. No call begins later; one that is under way may end later."""

    def check_startable(self, price: Price | None) -> None:
        """Raises:
        UserError: there is a money limit and nobody knows what the model costs.
        """
        if self.dollars is not None and price is None:
            raise UserError(
                f"a budget of {self.dollars:g} dollars cannot be kept: the price of the model is unknown. "
                "Give it in dollars per million tokens, --price-input … --price-output … (0 for a server of "
                "your own), or limit tokens instead, --token-budget …"
            )


class Ledger:
    """Counts what was spent and what is promised."""

    def __init__(
        self,
        budget: Budget,
        price: Price | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        whole: "Ledger | None" = None,
    ) -> None:
        """`whole` is the ledger of which this one is a part; see `part`."""
        self.budget = budget
        self._price = price
        self._clock = clock
        self._began = clock()
        self._total = Tally()
        self._tallies: dict[tuple[str, int], Tally] = {}
        self._open: dict[int, Reservation] = {}
        self._whole = whole

    def part(self) -> "Ledger":
        """A ledger that counts one task by itself, under the limits of the whole."""
        return Ledger(self.budget, self._price, clock=self._clock, whole=self)

    def reserve(self, stage: str, trajectory: int, prompt: int, max_tokens: int) -> "Reservation":
        """Promise the worst case of a call: `prompt` tokens (an estimate, rather too high) and `max_tokens`.

        Raises:
            BudgetReached: with what is spent and promised already, it could cross a limit.
            UserError: there is a money limit and no price.
        """
        self.budget.check_startable(self._price)
        dollars = self._price.worst(prompt, max_tokens) if self._price else 0.0
        reservation = Reservation(self, stage, trajectory, prompt + max_tokens, dollars)
        self.admit(reservation)
        return reservation

    def replay(self, stage: str, trajectory: int, completion: Completion) -> None:
        """Book a completion that an earlier life of the run paid for. No limit stops what is spent."""
        self.book(stage, trajectory, replace(tally_of(completion), replayed=1))

    def totals(self) -> Totals:
        """What was spent so far, without what is only promised."""
        stages: dict[str, Tally] = {}
        trajectories: dict[int, Tally] = {}
        for (stage, trajectory), tally in self._tallies.items():
            stages[stage] = stages.get(stage, Tally()) + tally
            if trajectory >= 0:  # what is asked for a choice belongs to none
                trajectories[trajectory] = trajectories.get(trajectory, Tally()) + tally
        return Totals(self._total, stages, trajectories)

    @property
    def reserved(self) -> tuple[int, float]:
        """Tokens and dollars that calls under way may yet spend, those of other tasks included."""
        if self._whole is not None:
            return self._whole.reserved
        waiting = self._open.values()
        return sum(r.tokens for r in waiting), math.fsum(r.dollars for r in waiting)

    def reached(self) -> BudgetReached:
        """The limit that is nearest to being reached, as an error to raise."""
        if self._whole is not None:
            return self._whole.reached()
        uses = [(spent / limit if limit else 1.0, kind, limit, spent) for kind, limit, spent in self._uses()]
        if not uses:
            raise ValueError("there is no limit that could be reached")
        _, kind, limit, spent = max(uses)
        return BudgetReached(kind, limit, spent)

    def admit(self, reservation: "Reservation") -> None:
        """Take a reservation in. Called by `reserve` and by the reservation itself."""
        if self._whole is not None:
            self._whole.admit(reservation)
            return
        wanted = {"dollars": reservation.dollars, "tokens": reservation.tokens}
        for kind, limit, spent in self._uses():
            # Time is not promised, it passes.
            over = spent >= limit if kind == "seconds" else spent + wanted[kind] > limit
            if over:
                raise BudgetReached(kind, limit, spent)
        self._open[id(reservation)] = reservation

    def withdraw(self, reservation: "Reservation") -> None:
        """Give a reservation back. Called by the reservation itself."""
        if self._whole is not None:
            self._whole.withdraw(reservation)
            return
        del self._open[id(reservation)]

    def book(self, stage: str, trajectory: int, tally: Tally) -> None:
        """Add to what was spent. Called by `replay` and by reservations."""
        key = (stage, trajectory)
        self._tallies[key] = self._tallies.get(key, Tally()) + tally
        self._total += tally
        if self._whole is not None:
            self._whole.book(stage, trajectory, tally)

    def _uses(self) -> list[tuple[str, float, float]]:
        tokens, dollars = self.reserved
        uses = (
            ("dollars", self.budget.dollars, self._total.spent + dollars),
            ("tokens", self.budget.tokens, self._total.tokens + tokens),
            ("seconds", self.budget.seconds, self._clock() - self._began),
        )
        return [(kind, limit, spent) for kind, limit, spent in uses if limit is not None]


@dataclass(eq=False, slots=True)
class Reservation:
    """A promise that is open until it is settled, released or lost.

    As a context it never stays open: left unsettled, it is released after a provider's error that cost
    nothing, and booked as lost after anything else.
    """

    ledger: Ledger
    stage: str
    trajectory: int
    tokens: int
    dollars: float
    _closed: bool = field(default=False, init=False)

    def settle(self, completion: Completion) -> None:
        """Book what the call really used."""
        self._close()
        tally = tally_of(completion)
        if completion.dollars is None and self.dollars:
            # The table had a price, the answer none: what was promised is the only bound there is.
            tally = replace(tally, lost_dollars=self.dollars)
        over = tally.tokens > self.tokens or (bool(self.dollars) and tally.spent > self.dollars * (1 + _ROUNDING))
        self.ledger.book(self.stage, self.trajectory, replace(tally, overruns=int(over)))

    def release(self) -> None:
        """The call cost nothing."""
        self._close()

    def lose(self) -> None:
        """The call broke off and may have been billed: book the worst case."""
        self._close()
        lost = Tally(lost=1, lost_tokens=self.tokens, lost_dollars=self.dollars)
        self.ledger.book(self.stage, self.trajectory, lost)

    def retry(self, billed: bool) -> None:
        """The attempt failed and is to be repeated. One that may have been billed is lost and reserved anew.

        Raises:
            BudgetReached: the repetition could cross a limit; the reservation is closed.
        """
        if billed:
            self.lose()
        else:
            self.release()
        self.ledger.admit(self)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._closed:
            return
        if isinstance(error, ModelError) and not error.billed:
            self.release()
        else:
            self.lose()

    def _close(self) -> None:
        if self._closed:
            raise RuntimeError("this reservation was settled, released or lost before")
        self._closed = True
        self.ledger.withdraw(self)
