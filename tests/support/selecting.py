"""A choice among patches to a tiny repository, with a model that answers by a function of what it is shown."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.bench import PROFILE, ScriptedModel, ScriptedSandbox, open_test_bench

from agent.messages import BeforeRetry, Completion, Finish, Message, Sampling, Usage, retry_freely
from agent.profiles import Profile
from agent.selecting.method import Chooser, Chosen
from agent.workbench import Choosing, Workbench
from sandbox.records import Environment, Sandbox
from selection.matrix import Candidate, Outcome, OutcomeMatrix, TestScript
from swe_tasks.edits import diff, write_tree
from swe_tasks.task import FileChange

LIBRARY = {"lib.py": "def double(x):\n    return x + x + 1\n"}
RIGHT, WRONG, WORSE = "return 2 * x", "return x * x", "return 3 * x"
_PATCH = re.compile(r"^Patch ([A-Z]):\n\n(`{3,})diff\n(.*?)^\2$", re.MULTILINE | re.DOTALL)

Answer = Callable[[list[Message]], str]


@dataclass
class AnsweringModel:
    """Implements `agent.messages.Model`."""

    answer: Answer
    asked: list[list[Message]] = field(default_factory=list[list[Message]])

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        self.asked.append(list(messages))
        return Completion(self.answer(list(messages)), Finish.STOP, Usage(100, 0, 10), 0.0, 0.1, "scripted")


def in_turn(*replies: str) -> Answer:
    """Answers one after the other; running out is an error."""
    left = list(replies)
    return lambda _: left.pop(0)


def patches_in(messages: Sequence[Message]) -> dict[str, str]:
    """Letter -> diff, as the model is shown them, in the order shown."""
    texts = [message.content for message in messages if message.role == "user"]
    return {letter: body for text in texts for letter, _, body in _PATCH.findall(text)}


def letter_of(messages: Sequence[Message], holds: str) -> str:
    """The letter of the patch that holds a text."""
    return next(letter for letter, body in patches_in(messages).items() if holds in body)


def choosing(holds: str) -> Answer:
    """Always chooses the patch that holds a text."""
    return lambda messages: f"I read them.\n\nCHOICE: {letter_of(messages, holds)}"


def first_shown(messages: list[Message]) -> str:
    """A judge that prefers what it reads first."""
    return f"CHOICE: {next(iter(patches_in(messages)))}"


def of_letter_a(messages: list[Message]) -> str:
    """A judge that prefers a letter."""
    return "CHOICE: A"


def says(files: dict[str, bytes], script: str) -> int:
    """How a script that doubles 3 ends: as the real program would."""
    library = files["lib.py"].decode()
    return 0 if RIGHT in library else 2


@dataclass(frozen=True)
class Case:
    """Candidates by name, as their origins call them. `scripts`: text -> author and a letter a candidate."""

    patches: Mapping[str, str | Mapping[str, str]]
    """Name -> what `double` does instead, or whole files."""
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    votes: Mapping[str, Mapping[str, Outcome]] = field(default_factory=dict[str, Mapping[str, Outcome]])
    """Script -> name -> outcome; each is UNSOLVED on the base."""
    authors: Mapping[str, str] = field(default_factory=dict[str, str])
    breaks: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


@dataclass
class Opened:
    bench: Workbench
    matrix: OutcomeMatrix
    trees: Mapping[str, str]
    """Name -> digest."""

    async def choose(self, chooser: Chooser, *, backwards: bool = False) -> Chosen:
        """What a method chooses, the candidates in the order given or in the reverse."""
        matrix = replace(self.matrix, candidates=self.matrix.candidates[::-1]) if backwards else self.matrix
        return await chooser(self.bench, matrix, LIBRARY)

    def named(self, chosen: Chosen) -> str | None:
        """The winner's name."""
        winner = chosen.selection.winner
        return next((name for name, tree in self.trees.items() if winner and tree == winner.digest), None)


@asynccontextmanager
async def opened(
    place: Path,
    case: Case,
    model: AnsweringModel,
    *,
    calls: int = 24,
    sandbox: Sandbox | None = None,
    python: str = "python",
    environment: Environment | None = None,
    profile: Profile = PROFILE,
) -> AsyncGenerator[Opened]:
    """The candidates as trees of a real store. The same `place` again replays its journal."""
    scripted = ScriptedSandbox(says)
    async with open_test_bench(place, LIBRARY, ScriptedModel([]), scripted, profile=profile) as plain:
        bench = replace(
            plain,
            model=model,
            sandbox=sandbox or scripted,
            python=python,
            environment=environment or plain.environment,
            choosing=Choosing(calls=calls),
        )
        trees = {name: write_tree(bench.base, _changes(patch)) for name, patch in case.patches.items()}
        candidates = tuple(
            Candidate(tree, diff(bench.base, tree), case.origins.get(name, (name,))) for name, tree in trees.items()
        )
        matrix = OutcomeMatrix(
            candidates,
            tuple(TestScript(text, text, (case.authors.get(text, f"writer {text}"),)) for text in case.votes),
            base=dict.fromkeys(case.votes, Outcome.UNSOLVED),
            cells={(trees[name], text): said for text, row in case.votes.items() for name, said in row.items()},
            regressions={trees[name]: frozenset(broken) for name, broken in case.breaks.items()},
        )
        yield Opened(bench, matrix, trees)


def _changes(patch: str | Mapping[str, str]) -> list[FileChange]:
    files = {"lib.py": f"def double(x):\n    {patch}\n"} if isinstance(patch, str) else patch
    return [FileChange(path, text.encode(), "file") for path, text in files.items()]
