"""Studying a repository: what is asked, what is kept, and what it may cost. The model is a real HTTP server."""

import inspect
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.git_repository import make_repository, write_files
from support.openai_server import OpenAIServer
from support.replies import OVERFLOWS, Reply, answer, error

from agent.dossier import load_dossier
from agent.dossier.study import TEXT_TOKENS, Studied, study
from agent.errors import ModelError
from agent.machinery import open_machinery
from agent.settings import Settings
from swe_tasks import materialise_local

FILES: dict[str, str | bytes] = {
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n",
    "app/clock.py": "def tick():\n    return 1\n",
    "tools/build.py": "def build():\n    return 2\n",
    "tests/test_clock.py": "def test_tick(): ...\n",
}
PARTS = ["tests", "conventions", "module map: app", "module map: tools"]
"""In the order in which they are asked for."""


def part_of(request: Mapping[str, Any]) -> str:
    """What a request asks for."""
    question = request["messages"][-1]["content"]
    if "# Task: notes on how tests run" in question:
        return "tests"
    if "# Task: notes on conventions" in question:
        return "conventions"
    return "module map: " + re.findall(r"one part of it, (\S+):", question)[0]


@dataclass
class Place:
    """A repository, a cache, and a server that answers by the part it is asked for."""

    root: Path
    replies: dict[str, Reply | str] = field(default_factory=dict[str, Reply | str])
    asked: list[str] = field(default_factory=list[str])
    requests: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    studies: int = 0
    before: Callable[[str], object] = lambda _: None

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def respond(self, request: Mapping[str, Any], call: int, attempt: int) -> Reply | str:
        name = part_of(request)
        self.asked.append(name)
        self.requests.append(request)
        self.before(name)
        return self.replies.get(name, answer(f"Notes on {name}.", prompt=300, completion=50))

    async def study(self, *, again: bool = False, **settings: Any) -> Studied:
        """Study the repository as it is now. `asked` has what was asked for this time."""
        self.asked.clear()
        self.studies += 1
        base = materialise_local(self.repository, self.root / f"base{self.studies}", ref=None, uncommitted="include")
        with OpenAIServer(self.respond) as server:
            known = {"model": "hosted_vllm/scripted", "api_base": server.url}
            wanted = Settings.model_validate(known | settings)
            async with open_machinery(wanted, {}) as machinery:
                return await study(base, machinery, self.cache, redact=lambda text: text, again=again)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    make_repository(tmp_path / "repository", FILES)
    return Place(tmp_path)


async def test_a_study_makes_every_part(place: Place) -> None:
    """Each with its text, what it was made from and what it cost."""
    studied = await place.study()
    assert (studied.exit_code, studied.missing) == (0, ())
    dossier = load_dossier(studied.tree, place.cache)
    assert dossier is not None
    assert [(part.name, part.text, part.tokens) for part in dossier.parts] == [
        (name, f"Notes on {name}.", 350) for name in PARTS
    ]
    app = dossier.parts[2]
    assert (app.about, set(app.inputs.blobs), app.inputs.model) == (
        ("app/clock.py",),
        {"app/clock.py"},
        "hosted_vllm/scripted",
    )
    assert studied.totals.total.tokens == 4 * 350
    assert set(studied.totals.stages) == {"study"}


async def test_a_second_study_asks_nothing(place: Place) -> None:
    """It finds every part, and spends nothing."""
    first = await place.study()
    second = await place.study()
    assert place.asked == []
    assert all(one.reused for one in second.made)
    assert second.totals.total.tokens == 0
    assert [one.part for one in second.made] == [one.part for one in first.made]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app/clock.py", "def tick():\n    return 3\n", {"module map: app", "conventions"}),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-v'\n", {"tests"}),
        ("tests/test_clock.py", "def test_tick(): assert True\n", set[str]()),
        ("notes.txt", "hello\n", set[str]()),
    ],
)
async def test_a_changed_file_invalidates_what_was_made_from_it(
    place: Place, path: str, text: str, expected: set[str]
) -> None:
    """And nothing else, be the change committed or not; the other tree keeps its dossier."""
    first = await place.study()
    write_files(place.repository, {path: text})
    second = await place.study()
    assert second.tree != first.tree
    assert set(place.asked) == expected
    assert {one.part.name for one in second.made if not one.reused} == expected
    for studied in (first, second):
        dossier = load_dossier(studied.tree, place.cache)
        assert dossier is not None
        assert [part.name for part in dossier.parts] == PARTS


async def test_no_issue_is_ever_in_what_is_asked(place: Place) -> None:
    """There is no parameter for one, and questions are made of the repository's files and fixed words only."""
    assert set(inspect.signature(study).parameters) == {"base", "machinery", "cache", "redact", "say", "again"}
    await place.study()
    assert len(place.requests) == 4
    for request in place.requests:
        assert [message["role"] for message in request["messages"]] == ["user"]
        assert "issue" not in request["messages"][0]["content"].lower()


async def test_the_budget_stops_before_a_part_that_it_cannot_afford(place: Place) -> None:
    """Worst cases are reserved, so it is kept to; a second study with the same budget goes on where it stopped."""
    place.replies = {name: answer("Long notes.", prompt=200, completion=1900) for name in PARTS}
    budget = 2700  # room for one worst case, of which 2048 are the answer
    studied = await place.study(token_budget=budget, completions_at_once=1)
    assert (studied.exit_code, place.asked, studied.missing) == (3, ["tests"], tuple(PARTS[1:]))
    assert studied.totals.total.tokens <= budget
    assert "tokens is reached" in studied.stopped
    dossier = load_dossier(studied.tree, place.cache)
    assert dossier is not None
    assert [part.name for part in dossier.parts] == ["tests"]
    for name in PARTS[1:]:
        studied = await place.study(token_budget=budget, completions_at_once=1)
        assert place.asked == [name]
    assert (studied.exit_code, studied.missing, studied.stopped) == (0, (), "")


async def test_what_is_missing_is_last_however_many_are_asked_for_at_once(place: Place) -> None:
    """The budget goes to the parts in their order: with room for two, the first two are made."""
    place.replies = {name: answer("Long notes.", prompt=200, completion=1900) for name in PARTS}
    studied = await place.study(token_budget=5000, completions_at_once=4)
    assert (studied.exit_code, set(place.asked), studied.missing) == (3, set(PARTS[:2]), tuple(PARTS[2:]))


async def test_a_budget_that_affords_nothing_asks_nothing(place: Place) -> None:
    """All parts are missing."""
    studied = await place.study(token_budget=10)
    assert (studied.exit_code, place.asked, studied.missing) == (3, [], tuple(PARTS))


async def test_a_part_waits_for_what_those_under_way_give_back(place: Place) -> None:
    """Most calls use less than was reserved for them: with room for one worst case, all parts fit one after another."""
    studied = await place.study(token_budget=4500, completions_at_once=4)
    assert (studied.exit_code, len(place.asked)) == (0, 4)


async def test_parts_are_asked_for_at_once(place: Place) -> None:
    """As many as the model's limiter lets through."""
    together = threading.Barrier(4)
    place.before = lambda _: together.wait(30)
    assert (await place.study(completions_at_once=4)).exit_code == 0


@pytest.mark.parametrize(
    ("reply", "reason", "tokens"),
    [
        (answer(""), "the answer was empty", 110),
        (answer("  \n"), "the answer was empty", 110),
        (answer("half a sen", finish="length"), "the answer was cut at the limit of tokens", 110),
        (answer(None, refusal="No."), "the model refused", 110),
        (OVERFLOWS["vllm"], "what was asked does not fit the model's context", 0),
    ],
)
async def test_an_answer_that_is_none_is_a_failed_part(place: Place, reply: Reply, reason: str, tokens: int) -> None:
    """It is kept with the reason and what it cost, is no text, and is asked about again only where that is wanted."""
    place.replies["tests"] = reply
    studied = await place.study()
    assert studied.exit_code == 1
    failed = studied.made[0].part
    assert (failed.name, failed.text, failed.failed, failed.tokens) == ("tests", "", reason, tokens)
    dossier = load_dossier(studied.tree, place.cache)
    assert dossier is not None
    assert [part.name for part in dossier.parts] == PARTS[1:]
    del place.replies["tests"]
    assert (await place.study()).exit_code == 1
    assert place.asked == []
    assert (await place.study(again=True)).exit_code == 0
    assert place.asked == ["tests"]


async def test_a_long_answer_is_shortened_to_whole_lines(place: Place) -> None:
    """A part has its share of a conversation's opening, and no more."""
    place.replies["tests"] = answer("\n".join(f"line number {number}" for number in range(1000)))
    text = (await place.study()).made[0].part.text
    assert text.startswith("line number 0\nline number 1\n")
    assert re.fullmatch(r"line number \d+", text.splitlines()[-1])
    assert TEXT_TOKENS < len(text) < 5 * TEXT_TOKENS


async def test_one_part_s_error_ends_the_study_and_keeps_the_others(place: Place) -> None:
    """Parts under way are paid for; the next study asks only for what is missing."""
    place.replies["module map: app"] = error(401, "no such key")
    with pytest.raises(ModelError, match="no such key"):
        await place.study(completions_at_once=1)
    assert place.asked == PARTS[:3]
    del place.replies["module map: app"]
    assert (await place.study()).exit_code == 0
    assert set(place.asked) == {"module map: app", "module map: tools"}


async def test_what_another_model_wrote_stays_until_it_is_replaced(place: Place) -> None:
    """A study that a budget ends early takes nothing from the dossier."""
    first = await place.study()
    second = await place.study(model="hosted_vllm/other", token_budget=10)
    assert second.exit_code == 3
    dossier = load_dossier(first.tree, place.cache)
    assert dossier is not None
    assert [part.inputs.model for part in dossier.parts] == ["hosted_vllm/scripted"] * 4
    await place.study(model="hosted_vllm/other")
    assert len(place.asked) == 4
    dossier = load_dossier(first.tree, place.cache)
    assert dossier is not None
    assert [part.inputs.model for part in dossier.parts] == ["hosted_vllm/other"] * 4


async def test_a_study_reads_nothing_outside_of_the_tree(place: Place) -> None:
    """A symlink of the repository is not followed."""
    (place.root / "secret.toml").write_text("hush = 1\n")
    (place.repository / "tox.ini").symlink_to(place.root / "secret.toml")
    await place.study()
    assert not any("hush" in request["messages"][0]["content"] for request in place.requests)
