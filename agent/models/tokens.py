"""Counts tokens as a model does: by a tokenizer that the user names, or by what a model's own file says of its."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

from agent.errors import ModelSetupError
from agent.models.turnmarks import defused
from agent.rundir import write_file

Count = Callable[[str], int]
"""How many tokens a text is."""

KEPT: Final = ".tokenizer.json"
"""Ending of what is kept beside a model's file, for reading it out of there takes seconds."""

_CUTS: Final[Mapping[str, str]] = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
}
"""How a text is cut into words before pairs are merged, by the name that a model's file has for it."""
_SPECIAL: Final = frozenset({3, 4})
"""Kinds of tokens that are found whole, before a text is cut: control and user-defined, as GGUF numbers them."""

_logger = logging.getLogger(__name__)


def count_by(path: Path) -> Count:
    """Counts by a `tokenizer.json`, the form in which tokenizers are published with open models.

    Raises:
        ModelSetupError: the file is not there, or is something else.
    """
    try:
        return _counter(Tokenizer.from_str(path.read_text(encoding="utf-8")))
    except Exception as error:  # noqa: BLE001  # the library raises nothing more precise
        said = error.strerror if isinstance(error, OSError) else error
        raise ModelSetupError(
            f"{path} cannot be used to count tokens: {said}. `tokenizer` wants the tokenizer.json that is published "
            "with the model; without it, tokens are estimated"
        ) from None


@cache
def count_as(model: Path) -> Count:
    """Counts as the model does that this GGUF file holds.

    Raises:
        ModelSetupError: the file has no tokenizer of a kind that is known here.
    """
    kept = model.with_name(model.name + KEPT)
    with suppress(ModelSetupError):  # not there yet, or damaged: it is made anew
        return count_by(kept)
    tokenizer = _tokenizer_in(model)
    try:
        write_file(kept, tokenizer.to_str())
    except OSError as error:
        _logger.warning("the tokenizer of %s cannot be kept beside it, and is read again each time: %s", model, error)
    return _counter(tokenizer)


def _counter(tokenizer: Tokenizer) -> Count:
    # Published files say how long a text their models were trained on, and would cut ours there.
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(text: str) -> int:
        # As it is sent. Half a pair of surrogates is no text for the library.
        whole = defused(text).encode("utf-8", errors="replace").decode("utf-8")
        return len(tokenizer.encode(whole, add_special_tokens=False).ids)

    return count


def _tokenizer_in(model: Path) -> Tokenizer:
    from gguf import GGUFReader

    reader: Any = GGUFReader(model)

    def said(key: str) -> Any:
        field = reader.get_field(f"tokenizer.ggml.{key}")
        return None if field is None else field.contents()

    cut = _CUTS.get(said("pre"))
    if said("model") != "gpt2" or cut is None:
        raise ModelSetupError(f"{model} has a tokenizer of an unknown kind: {said('model')}, {said('pre')}")
    tokens: Sequence[str] = said("tokens")
    kinds: Sequence[int] = said("token_type")
    pairs = [(left, right) for left, _, right in (str(pair).partition(" ") for pair in said("merges"))]
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(cut), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind in _SPECIAL]
    library: Any = tokenizer  # whose stubs leave a list's type open
    library.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer
