"""How a dossier is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.dossier import Dossier, Inputs, Part, load_dossier
from agent.dossier.store import dossier_path, load_part, part_path, store_dossier, store_part

PART = Part("tests", ("tox.ini",), "Run tox.", Inputs({"tox.ini": "b10b"}, "asked", "openai/x"), 120)
TREE = "7ree"


def test_a_dossier_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    """Its parts in the order of the list."""
    other = replace(PART, name="conventions", text="Short names.")
    for part in (PART, other):
        store_part(tmp_path, part)
    store_dossier(tmp_path, TREE, [other.key, PART.key])
    assert load_dossier(TREE, tmp_path) == Dossier(TREE, (other, PART))


def test_a_tree_that_was_never_studied_has_none(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    assert load_dossier(TREE, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(PART, name="conventions"),
        replace(PART, inputs=replace(PART.inputs, blobs={"tox.ini": "0ther"})),
        replace(PART, inputs=replace(PART.inputs, prompt="asked otherwise")),
        replace(PART, inputs=replace(PART.inputs, model="openai/y")),
    ],
)
def test_other_inputs_are_another_part(other: Part) -> None:
    """The key is a digest of what it was made from, and not of what came of it."""
    assert other.key != PART.key
    assert replace(PART, text="Run pytest.", tokens=1).key == PART.key


def test_a_failed_part_is_known_and_not_shown(tmp_path: Path) -> None:
    """It is not asked about again by itself, and no conversation sees it."""
    failed = replace(PART, text="", failed="the answer was empty")
    store_part(tmp_path, failed)
    store_dossier(tmp_path, TREE, [failed.key])
    assert load_part(tmp_path, failed.key) == failed
    assert load_dossier(TREE, tmp_path) == Dossier(TREE, ())


@pytest.mark.parametrize("damage", [b"", b"{", b'{"name": "tests"}', b"\xff"])
def test_what_is_damaged_counts_as_not_there(tmp_path: Path, damage: bytes) -> None:
    """A cache can be made anew; a damaged one stops nothing."""
    store_part(tmp_path, PART)
    store_dossier(tmp_path, TREE, [PART.key])
    part_path(tmp_path, PART.key).write_bytes(damage)
    assert load_dossier(TREE, tmp_path) == Dossier(TREE, ())
    dossier_path(tmp_path, TREE).write_bytes(damage)
    assert load_dossier(TREE, tmp_path) is None


def test_a_part_under_another_key_is_not_believed(tmp_path: Path) -> None:
    """A file that was copied or edited is not what was made from these inputs."""
    store_part(tmp_path, PART)
    wrong = replace(PART, name="conventions").key
    part_path(tmp_path, wrong).write_bytes(part_path(tmp_path, PART.key).read_bytes())
    assert load_part(tmp_path, wrong) is None
