"""What of a dossier conversations begin with."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import ScriptedModel, ScriptedSandbox, open_test_bench

from agent.dossier import Inputs, Part
from agent.dossier.shown import dossier_of
from agent.dossier.store import store_dossier, store_part
from agent.errors import UserError
from agent.journal import digest
from agent.solve import set_up
from agent.trajectory import Steps
from agent.workbench import Reading

FILES: dict[str, str | bytes] = {"lib.py": "def double(x):\n    return x + 1\n"}


def store(cache: Path, tree: str, text: str) -> None:
    part = Part("tests", ("lib.py",), text, Inputs({"lib.py": "b"}, digest(text), "m"), 10)
    store_part(cache, part)
    store_dossier(cache, tree, [part.key])


async def test_it_stands_in_the_opening_and_is_counted(tmp_path: Path) -> None:
    """Between the issue and the files, the same for all; a later study changes nothing of a run that has begun."""
    cache = tmp_path / "cache"
    async with open_test_bench(tmp_path, FILES, ScriptedModel([]), ScriptedSandbox(lambda *_: 0)) as plain:
        bench = replace(plain, reading=Reading(dossier=True, cache=cache))
        store(cache, bench.base.tree, "Run pytest -q.")
        _, shared = await set_up(bench, Steps(1, 1, 0))
        assert "Run pytest -q." in shared.opening[1].content
        assert shared.opening[1].content.index("Run pytest") < shared.opening[1].content.index("# Files")
        store(cache, bench.base.tree, "Run something else.")
        _, again = await set_up(bench, Steps(1, 1, 0))
        assert again.opening == shared.opening


async def test_without_a_study_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    """Asked for and not there is an error, not silence."""
    async with open_test_bench(tmp_path, FILES, ScriptedModel([]), ScriptedSandbox(lambda *_: 0)) as bench:
        with pytest.raises(UserError, match="shrewd study"):
            await dossier_of(replace(bench, reading=Reading(dossier=True, cache=tmp_path / "cache")))


async def test_off_is_off(tmp_path: Path) -> None:
    """Nothing is read and nothing is shown."""
    async with open_test_bench(tmp_path, FILES, ScriptedModel([]), ScriptedSandbox(lambda *_: 0)) as plain:
        store(tmp_path / "cache", plain.base.tree, "Run pytest -q.")
        bench = replace(plain, reading=Reading(cache=tmp_path / "cache"))
        assert await dossier_of(bench) == ""
        _, shared = await set_up(bench, Steps(1, 1, 0))
        assert "Notes on the repository" not in shared.opening[1].content
