"""Judges of results: what a model is shown of programs that were run, and answers by it."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from support.bench import PROFILE
from support.openai_server import OpenAIServer
from support.sandboxes import bubblewrap_problem, environment_for, make_backend, need
from support.selecting import Answer, Case, Opened, first_shown, opened
from support.served_model import served

from agent.messages import Message
from agent.profiles import Profile

_AFTER = re.compile(
    r"^With patch ([A-Z]):\n\n(.*?)(?=^With patch |^This program$|^Compare each |^Which of |\Z)",
    re.MULTILINE | re.DOTALL,
)
PROGRAM = "```python\nfrom lib import double\ndouble(3)\n```\n"


def foretold(program: str = "from lib import double\ndouble(3)", first: str = "6", second: str = "9") -> str:
    """A program with what it is expected to print."""
    return f"```python\n{program}\n```\n\n```text\n{first}\n```\n\n```text\n{second}\n```\n"


def results_in(messages: Sequence[Message]) -> dict[str, str]:
    """Letter -> what is shown of its runs, in the order shown."""
    found: dict[str, str] = {}
    for letter, text in _AFTER.findall(messages[-1].content):
        found[letter] = found.get(letter, "") + text.strip()
    return found


def wants_verdict(messages: Sequence[Message]) -> bool:
    """Whether a letter is asked for."""
    return "CHOICE: letter" in messages[-1].content


def judging(program: str, verdict: Answer) -> Answer:
    """Writes `program` whenever one is asked for, and judges by `verdict`."""
    return lambda messages: verdict(messages) if wants_verdict(messages) else program


def liking(holds: str) -> Answer:
    """Names the result that holds a text; none if none does, or both."""

    def verdict(messages: list[Message]) -> str:
        liked = [letter for letter, text in results_in(messages).items() if holds in text]
        return f"It says so.\n\nCHOICE: {liked[0] if len(liked) == 1 else 'none'}"

    return verdict


def first_result(messages: list[Message]) -> str:
    """Prefers what it reads first."""
    return f"CHOICE: {next(iter(results_in(messages)))}" if results_in(messages) else first_shown(messages)


@asynccontextmanager
async def for_real(
    place: Path, case: Case, answer: Answer, *, profile: Profile = PROFILE
) -> AsyncGenerator[tuple[Opened, OpenAIServer]]:
    """A model behind real HTTP, programs in a real sandbox."""
    need("bubblewrap", bubblewrap_problem())
    environment = environment_for("bubblewrap")
    sandbox = make_backend("bubblewrap", environment, place / "scratch", 2)

    def respond(request: object, call: int, attempt: int) -> str:
        assert isinstance(request, dict)
        return answer([Message(said["role"], said["content"]) for said in request["messages"]])

    try:
        async with (
            served(respond) as (model, server),
            opened(
                place / "case", case, model, profile=profile, sandbox=sandbox, environment=environment, python="python3"
            ) as it,  # type: ignore[arg-type]
        ):
            yield it, server
    finally:
        await sandbox.close()
