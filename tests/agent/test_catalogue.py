"""The catalogue of embedded models."""

from pathlib import Path

import pytest

from agent.errors import UserError
from agent.models.catalogue import CATALOGUE, CatalogueEntry, HubSource, WheelSource, find, is_pulled, model_path


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_an_entry_is_sealed_and_has_two_sources(entry: CatalogueEntry) -> None:
    """A hub first, wheels after it, both behind one size and hash."""
    assert [type(source) for source in entry.sources] == [HubSource, WheelSource]
    assert len(bytes.fromhex(entry.sha256)) == 32
    assert entry.size > 10**8
    assert entry.served_context <= entry.trained_context


def test_a_model_is_found_by_name() -> None:
    """Under the name that the entry itself has."""
    assert find("qwen2.5-coder-0.5b").name == "qwen2.5-coder-0.5b"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("qwen-coder-0.5b", "Did you mean qwen2.5-coder-0.5b?"), ("qwen2.5-coder", "Did you mean "), ("gpt", "Known: ")],
)
def test_an_unknown_name_gets_help(wrong: str, near: str) -> None:
    """The nearest name where there is one, and always the list."""
    with pytest.raises(UserError) as caught:
        find(wrong)
    assert near in str(caught.value)
    assert all(name in str(caught.value) for name in CATALOGUE)


def test_a_file_of_another_size_is_not_pulled(tmp_path: Path) -> None:
    """Only the whole file counts."""
    entry = find("qwen2.5-coder-0.5b")
    assert not is_pulled(entry, tmp_path)
    path = model_path(entry, tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"GGUF")
    assert not is_pulled(entry, tmp_path)
