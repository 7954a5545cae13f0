"""Makes images, layer by layer: a container of the last layer, files laid, commands run, the result kept. It blocks.

Nothing that helps to build stays in an image: certificates, indexes and proxies are in a volume and in the
environment of single commands, neither of which an image is made of. A Dockerfile could not promise that
without BuildKit, which not every engine has. Layers are found again by a label, so that tasks share them.
"""

import hashlib
import json
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from sandbox.docker_commit import commit, labelled_images, tag
from sandbox.docker_engine import Engine
from sandbox.docker_images import describe_image
from sandbox.errors import ImageError
from sandbox.image_pull import pull
from sandbox.image_recipe import IMAGE, LAYER, NOTE, Built, Helpers, Layer, Recipe
from sandbox.image_workshop import Say, complaint, lay_files, opened, run
from sandbox.images import check_name

_NOTES = "shrewd.notes"
_SCHEME = 1
"""Part of every layer's key: to be raised when the same layer would be made otherwise."""

_ENGINE_SECONDS = 1200


class _CommandFailed(ImageError):
    """A command of a layer failed, so its alternative may be tried."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a layer rests on, and what is written into its image beside its files."""

    image: str
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


def build_image(recipe: Recipe, helpers: Helpers, *, say: Say, fresh: bool = False) -> Built:
    """Make an image. `say` gets every line of output, which comes from strangers; `fresh` reuses no layer.

    Raises:
        ImageError: the base cannot be had, or a command failed: the message has it, and its last lines.
        SandboxBroken: the engine refused or is gone.
        SandboxUnavailable: no engine answers.
        ValueError: the recipe has no layers.
    """
    if not recipe.layers:
        raise ValueError("an image needs a layer")
    check_name(recipe.name)
    ensure_image(recipe.base, say=say)
    with closing(Engine.connect(seconds=_ENGINE_SECONDS)) as engine:
        base = describe_image(engine, recipe.base)
        if base is None:
            raise ImageError(f"the base image {recipe.base} has just been removed")
        bench = _Bench(engine, helpers, say, fresh=fresh)
        ground = _Ground(str(base["Id"]))
        for layer in recipe.layers[:-1]:
            ground = bench.layer(layer, ground)
        labels = {IMAGE: "1", **recipe.labels}
        ground = replace(
            ground, changes=(f"WORKDIR {recipe.workdir}", 'CMD ["/bin/bash"]'), labels=tuple(sorted(labels.items()))
        )
        made = bench.layer(recipe.layers[-1], ground)
        tag(engine, made.image, *_parted(recipe.name))
    return Built(recipe.name, made.image, made.notes, bench.made, bench.reused)


def ensure_image(name: str, *, say: Say) -> None:
    """Pull an image unless it is on this machine.

    Raises:
        ImageError: it cannot be had.
    """
    check_name(name)
    with closing(Engine.connect()) as engine:
        if describe_image(engine, name) is not None:
            return
    say(f"pulling {name}")
    try:
        pull(name, progress=lambda _: None)
    except ImageError as error:
        raise ImageError(f"the base image {name} is not on this machine, and cannot be had: {error}") from error


def ask_image(name: str, command: str) -> str | None:
    """The last lines that a shell command prints in an image, without a network; None if it fails.

    Raises:
        ImageError: the image is not on this machine, or cannot run here.
    """
    with closing(Engine.connect()) as engine, opened(engine, name, Helpers(network="none")) as container:
        answer = run(engine, container, "/", command, lambda _: None)
    return "\n".join(answer.lines) if answer.code == 0 else None


class _Bench:
    """Makes layers, and counts them."""

    def __init__(self, engine: Engine, helpers: Helpers, say: Say, *, fresh: bool) -> None:
        self.made = self.reused = 0
        self._engine = engine
        self._helpers = helpers
        self._say = say
        self._fresh = fresh

    def layer(self, layer: Layer, ground: _Ground) -> _Ground:
        """The layer's image, as ground for the next."""
        choices = [layer]
        while choices[-1].otherwise is not None:
            choices.append(choices[-1].otherwise)
        keys = [_key(choice, ground) for choice in choices]
        if not self._fresh:
            for key in keys:
                for one in labelled_images(self._engine, f"{LAYER}={key}"):
                    self._say(f"=== {layer.name}: there already")
                    self.reused += 1
                    return _Ground(one.id, tuple(json.loads(one.labels[_NOTES])))
        for choice, key in zip(choices, keys, strict=True):
            self._say(f"=== {choice.name}")
            try:
                return self._make(choice, key, ground)
            except _CommandFailed as error:
                if choice.otherwise is None:
                    raise
                self._say(f"=== {error}")
        raise AssertionError  # the last choice has no other

    def _make(self, layer: Layer, key: str, ground: _Ground) -> _Ground:
        notes = [*ground.notes, *([layer.note] if layer.note else [])]

        def hear(line: str) -> None:
            if line.startswith(NOTE):
                notes.append(line.removeprefix(NOTE))
            self._say(line)

        with opened(self._engine, ground.image, self._helpers) as container:
            if layer.lay is not None:
                self._run(layer.name, container, "/", f"mkdir -p {shlex.quote(layer.lay.at)}", hear)
                lay_files(self._engine, container, layer.lay)
            for command in layer.commands:
                self._run(layer.name, container, layer.workdir, command, hear)
            told = tuple(dict.fromkeys(notes))
            labels = {**dict(ground.labels), LAYER: key, _NOTES: json.dumps(told)}
            image = commit(self._engine, container, changes=[*layer.changes, *ground.changes], labels=labels)
        self.made += 1
        return _Ground(image, told)

    def _run(self, name: str, container: str, workdir: str, command: str, hear: Say) -> None:
        answer = run(self._engine, container, workdir, command, hear)
        if answer.code != 0:
            raise _CommandFailed(complaint(name, command, answer))


def _key(layer: Layer, ground: _Ground) -> str:
    laid = None if layer.lay is None else [layer.lay.at, layer.lay.key]
    told: Sequence[str] = (layer.note, *ground.notes)
    facts = [_SCHEME, ground.image, ground.changes, ground.labels, told, laid]
    facts += [layer.commands, layer.workdir, layer.changes]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _parted(name: str) -> tuple[str, str]:
    """The repository and the tag of a name."""
    if ":" not in name.rpartition("/")[2]:
        return name, "latest"
    repository, _, version = name.rpartition(":")
    return repository, version
