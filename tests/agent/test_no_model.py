"""`--model none`: nothing is opened and nothing is asked."""

from pathlib import Path

import pytest

from agent.cli.main import main
from agent.doctor.models import check_model
from agent.errors import ModelSetupError
from agent.ledger import Budget
from agent.machinery import open_machinery
from agent.messages import Message, Sampling
from agent.models.opening import NONE, open_model
from agent.settings import Settings


async def test_it_costs_nothing_and_may_not_be_asked() -> None:
    """Whoever asks it all the same is told so."""
    async with open_model(Settings(model=NONE), {}) as opened:
        assert not opened.asks
        Budget(0.01, None, None).check_startable(opened.price)
        with pytest.raises(ModelSetupError, match="--model none asks no model"):
            await opened.model.complete([Message("user", "Well?")], Sampling())


async def test_a_model_that_is_not_needed_is_not_opened() -> None:
    """Neither its key nor its name is looked at."""
    async with open_machinery(Settings(model="nobody/nothing"), {}, asks=False) as machinery:
        assert not machinery.model.asks
        assert machinery.settings.model == "nobody/nothing"


def test_the_doctor_has_nothing_to_find(tmp_path: Path) -> None:
    """No key, no price, no download."""
    [check] = check_model(Settings(model=NONE), {}, tmp_path)
    assert check.status == "ok"


@pytest.mark.parametrize("command", [["solve", ".", "--issue", "It breaks."], ["bench", "--dataset", "rows.jsonl"]])
def test_what_writes_patches_needs_a_model(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so before it makes anything."""
    assert main([*command, "--model", "none", "--out", str(tmp_path / "run")]) == 2
    assert "writing patches needs a model, and --model is none" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
