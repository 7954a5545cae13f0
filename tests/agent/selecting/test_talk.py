"""Conversations that outgrow the context."""

from pathlib import Path

from support.bench import PROFILE
from support.selecting import RIGHT, WORSE, WRONG, AnsweringModel, Case, choosing, opened, patches_in

from agent.selecting.codemonkeys import codemonkeys

SCRIPT = "import sys\n\nfrom lib import double\n\nsys.exit(0 if double(3) == 6 else 2)\n"
THREE = Case({"right": RIGHT, "wrong": WRONG, "worse": WORSE})


async def test_long_conversations_drop_their_oldest_scripts(tmp_path: Path) -> None:
    """The patches stay in sight, and every question fits the context."""
    wordy = "# " + "why " * 400 + "\n"
    model = AnsweringModel(
        lambda messages: (
            f"```python\n{wordy}{SCRIPT.replace('3', str(len(model.asked)))}```"
            if len(model.asked) < 14
            else choosing(RIGHT)(messages)
        )
    )
    async with opened(tmp_path, THREE, model) as case:
        assert case.named(await case.choose(codemonkeys)) == "right"
        sizes = [sum(case.bench.count_tokens(m.content) + 8 for m in said) for said in model.asked]
    assert max(sizes) + PROFILE.max_tokens <= PROFILE.context_tokens
    assert all(len(patches_in(said)) == 3 for said in model.asked)
