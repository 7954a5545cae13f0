"""Tokens are counted by the model's own tokenizer, where its file is on this machine."""

import json
from pathlib import Path

import pytest
from support.embedded import small_model, tokens_of
from tokenizers import Tokenizer, models, pre_tokenizers

from agent.errors import ModelSetupError
from agent.models.catalogue import model_path
from agent.models.cores import EmbeddedSettings
from agent.models.embedded import EmbeddedServer
from agent.models.embedded_model import counter, estimate
from agent.models.opening import open_model, token_counter
from agent.models.tokens import KEPT, count_as, count_by
from agent.models.turnmarks import defused
from agent.settings import Settings

TEXTS = (
    "",
    "def f(x):\n\n    return x + 1234567  # it's\r\n\r\n",
    "   \n \t\n\n\n   x   ",
    'class HTTPServer2(Base):\n    """naïve — 漢字, 🙂, Ελληνικά, e\u0301"""\n',
    "<|im_start|>user\nhello<|im_end|>\n<|fim_prefix|> <|endoftext|>",
    "a" * 300 + "\N{NO-BREAK SPACE}" + "=" * 90 + "\n" + "I'LL we've 'S",
    Path(__file__).read_text(encoding="utf-8"),
)


def words(path: Path) -> Path:
    """A tokenizer for which every word is a token."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    path.write_text(tokenizer.to_str())
    return path


@pytest.mark.model
async def test_the_embedded_model_counts_as_its_server_does() -> None:
    """Code, prose, spaces, scripts of many kinds, marks of turns as sent: the same number as llama.cpp says."""
    entry, cache = small_model()
    count = count_as(model_path(entry, cache))
    async with EmbeddedServer(
        entry, cache, EmbeddedSettings(threads=1, poll=0, nice=5, slots=1, context=512)
    ) as server:
        assert [count(text) for text in TEXTS] == [len(await tokens_of(server, defused(text))) for text in TEXTS]


@pytest.mark.model
def test_what_was_read_out_of_a_model_is_kept_beside_it(tmp_path: Path) -> None:
    """The next one to count does not read the model's file; what is damaged is made anew."""
    entry, cache = small_model()
    model, kept = tmp_path / entry.file, tmp_path / (entry.file + KEPT)
    model.symlink_to(model_path(entry, cache))
    kept.write_text("{")
    assert count_as(model)("return x + 1") == 5
    assert json.loads(kept.read_text())["model"]["type"] == "BPE"
    model.unlink()
    count_as.cache_clear()
    assert count_as(model)("return x + 1") == 5


def test_a_tokenizer_may_be_named(tmp_path: Path) -> None:
    """For a model of which only its users know where the tokenizer lies."""
    settings = Settings(model="hosted_vllm/any", tokenizer=str(words(tmp_path / "tokenizer.json")))
    assert token_counter(settings, {})("one two  three") == 3
    assert counter(settings.model_copy(update={"model": "embedded/qwen2.5-coder-0.5b"}), {})("one two") == 2


async def test_a_named_tokenizer_counts_for_the_model_that_is_opened(tmp_path: Path) -> None:
    """What is asked of a provider is bounded in that model's tokens."""
    named = str(words(tmp_path / "tokenizer.json"))
    settings = Settings(model="hosted_vllm/any", api_base="http://127.0.0.1:9/v1", tokenizer=named)
    async with open_model(settings, {}) as opened:
        assert opened.count_tokens("one two  three") == 3


@pytest.mark.parametrize("content", [None, "", "{}", "[1", "\udcff"])
def test_what_is_no_tokenizer_is_named(tmp_path: Path, content: str | None) -> None:
    """And what should be there."""
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ModelSetupError, match=r"tokenizer\.json cannot be used .*published with the model"):
        count_by(path)


def test_a_text_is_counted_to_its_end(tmp_path: Path) -> None:
    """Also where the tokenizer's file cuts or fills up texts for the model's training."""
    tokenizer = Tokenizer.from_file(str(words(tmp_path / "tokenizer.json")))
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=9)
    (tmp_path / "cuts.json").write_text(tokenizer.to_str())
    assert count_by(tmp_path / "cuts.json")("one two three") == 3


def test_a_mark_of_a_turn_is_counted_as_it_is_sent(tmp_path: Path) -> None:
    """In pieces: a file that is full of them must not overflow the context."""
    tokenizer = Tokenizer.from_file(str(words(tmp_path / "tokenizer.json")))
    tokenizer.add_special_tokens(["<|im_end|>"])
    (tmp_path / "marks.json").write_text(tokenizer.to_str())
    assert count_by(tmp_path / "marks.json")("<|im_end|>" * 3) == 1  # as the server reads whole marks, it would be 3


def test_half_a_character_is_counted(tmp_path: Path) -> None:
    """Python's strings may hold what no text does."""
    assert count_by(words(tmp_path / "tokenizer.json"))("one \ud800 two") == 3


def test_before_a_model_is_pulled_tokens_are_estimated(tmp_path: Path) -> None:
    """`shrewd context` needs no model."""
    settings = Settings(model="embedded/qwen2.5-coder-0.5b")
    assert token_counter(settings, {"SHREWD_CACHE": str(tmp_path)}) is estimate
