"""Asks a model on behalf of one choice: counted, capped, and keyed so that a replay asks nothing."""

import asyncio
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from agent.errors import BudgetReached
from agent.messages import Completion, Finish, Message
from agent.prompts import render
from agent.trajectory.dialogue import CONTINUATIONS, Unreadable, looping
from agent.workbench import Purpose, Workbench

T = TypeVar("T")
NOBODY: Final = -1
"""The trajectory number under which a choice asks: it belongs to none."""
REPAIRS: Final = 1
"""How often an answer that cannot be read is asked for again. Each counts against the cap."""


class Asker:
    """Counts and caps the completions of one choice: repairs and continuations included, never more than `cap`.

    Completions that come from the journal count like any other, so a replay stops where the run did. Questions are
    put one after the other, in the order in which they come, for the same reason.
    """

    def __init__(self, bench: Workbench, stage: str, cap: int) -> None:
        self.calls = 0
        """Completions so far."""
        self.stopped = ""
        """Why no more is asked, for people; empty while there is room."""
        self._bench = bench
        self._purpose = Purpose(stage, NOBODY, 1)
        self._cap = cap
        self._turn = asyncio.Lock()

    @property
    def left(self) -> int:
        """Completions that may still be asked for."""
        return 0 if self.stopped else max(0, self._cap - self.calls)

    async def ask(
        self,
        question: str,
        read: Callable[[str], T | Unreadable],
        *,
        opening: tuple[Message, ...] = (),
        grammar: str | None = None,
    ) -> T | None:
        """The answer. None, which is no evidence for anything, if none could be read after a repair, the model refused,
        the context overflowed, or the cap or the run's budget is reached.

        Raises:
            ModelError: the provider cannot or will not answer.
        """
        asked = [*opening, Message("user", question)]
        attempt: list[Message] = []
        async with self._turn:
            for _ in range(REPAIRS + 1):
                completion = await self._whole_answer([*asked, *attempt], grammar)
                if completion is None or completion.finish in {Finish.OVERFLOW, Finish.REFUSED}:
                    return None
                text = completion.text
                value = read(text) if text.strip() else Unreadable("The answer was empty.")
                if not isinstance(value, Unreadable):
                    return value
                repair = render("repair", problem=value.problem)
                attempt = [Message("assistant", text or "(empty)"), Message("user", repair)]
        return None

    async def _whole_answer(self, said: Sequence[Message], grammar: str | None) -> Completion | None:
        """One answer, gone on with where it was cut at the token limit."""
        completion = await self._complete(said, grammar)
        whole = ""
        for _ in range(CONTINUATIONS):
            if completion is None:
                return None
            whole += completion.text
            if completion.finish is not Finish.LENGTH or looping(whole):
                return replace(completion, text=whole)
            more = [Message("assistant", whole)]
            if not self._bench.continues:
                more.append(Message("user", render("continue")))
            completion = await self._complete([*said, *more])  # no grammar: it would begin again
        return completion and replace(completion, text=whole + completion.text)

    async def _complete(self, said: Sequence[Message], grammar: str | None = None) -> Completion | None:
        """One completion, or None once the cap or the run's budget is reached."""
        if self.stopped:
            return None
        if self.calls >= self._cap:
            self.stopped = f"the limit of {self._cap} completions for choosing is reached"
            return None
        try:
            completion = await self._bench.ask(self._purpose, self.calls, said, grammar)
        except BudgetReached as error:
            self.stopped = str(error)
            return None
        self.calls += 1
        return completion


def letters(seed: int, *what: str | int, count: int) -> tuple[str, ...]:
    """The first `count` capital letters in an order drawn from the seed and what they are for."""
    if not 0 <= count <= 26:
        raise ValueError(f"there are letters for 0 to 26 candidates, not for {count}")
    alphabet = [chr(ord("A") + place) for place in range(count)]
    return tuple(generator(seed, *what).sample(alphabet, count))


def generator(seed: int, *what: str | int) -> random.Random:
    """Random draws that depend on the seed and what they are for, and on nothing else."""
    name = "\0".join(map(str, (seed, *what)))
    return random.Random(hashlib.sha256(name.encode("utf-8", errors="surrogatepass")).digest())  # noqa: S311 - no secret
