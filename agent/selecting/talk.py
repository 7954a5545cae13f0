"""A conversation within one choice: what was asked first stays, the oldest turns after it go when room is short."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from agent.messages import Message
from agent.selecting.asking import Asker
from agent.trajectory.dialogue import Unreadable
from agent.workbench import Workbench

T = TypeVar("T")


@dataclass
class Talk:
    """Questions and answers that build on each other. The first question holds the patches."""

    bench: Workbench
    asker: Asker
    opening: tuple[Message, ...]
    turns: list[tuple[Message, Message]] = field(default_factory=list[tuple[Message, Message]])

    async def ask(
        self, question: str, read: Callable[[str], T | Unreadable], *, grammar: str | None = None
    ) -> T | None:
        """The answer, None where `Asker.ask` has none.

        Raises:
            ModelError: as `Asker.ask` raises it.
        """

        def reading(reply: str) -> tuple[str, T] | Unreadable:
            value = read(reply)
            return value if isinstance(value, Unreadable) else (reply, value)

        while len(self.turns) > 1 and not self._fits(question):
            self.turns.pop(1)
        answer = await self.asker.ask(question, reading, opening=self._said(), grammar=grammar)
        if answer is None:
            return None
        reply, value = answer
        self.turns.append((Message("user", question), Message("assistant", reply)))
        return value

    def _said(self) -> tuple[Message, ...]:
        return (*self.opening, *(message for turn in self.turns for message in turn))

    def _fits(self, question: str) -> bool:
        texts = [*(message.content for message in self._said()), question]
        tokens = sum(self.bench.count_tokens(text) + 8 for text in texts)
        return tokens + self.bench.profile.max_tokens <= self.bench.profile.context_tokens
