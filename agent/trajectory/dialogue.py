"""A conversation with a model: asks until an answer can be read, and keeps within the context."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from agent.messages import Completion, Finish, Message
from agent.prompts import render
from agent.workbench import Purpose, Workbench

T = TypeVar("T")
CONTINUATIONS = 2
"""How often a cut answer is continued before it is read as it is."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer that does not hold what was asked for; `problem` is said to the model."""

    problem: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    text: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No usable answer was had."""

    reason: Literal["format", "refused", "overflow"]
    detail: str


@dataclass
class Dialogue:
    """One trajectory's talk in one stage. `opening` is the prefix that every trajectory shares."""

    bench: Workbench
    purpose: Purpose
    opening: tuple[Message, ...]
    repairs: int
    turns: list[tuple[Message, ...]] = field(default_factory=list[tuple[Message, ...]])
    ordinal: int = 0

    async def ask(
        self, question: str, read: Callable[[str], T | Unreadable], *, grammar: str | None = None
    ) -> Answer[T] | Unanswered:
        """Ask until `read` can make something of the answer, at most `repairs` times more.

        Failed attempts are forgotten once one succeeds: the conversation keeps what was used.

        Raises:
            BudgetReached, ModelError: as the workbench raises them.
        """
        asked = Message("user", question)
        attempt: list[Message] = []
        problem = "no answer"
        for _ in range(self.repairs + 1):
            completion = await self._whole_answer([asked, *attempt], grammar)
            if completion.finish is Finish.OVERFLOW:
                return Unanswered("overflow", "the conversation does not fit the model's context")
            if completion.finish is Finish.REFUSED:
                return Unanswered("refused", completion.text or "the model refused to answer")
            value = read(completion.text) if completion.text.strip() else Unreadable("The answer was empty.")
            if not isinstance(value, Unreadable):
                self.turns.append((asked, Message("assistant", completion.text)))
                return Answer(value, completion.text)
            problem = value.problem
            # Only the last attempt is kept: a weak model repeats what it sees itself do.
            attempt = [
                Message("assistant", completion.text or "(empty)"),
                Message("user", render("repair", problem=problem)),
            ]
        return Unanswered("format", problem)

    async def _whole_answer(self, asked: Sequence[Message], grammar: str | None) -> Completion:
        """One answer, gone on with where it was cut at the token limit."""
        completion = await self._complete(asked, grammar)
        text = completion.text
        for _ in range(CONTINUATIONS):
            if completion.finish is not Finish.LENGTH or looping(text):
                break
            more = [Message("assistant", text)]
            if not self.bench.continues:
                more.append(Message("user", render("continue")))
            completion = await self._complete([*asked, *more])  # no grammar: it would begin again
            if completion.finish not in {Finish.STOP, Finish.LENGTH}:
                return _with_text(completion, text, Finish.STOP)
            text += completion.text
        return _with_text(completion, text, completion.finish)

    async def _complete(self, asked: Sequence[Message], grammar: str | None = None) -> Completion:
        """One completion; the oldest turns are dropped for good while the whole does not fit."""
        while True:
            while self.turns and not self._fits(asked):
                self.turns.pop(0)
            said = [*self.opening, *(message for turn in self.turns for message in turn), *asked]
            completion = await self.bench.ask(self.purpose, self.ordinal, said, grammar)
            self.ordinal += 1
            if completion.finish is not Finish.OVERFLOW or not self.turns:
                return completion
            self.turns.pop(0)

    def _fits(self, asked: Sequence[Message]) -> bool:
        said = [*self.opening, *(message for turn in self.turns for message in turn), *asked]
        tokens = sum(self.bench.count_tokens(message.content) + 8 for message in said)
        return tokens + self.bench.profile.max_tokens <= self.bench.profile.context_tokens


def _with_text(completion: Completion, text: str, finish: Finish) -> Completion:
    return Completion(text, finish, completion.usage, completion.dollars, completion.seconds, completion.model)


def looping(text: str, *, window: int = 60, most: int = 8) -> bool:
    """Whether an answer goes round in circles, as small models do: more of it would be more of the same."""
    lines = [line.strip() for line in text.splitlines()[-window:] if line.strip()]
    return any(count > most and len(line) > 2 for line, count in Counter(lines).items())
