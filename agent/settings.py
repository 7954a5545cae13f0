"""Every setting, defined once: its YAML key, its `SHREWD_<KEY>` variable and its `--key` flag."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from agent.values import (
    Address,
    Count,
    CountOrNone,
    Dollars,
    File,
    Name,
    Positive,
    Price,
    Program,
    Says,
    Seconds,
    Shell,
    Size,
    Temperature,
    TextSize,
    Window,
)

VARIABLE_PREFIX: Final = "SHREWD_"


class Settings(BaseModel):
    """The effective settings of a run. Sizes are bytes, times are seconds, money is dollars.

    The docstrings of the fields are the help texts of the flags.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    model: Name = "embedded/qwen2.5-coder-1.5b"
    """`embedded/NAME` for a local model (see `shrewd models list`), else a name as LiteLLM takes it, provider
    first: `openai/gpt-5-mini`, `anthropic/...`, `hosted_vllm/...` with --api-base; `none` to select
    without one."""
    api_base: Address | None = None
    """Where an OpenAI-compatible server listens."""
    context_tokens: Window | None = None
    """The model's context; unset: what the model says of itself."""
    tokenizer: File | None = None
    """The model's tokenizer.json, to count tokens exactly; unset: exactly for embedded models and OpenAI's, rather
    too many for others."""
    max_tokens: Count | None = None
    """Tokens of one answer, at most; unset: what suits the context."""
    temperature: Temperature | None = None
    """Sampling temperature; unset: what suits the model."""
    edit_format: Literal["auto", "blocks", "definitions", "whole"] = "auto"
    """How the model is asked to write edits: search/replace blocks, whole definitions, whole files, or (auto)
    what suits the model."""
    script_format: Literal["auto", "program", "printed"] = "auto"
    """How the model is asked to write test scripts: whole programs, an example and what it should print, or
    (auto) what suits the model."""
    completions_at_once: Count | None = None
    """Completions in flight, at most; unset: what suits the model."""
    model_timeout: Seconds = 600.0
    """How long one completion may take."""
    price_input: Price | None = None
    """Price of a million prompt tokens; unset: LiteLLM's table."""
    price_cached: Price | None = None
    """Price of a million prompt tokens that the server had cached; unset: as --price-input."""
    price_output: Price | None = None
    """Price of a million completion tokens; unset: LiteLLM's table."""

    samples: Count = 4
    """Trajectories."""
    iterations: Count = 4
    """Completions of one trajectory's edit stage, at most."""
    script_iterations: Count = 3
    """Completions of one trajectory's script stage, at most."""
    repairs: CountOrNone = 2
    """How often an answer that cannot be read is asked for again; these are not counted as iterations."""
    seed: CountOrNone = 0
    """Where all randomness comes from."""

    file_tokens: CountOrNone | None = None
    """Tokens of the repository's files that every conversation begins with, at most; unset: what suits the model."""
    scan: Literal["off", "survivors", "all"] = "off"
    """Let the model read files to say which matter: the best by words and names, or all; off: these decide."""
    rank: CountOrNone | None = None
    """How often the model orders what matters; unset: 3 times after a scan, else not at all."""
    embed: Name | None = None
    """An embedding model that says which files are near to the issue by what they mean, as LiteLLM takes its name:
    `openai/text-embedding-3-small`; unset: words and names alone."""
    embed_base: Address | None = None
    """Where that model's OpenAI-compatible server listens."""
    dossier: Literal["off", "on"] = "off"
    """Begin with what `shrewd study` has prepared of the repository, as far as it matches the issue."""
    reads: CountOrNone = 2
    """How often a trajectory may ask for more of the repository; models that are held to a grammar cannot ask."""

    method: Literal[
        "shrewd",
        "evidence",
        "random",
        "majority",
        "votes",
        "votes-valid",
        "codet",
        "b4",
        "consensus",
        "codemonkeys",
        "sstar",
        "judge",
        "trae",
        "hybrid",
    ] = "shrewd"
    """How one candidate is chosen."""
    tests: bool = True
    """Run the repository's own tests on the candidates: those that pass on the base tree and are near the edits."""
    test_command: Shell | None = None
    """Shell text that runs the repository's tests where pytest does not; it may write JUnit XML to {report}."""
    test_seconds: Seconds = 60.0
    """How long the repository's tests may take on one tree."""
    select_calls: CountOrNone = 16
    """Completions for choosing among the candidates of a task, at most; 0: no model is asked."""
    sstar_variant: Literal["paper", "repo"] = "paper"
    """Which S* is meant: that of the paper, or that of its released code."""
    abstain: bool = False
    """Choose no patch where none is trusted enough."""

    budget: Dollars | None = None
    """Money for the whole run."""
    token_budget: Count | None = None
    """Tokens for the whole run, of prompts and completions."""
    time_budget: Seconds | None = None
    """Time for the whole run."""

    sandbox: Literal["auto", "docker", "bubblewrap"] = "auto"
    """auto: Docker when it answers and the task names an image, else bubblewrap."""
    image: Name | None = None
    """Container image that holds the repository's environment."""
    python: Program | None = None
    """Interpreter on this machine that has the repository's dependencies; unset: one that is found."""
    setup: Shell = ""
    """Shell text run before every script, in its sandbox."""
    network: bool = False
    """Let scripts reach the network."""
    timeout: Seconds = 60.0
    """How long an execution may take."""
    memory: Size = 2 << 30
    """Memory of an execution."""
    cpus: Positive = 1.0
    """Processors of an execution."""
    processes: Count = 256
    """Processes and threads of an execution."""
    disk: Size = 1 << 30
    """What an execution may write, its copy of the tree included."""
    output: TextSize = 64 << 10
    """Kept of each of an execution's stdout and stderr."""
    executions_at_once: Count | None = None
    """Executions in flight, at most; unset: what the machine bears."""

    uncommitted: Literal["include", "refuse"] = "include"
    """What to do with uncommitted changes in the work tree."""
    ref: Name | None = None
    """Commit, branch or tag to start from; unset: the work tree, or the HEAD of a clone."""
    comments: bool = True
    """Read the comments of a GitHub issue, not only its text."""

    @model_validator(mode="after")
    def _prices_belong_together(self) -> Self:
        if (self.price_input is None) != (self.price_output is None):
            raise ValueError("price_input and price_output belong together: give both or neither")
        if self.price_cached is not None and self.price_input is None:
            raise ValueError("price_cached needs price_input and price_output")
        return self


_HEADINGS: Final[Mapping[str, str]] = {
    "model": "The model",
    "samples": "How much to try",
    "file_tokens": "What is read of the repository",
    "method": "How to choose",
    "budget": "What a run may spend",
    "sandbox": "Where code runs, and what one execution may use",
    "uncommitted": "What is to be solved",
}
"""Each stands above the field it names, in help texts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as help texts, flags and error messages need to know it."""

    key: str
    help: str
    section: str
    default: object
    choices: tuple[str, ...]
    switch: bool
    nullable: bool
    says: Says

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        return VARIABLE_PREFIX + self.key.upper()


def settings_table() -> Mapping[str, Setting]:
    """What there is to set, by key, in the order of the definitions."""
    table: dict[str, Setting] = {}
    section = ""
    for key, field in Settings.model_fields.items():
        section = _HEADINGS.get(key, section)
        table[key] = _setting(key, field, section)
    return table


def _setting(key: str, field: FieldInfo, section: str) -> Setting:
    annotation: object = field.annotation
    parts: tuple[object, ...] = get_args(annotation)
    choices = tuple(str(part) for part in parts) if get_origin(annotation) is Literal else ()
    if choices:
        says = Says("one of " + ", ".join(choices), "|".join(choices))
    elif annotation is bool:
        says = Says("true or false", "")
    else:
        # A union keeps what is said inside its first part, anything else beside the type.
        inside: tuple[object, ...] = getattr(parts[0], "__metadata__", ()) if parts else ()
        says = next(fact for fact in (*inside, *field.metadata) if isinstance(fact, Says))
    return Setting(
        key=key,
        help=" ".join((field.description or "").split()),
        section=section,
        default=field.get_default(),
        choices=choices,
        switch=annotation is bool,
        nullable=type(None) in parts,
        says=says,
    )
