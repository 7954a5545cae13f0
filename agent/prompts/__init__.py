"""Everything that is ever said to a model, as templates; named by content, so a run knows its wording."""

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined


def _source(name: str) -> str:
    return files("agent.prompts").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    # No autoescape: prompts are plain text. What is filled in is never itself rendered.
    return Environment(  # noqa: S701 - not HTML
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def render(template: str, **values: object) -> str:
    """The text of `template` (without its `.j2`) with `values` filled in; a missing value is an error."""
    return _environment().get_template(f"{template}.j2").render(values)


def names() -> tuple[str, ...]:
    """All templates, sorted."""
    folder = files("agent.prompts")
    return tuple(sorted(item.name.removesuffix(".j2") for item in folder.iterdir() if item.name.endswith(".j2")))


@cache
def version() -> str:
    """A short hash over all templates, noted in every journal."""
    text = "\0".join(name + "\0" + _source(f"{name}.j2") for name in names())
    return hashlib.sha256(text.encode()).hexdigest()[:12]
