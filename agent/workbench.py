"""The effects of a task, asking a model and executing a script, each journalled, limited and counted."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, cast

from pydantic import JsonValue, TypeAdapter

from agent.errors import BudgetReached
from agent.journal import Journal, digest
from agent.ledger import Ledger, Reservation
from agent.limiter import Limiter
from agent.messages import BeforeRetry, Completion, Message, Model, Sampling
from agent.profiles import Profile
from sandbox.errors import SandboxBroken
from sandbox.records import Change, Environment, Execution, Limits, Sandbox, Script, Tree
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import changes
from swe_tasks.task import Task

if TYPE_CHECKING:
    from agent.models.embedding import Embedder

T = TypeVar("T")
_COMPLETION = TypeAdapter(Completion)
_EXECUTION = TypeAdapter(Execution)
BUDGET_EVENT = "budget reached"


class Watcher(Protocol):
    """Is told what happens, to show it. Never changes what happens."""

    def follow(self, ledger: Ledger) -> None: ...
    def phase(self, what: str) -> None: ...
    def stage(self, trajectory: int, state: str) -> None: ...
    def count(self, what: str, by: int) -> None: ...


class Unwatched:
    """A watcher for runs that nobody watches."""

    def follow(self, ledger: Ledger) -> None: ...
    def phase(self, what: str) -> None: ...
    def stage(self, trajectory: int, state: str) -> None: ...
    def count(self, what: str, by: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Purpose:
    """Who asks: it names a completion in the journal and orders those that wait."""

    stage: str
    trajectory: int
    priority: int = 5
    """Lower is served first: work that finishes a task before work that begins one."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """How one candidate is chosen, and what that may take."""

    method: str = "shrewd"
    tests: bool = True
    """Whether the repository's own tests are run on the candidates."""
    test_command: str | None = None
    """Shell text that runs them; None: they are found, and run by pytest or as plain functions."""
    test_seconds: float = 60.0
    """How long they may take on one tree."""
    calls: int = 16
    """Completions for choosing, at most; scripts of trajectories are not counted."""
    sstar_variant: str = "paper"
    abstain: bool = False
    """Choose nothing rather than something that is not trusted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of the repository before work begins, and how far trajectories may read on."""

    scan: Literal["off", "survivors", "all"] = "off"
    """Which files a model reads to say whether they matter: none, the best by words, or all."""
    rankings: int = 0
    """How often a model orders what matters."""
    reads: int = 0
    """How often a trajectory may ask for more of the repository."""
    dossier: bool = False
    """Whether conversations begin with what was prepared of the repository before there was an issue."""
    cache: Path | None = None
    """Where what is known of files is kept; None: it is found out anew."""

    @property
    def asks(self) -> bool:
        """Whether a model is asked before any trajectory begins."""
        return self.scan != "off" or self.rankings > 0


@dataclass(frozen=True)
class Workbench:
    """What the stages of one task work with."""

    task: Task
    base: BaseTree
    journal: Journal
    model: Model
    model_key: str
    """What of the model's set-up changes its answers; part of every completion's key."""
    sandbox: Sandbox
    environment: Environment
    limits: Limits
    python: str
    profile: Profile
    ledger: Ledger
    completions: Limiter
    executions: Limiter
    count_tokens: Callable[[str], int]
    seed: int
    continues: bool
    """Whether the model goes on with an unfinished assistant message by itself."""
    watcher: Watcher = field(default_factory=Unwatched)
    choosing: Choosing = field(default_factory=Choosing)
    reading: Reading = field(default_factory=Reading)
    asks: bool = True
    """Whether there is a model that may be asked."""
    embedder: "Embedder | None" = None
    """Says which files are near to an issue by what they mean; None: nobody does."""
    model_name: str = ""
    """As the settings name it."""
    settled: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified when a completion is paid for and its reservation is given back."""
    _laid: dict[str, Tree] = field(default_factory=dict[str, Tree])

    async def ask(
        self, purpose: Purpose, ordinal: int, messages: Sequence[Message], grammar: str | None = None
    ) -> Completion:
        """The model's answer, from the journal if it has it. It is held to the grammar where the model's server
        is known to take one.

        Raises:
            BudgetReached: it would cross a limit, or the journal says that this run's limit was reached.
            ModelError: the provider cannot or will not answer.
        """
        sampling = self._sampling(purpose, ordinal, grammar)
        said = [(message.role, digest(message.content)) for message in messages]
        key = digest(
            purpose.stage,
            purpose.trajectory,
            ordinal,
            cast("JsonValue", said),
            self.model_key,
            asdict(sampling),
        )

        async def perform() -> Completion:
            return await self._complete(purpose, messages, sampling)

        about: dict[str, JsonValue] = {
            "stage": purpose.stage,
            "trajectory": purpose.trajectory,
            "ordinal": ordinal,
            "messages": cast("JsonValue", [list(pair) for pair in said]),
        }
        texts = [message.content for message in messages]
        recorded = await self.journal.effect("completion", key, _COMPLETION, perform, about=about, texts=texts)
        if recorded.replayed:
            self.ledger.replay(purpose.stage, purpose.trajectory, recorded.value)
        return recorded.value

    def _sampling(self, purpose: Purpose, ordinal: int, grammar: str | None) -> Sampling:
        seed = None
        if self.profile.seeded:
            name = f"{self.seed}/{self.task.id}/{purpose.stage}/{purpose.trajectory}/{ordinal}"
            seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1
        return Sampling(
            max_tokens=self.profile.max_tokens,
            temperature=self.profile.temperature,
            seed=seed,
            grammar=grammar if self.profile.constrained else None,
        )

    async def _complete(self, purpose: Purpose, messages: Sequence[Message], sampling: Sampling) -> Completion:
        prompt = sum(self.count_tokens(message.content) + 8 for message in messages)

        async def call(before_retry: BeforeRetry) -> tuple[Completion, Completion]:
            completion = await self.model.complete(messages, sampling, before_retry)
            return completion, completion

        return await self.pay(purpose, prompt, sampling.max_tokens, call)

    async def pay(
        self,
        purpose: Purpose,
        prompt: int,
        max_tokens: int,
        call: Callable[[BeforeRetry], Awaitable[tuple[T, Completion]]],
    ) -> T:
        """The result of a call that costs `prompt` tokens (an estimate) and `max_tokens` at most. It returns the result
        and what is to be booked.

        Raises:
            BudgetReached: it would cross a limit, or the journal says that this run's limit was reached.
        """
        # What stopped at a limit stays stopped until the limit is another one: replay follows the event.
        limits = cast("JsonValue", asdict(self.ledger.budget))
        if self.journal.latest(BUDGET_EVENT) == limits:
            raise self.ledger.reached()
        async with self.completions.slot(purpose.priority):
            try:
                reservation = await self._reserve(purpose, prompt, max_tokens)
                with self._in_flight("completions"), reservation:
                    result, receipt = await call(reservation.retry)
                    reservation.settle(receipt)
            except BudgetReached:
                self.journal.event(BUDGET_EVENT, limits)
                raise
            finally:
                async with self.settled:
                    self.settled.notify_all()
            return result

    async def _reserve(self, purpose: Purpose, prompt: int, max_tokens: int) -> Reservation:
        """Reserve, once those under way leave enough: most calls use less than was promised for them."""
        while True:
            try:
                return self.ledger.reserve(purpose.stage, purpose.trajectory, prompt, max_tokens)
            except BudgetReached:
                if self.ledger.reserved == (0, 0.0):
                    raise
            async with self.settled:
                await self.settled.wait()

    @contextmanager
    def _in_flight(self, what: str) -> Generator[None]:
        self.watcher.count(what, 1)
        try:
            yield
        finally:
            self.watcher.count(what, -1)

    async def execute(
        self, tree: str, script: str, *, priority: int = 5, limits: Limits | None = None, repeat: int = 0
    ) -> Execution:
        """Run a script on the tree that git calls `tree`, within `limits` if not the run's. Equal executions happen
        once in the life of a run; `repeat` tells those apart that are made again to see whether they flicker.

        Raises:
            SandboxError: the machinery failed, twice; nothing is known about the script.
        """
        program = Script(script, command=(self.python, "{script}"))
        surroundings = {
            **asdict(self.environment),
            "backend": self.sandbox.name,
            "command": list(program.command),
        }
        about: dict[str, JsonValue] = {"tree": tree, "script": digest(script)}
        limits = limits or self.limits
        again = (repeat,) if repeat else ()
        key = digest(cast("JsonValue", surroundings), self.base.tree, tree, digest(script), asdict(limits), *again)

        async def perform() -> Execution:
            laid = await self._lay(tree)
            async with self.executions.slot(priority):
                with self._in_flight("executions"):
                    return await self._execute(laid, program, limits)

        recorded = await self.journal.effect("execution", key, _EXECUTION, perform, about=about, texts=[script])
        return recorded.value

    async def _lay(self, tree: str) -> Tree:
        """What is to be laid into a sandbox for the tree that git calls `tree`."""
        if tree not in self._laid:
            changed = await asyncio.to_thread(changes, self.base, tree)
            self._laid[tree] = Tree(self.base.path, tuple(Change(c.path, c.content, c.mode) for c in changed))
        return self._laid[tree]

    async def _execute(self, laid: Tree, script: Script, limits: Limits) -> Execution:
        try:
            return await self.sandbox.execute(laid, script, limits)
        except SandboxBroken:
            # A container can be lost to the machine's troubles; twice in a row is no accident.
            return await self.sandbox.execute(laid, script, limits)
