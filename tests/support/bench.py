"""A workbench for tests of what stands on it: real git, journal and ledger, scripted answers, scripted programs."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from support.git_repository import make_repository

from agent.journal import Journal
from agent.ledger import Budget, Ledger
from agent.limiter import Limiter
from agent.messages import BeforeRetry, Completion, Finish, Message, Sampling, Usage, retry_freely
from agent.models.pricing import FREE
from agent.profiles import Profile
from agent.workbench import Workbench
from sandbox.records import Environment, Execution, Limits, Script, Tree
from swe_tasks import Task, materialise_local

PROFILE = Profile("definitions", "program", 8192, 512, 2048, 1500, seeded=True, local=True)
Reply = str | Finish | Exception | tuple[str, Finish]


@dataclass
class ScriptedModel:
    """Implements `agent.messages.Model`: answers in order; running out is an error."""

    replies: Iterable[Reply]
    asked: list[list[Message]] = field(default_factory=list[list[Message]])

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        self.asked.append(list(messages))
        replies = list(self.replies)
        assert len(self.asked) <= len(replies), f"asked once too often: {messages[-1].content}"
        match replies[len(self.asked) - 1]:
            case Exception() as error:
                raise error
            case Finish() as finish:
                text = ""
            case (text, finish):
                pass
            case str() as text:
                finish = Finish.STOP
        return Completion(text, finish, Usage(100, 0, 10), 0.0, 0.1, "scripted")


@dataclass
class ScriptedSandbox:
    """Implements `sandbox.records.Sandbox`: `run` says how each script ends on the tree's files."""

    run: Callable[[dict[str, bytes], str], int | Exception]
    name: str = "scripted"
    executed: list[tuple[dict[str, bytes], str]] = field(default_factory=list[tuple[dict[str, bytes], str]])

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        files = {str(p.relative_to(tree.base)): p.read_bytes() for p in tree.base.rglob("*") if p.is_file()}
        files |= {change.path: change.content or b"" for change in tree.changes}
        self.executed.append((files, script.text))
        ended = self.run(files, script.text)
        if isinstance(ended, Exception):
            raise ended
        return Execution(ended, f"exit {ended}\n", "")

    async def close(self) -> None: ...


@asynccontextmanager
async def open_test_bench(
    place: Path,
    files: dict[str, str | bytes],
    model: ScriptedModel,
    sandbox: ScriptedSandbox,
    *,
    budget: Budget | None = None,
    profile: Profile = PROFILE,
    continues: bool = True,
) -> AsyncGenerator[Workbench]:
    """A workbench on a repository with these files. The same `place` again replays its journal."""
    if not (place / "base").exists():
        make_repository(place / "repository", files)
        materialise_local(place / "repository", place / "base", ref=None, uncommitted="refuse")
    from swe_tasks import open_base

    base = open_base(place / "base")
    journal = Journal(place / "journal.jsonl", redact=lambda text: text)
    task = Task("t", "`double` is wrong", "/repo", base.commit, base.tree, "/repo")
    try:
        yield Workbench(
            task=task,
            base=base,
            journal=journal,
            model=model,
            model_key="scripted",
            sandbox=sandbox,
            environment=Environment("/repo"),
            limits=Limits(),
            python="python",
            profile=profile,
            ledger=Ledger(budget or Budget(), replace(FREE, input=1.0, output=1.0)),
            completions=Limiter(4),
            executions=Limiter(2),
            count_tokens=lambda text: len(text) // 4 + 1,
            seed=0,
            continues=continues,
        )
    finally:
        await journal.aclose()
