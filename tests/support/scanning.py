"""A model that reads files, scripted by what it is shown, on a workbench of a repository with nothing in it to see."""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.bench import PROFILE, Reply, ScriptedModel, ScriptedSandbox, open_test_bench

from agent.ledger import Budget
from agent.messages import BeforeRetry, Completion, Finish, Message, Sampling, Usage, retry_freely
from agent.profiles import Profile
from agent.workbench import Workbench

_SHOWN = re.compile(r"^(\S+)\n(`{3,})\n(.*?)^\2$", re.MULTILINE | re.DOTALL)


@dataclass
class ReadingModel:
    """Implements `agent.messages.Model`: answers by a function of what is said."""

    answer: Callable[[list[Message]], Reply]
    asked: list[list[Message]] = field(default_factory=list[list[Message]])

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        self.asked.append(list(messages))
        match self.answer(list(messages)):
            case Exception() as error:
                raise error
            case Finish() as finish:
                text = ""
            case (text, finish):
                pass
            case str() as text:
                finish = Finish.STOP
        return Completion(text, finish, Usage(100, 0, 10), 0.0, 0.1, "scripted")

    @property
    def questions(self) -> list[str]:
        """What was asked last in each call, in the order of the calls."""
        return [said[-1].content for said in self.asked]


def files_in(messages: Sequence[Message]) -> dict[str, str]:
    """Path -> text of the files that the last message shows."""
    _, _, shown = messages[-1].content.partition("\n# Files\n")
    return {path: body for path, _, body in _SHOWN.findall(shown)}


@asynccontextmanager
async def reading_bench(
    place: Path,
    model: ReadingModel,
    *,
    issue: str = "`double` is wrong",
    profile: Profile = PROFILE,
    budget: Budget | None = None,
) -> AsyncGenerator[Workbench]:
    """A workbench whose model is this one. The same `place` again replays its journal."""
    sandbox = ScriptedSandbox(lambda files, script: 0)
    async with open_test_bench(
        place, {"lib.py": "x = 1\n"}, ScriptedModel([]), sandbox, profile=profile, budget=budget
    ) as bench:
        yield replace(bench, model=model, task=replace(bench.task, issue=issue))
