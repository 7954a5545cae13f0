"""How to ask a model: what follows from its name unless the user says otherwise."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from agent.edits import EditFormat
from agent.settings import Settings

EMBEDDED = "embedded/"
ScriptFormat = Literal["program", "printed"]
"""How test scripts are asked for: whole programs, or an example and what it should print."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Sizes are tokens, but for `output_chars`."""

    edit_format: EditFormat
    script_format: ScriptFormat
    context_tokens: int
    max_tokens: int
    file_tokens: int
    """What the packed files may take of the context."""
    output_chars: int
    """How much of a program's output is shown."""
    temperature: float | None = None
    seeded: bool = False
    """Whether the server takes a seed."""
    local: bool = False
    """Whether it runs on this machine, for nothing."""
    constrained: bool = False
    """Whether answers are held to a grammar where there is one for them."""


_SMALL = Profile("definitions", "printed", 8192, 768, 1024, 1500, temperature=0.7, seeded=True, local=True)
_LARGE = Profile("blocks", "program", 128_000, 8192, 60_000, 8000)

# First match wins. The small models keep to neither search/replace blocks nor whole files, and seldom write a
# test script that runs; they repair a function when asked for the function, and give an example with what it
# should print (see docs/models.md).
_PROFILES: tuple[tuple[str, Profile], ...] = (
    (rf"^{EMBEDDED}", _SMALL),
    (r"(^|[^0-9.])(0\.5|1\.5|3|4|7|8)b\b", replace(_SMALL, local=False, temperature=0.7)),
    (
        r"^(ollama|ollama_chat|llamafile|lm_studio)/",
        replace(_LARGE, context_tokens=16_384, file_tokens=8_000, max_tokens=2048, output_chars=3000),
    ),
    (
        r"^hosted_vllm/",
        replace(_LARGE, context_tokens=32_768, file_tokens=16_000, max_tokens=4096, seeded=True),
    ),
)


def profile_of(settings: Settings, *, window: int | None = None) -> Profile:
    """The profile for the settings' model, the settings' own values over the defaults.

    `window` is the context that the model's server or price table states, in tokens.
    """
    found = next((p for pattern, p in _PROFILES if re.search(pattern, settings.model.lower())), _LARGE)
    context = settings.context_tokens or window or found.context_tokens
    answer = settings.max_tokens or min(found.max_tokens, context // 4)
    return replace(
        found,
        # A server of one's own speaks OpenAI's API, seeds included.
        seeded=found.seeded or settings.api_base is not None,
        edit_format=found.edit_format if settings.edit_format == "auto" else settings.edit_format,
        script_format=found.script_format if settings.script_format == "auto" else settings.script_format,
        # Sent only to servers that are known to take a grammar.
        constrained=settings.model.startswith((EMBEDDED, "hosted_vllm/")),
        context_tokens=context,
        max_tokens=answer,
        # Instructions, a script, its output and one turn of feedback need room beside the files.
        file_tokens=max(
            0, min(found.file_tokens if settings.file_tokens is None else settings.file_tokens, context - answer - 3072)
        ),
        temperature=found.temperature if settings.temperature is None else settings.temperature,
    )
