"""Turns a diagnosis into an error for people: the provider's words without secrets, and how to mend it."""

from dataclasses import dataclass
from typing import Final

from agent.errors import ModelError, ModelSetupError
from agent.models.diagnosis import Diagnosis, Trouble
from agent.redact import Redactor
from agent.terminal import one_line

_WORDS_SHOWN: Final = 600
_SET_UP: Final = frozenset({401, 404})


@dataclass(frozen=True, slots=True)
class Target:
    """Who was asked."""

    name: str
    provider: str
    api_base: str | None
    flag: str
    """Of the command line, that `api_base` came by."""
    keys: tuple[str, ...]
    """Environment variables that might hold the missing key."""


def to_error(found: Diagnosis, target: Target, redactor: Redactor) -> ModelError:
    """The error, with no cause or context attached: those would carry what is redacted here."""
    # Redacted before it is cut: half a secret would not be recognised.
    words = one_line(redactor.redact(found.words), _WORDS_SHOWN)
    match found.trouble:
        case Trouble.UNREACHABLE:
            where = target.api_base or f"the provider {target.provider}"
            text = f"{target.name}: cannot reach {where}: {words}"
        case Trouble.BROKEN:
            text = f"{target.name}: the connection broke off: {words}"
        case Trouble.GARBLED:
            text = f"{target.name}: the answer cannot be read: {words}"
        case Trouble.UNSENT:
            text = f"{target.name} cannot be asked: {words}"
        case _:
            text = f"{target.name} answered {found.status}: {words}"
    hint = _hint(found, target)
    if _is_set_up(found, target):
        return ModelSetupError(f"{text}{hint}", status=found.status, billed=found.billed)
    return ModelError(text, status=found.status, billed=found.billed)


def _is_set_up(found: Diagnosis, target: Target) -> bool:
    if found.trouble is Trouble.UNREACHABLE:
        return target.api_base is not None
    return found.trouble is Trouble.UNSENT or found.status in _SET_UP


def _hint(found: Diagnosis, target: Target) -> str:
    if found.trouble is Trouble.UNREACHABLE:
        return f". Is the server of {target.flag} {target.api_base} running?"
    if found.status == 404:
        return f". Check the model's name, provider first as in openai/gpt-5-mini, and {target.flag}"
    if found.status == 401 or target.keys:
        keys = " or ".join(target.keys)
        return f". Set {keys}" if keys else ". The key that is set was refused: check it"
    return ""
