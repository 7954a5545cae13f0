"""What a model adds to a ranking, on request."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import PROFILE, ScriptedSandbox, open_test_bench
from support.scanning import ReadingModel

from agent.context.find import find_context, find_ranking
from agent.messages import Message
from agent.workbench import Reading

FILES: dict[str, str | bytes] = {
    "lib.py": "from helper import fix\n\n\ndef double(x):\n    return fix(x)\n",
    "helper.py": "def fix(x):\n    return x + 1\n",
    "notes.md": "double double double\n",
    "tests/test_lib.py": "def test_double(): ...\n",
}


def reader(said: list[Message]) -> str:
    """Says that the helper matters and the library does not, and puts the helper first."""
    question = said[-1].content
    if "# Task: put these files in order" in question:
        return 'The helper is at fault.\n\n```json\n["helper.py", "invented.py"]\n```'
    paths = [path for path in FILES if re.search(rf"^{re.escape(path)}$", question, re.MULTILINE)]
    return "\n".join(f"{path}: {'relevant' if path == 'helper.py' else 'not relevant'} - it adds" for path in paths)


async def ranking(place: Path, reading: Reading) -> tuple[list[str], ReadingModel, list[str]]:
    model = ReadingModel(reader)
    async with open_test_bench(place, FILES, model, ScriptedSandbox(lambda *_: 0)) as bench:  # type: ignore[arg-type]
        found = await find_ranking(replace(bench, reading=reading), 1000)
        reasons = found.file(found.order[0]).reasons
        return [found.index.paths[file] for file in found.order], model, list(reasons)


async def test_by_default_no_model_is_asked(tmp_path: Path) -> None:
    """Words and names decide, and cost nothing."""
    paths, model, _ = await ranking(tmp_path, Reading())
    assert paths[0] == "lib.py"
    assert model.asked == []


async def test_what_a_scan_calls_relevant_comes_first(tmp_path: Path) -> None:
    """With the model's reason beside the others; what it turns down is not thrown away."""
    paths, model, reasons = await ranking(tmp_path, Reading(scan="survivors"))
    assert paths[0] == "helper.py"
    assert "relevant: it adds" in reasons
    assert set(paths) == set(FILES)
    assert len(model.asked) == 1


async def test_a_scan_of_all_leaves_out_tests_alone(tmp_path: Path) -> None:
    """As the published system reads every file; also those without a word in common."""
    _, model, _ = await ranking(tmp_path, Reading(scan="all"))
    shown = model.asked[0][-1].content
    assert all(f"\n{path}\n" in shown for path in ("lib.py", "helper.py", "notes.md"))
    assert "tests/test_lib.py" not in shown


async def test_the_model_puts_in_order_what_matters(tmp_path: Path) -> None:
    """Several times; a path that it invents goes nowhere."""
    paths, model, reasons = await ranking(tmp_path, Reading(rankings=3))
    assert paths[0] == "helper.py"
    assert "ranked 1 of 1" in reasons
    assert len(model.asked) == 3
    assert "invented.py" not in paths


async def test_a_second_look_is_free(tmp_path: Path) -> None:
    """What the model said is in the journal."""
    first, _, _ = await ranking(tmp_path, Reading(scan="survivors", rankings=2))
    again, model, _ = await ranking(tmp_path, Reading(scan="survivors", rankings=2))
    assert again == first
    assert model.asked == []


@pytest.mark.parametrize("tokens", [0, 40, 400])
async def test_the_room_for_files_is_kept(tmp_path: Path, tokens: int) -> None:
    """Whatever the profile allows, less what something else takes."""
    model = ReadingModel(reader)
    profile = replace(PROFILE, file_tokens=tokens)
    async with open_test_bench(tmp_path, FILES, model, ScriptedSandbox(lambda *_: 0), profile=profile) as bench:  # type: ignore[arg-type]
        context, _ = await find_context(bench, without=30)
        assert context.tokens <= max(0, tokens - 30)
