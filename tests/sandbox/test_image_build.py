"""Images made by the real engine, without a network."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.sandboxes import IMAGE

from sandbox.docker_commit import labelled_images
from sandbox.docker_engine import Engine
from sandbox.docker_images import describe_image, remove_tag
from sandbox.errors import ImageError
from sandbox.image_build import ask_image, build_image
from sandbox.image_recipe import Built, Helpers, Lay, Layer, Recipe
from sandbox.image_stock import foreign_image, made_images, remove_made

pytestmark = pytest.mark.docker

OFFLINE = Helpers(network="none")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(docker: str) -> Iterator[Engine]:
    """The engine itself, to look at what came of it."""
    engine = Engine.connect()
    yield engine
    engine.close()


@pytest.fixture
def name(engine: Engine) -> Iterator[str]:
    """A name that no image has, and none has afterwards."""
    name = f"shrewd-test/{uuid.uuid4().hex[:12]}:one"
    yield name
    for one in labelled_images(engine, f"shrewd.test={name}"):
        remove_tag(engine, one.names[0] if one.names else one.id)


def make(name: str, *layers: Layer, helpers: Helpers = OFFLINE, lines: list[str] | None = None) -> Built:
    heard = lines if lines is not None else []
    recipe = Recipe(name, IMAGE, layers, "/testbed", {"shrewd.test": name})
    return build_image(recipe, helpers, say=heard.append)


def config(engine: Engine, name: str) -> dict[str, Any]:
    said = describe_image(engine, name)
    assert said is not None
    return said["Config"]


def test_files_and_commands_become_an_image(engine: Engine, name: str, tmp_path: Path) -> None:
    """The files belong to root, keep their modes and links, and every line of output is heard."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text("#!/bin/sh\necho tool\n")
    (tmp_path / "bin" / "tool").chmod(0o755)
    (tmp_path / "link").symlink_to("bin")
    lines: list[str] = []
    lay = Lay(tmp_path, "/testbed", name)
    make(name, Layer("all", ("link/tool", "echo made >made"), lay, "/testbed"), lines=lines)

    assert ask_image(name, "cat made; link/tool; stat -c '%U %a' bin/tool; pwd") is None  # commands start at /
    said = ask_image(name, "cd /testbed; cat made; link/tool; stat -c '%U %a' bin/tool")
    assert (said, "tool" in lines) == ("made\ntool\nroot 755", True)


def test_an_image_idles_ends_at_once_and_starts_where_the_files_are(engine: Engine, name: str) -> None:
    """As harnesses expect it: no entrypoint in the way, and nothing that waits for a signal."""
    make(name, Layer("one", ("mkdir /testbed",)))
    found = config(engine, name)
    assert found["StopSignal"] == "SIGKILL"
    assert (found["Cmd"], found["Entrypoint"] or None, found["WorkingDir"]) == (["/bin/bash"], None, "/testbed")
    assert found["Labels"]["shrewd.image"] == "1"


def test_a_base_with_an_entrypoint_and_a_user_of_its_own(engine: Engine, name: str) -> None:
    """The user stays, the entrypoint goes, and what is set up is set up by root."""
    base = f"{name}-base"
    make(base, Layer("odd", (f"echo {name}",), changes=('ENTRYPOINT ["echo"]', "USER nobody", "ENV A=b")))
    try:
        recipe = Recipe(name, base, (Layer("one", ("id -un >/who",)),), "/", {"shrewd.test": name})
        build_image(recipe, OFFLINE, say=print)
        found = config(engine, name)
        assert (found["Entrypoint"] or None, found["User"], "A=b" in found["Env"]) == (None, "nobody", True)
        assert ask_image(name, "cat /who") == "root"
    finally:
        remove_tag(engine, name)
        remove_tag(engine, base)


def test_helpers_are_there_and_leave_no_trace(engine: Engine, name: str) -> None:
    """Neither the files nor the variables are in the image, its history or its settings."""
    helpers = Helpers({"secret.pem": b"hush-file"}, {"INDEX": "https://user:hush-variable@x"}, "none")
    lines: list[str] = []
    make(name, Layer("one", ("cat /mnt/secret.pem; echo; echo $INDEX",)), helpers=helpers, lines=lines)

    assert {"hush-file", "https://user:hush-variable@x"} <= set(lines)
    left = ask_image(name, "ls -A /mnt; env")
    assert left is not None
    assert ("secret" in left, "INDEX" in left) == (False, False)
    assert "hush" not in json.dumps(describe_image(engine, name)) + json.dumps(engine.api.history(name))


def test_layers_are_shared(name: str) -> None:
    """What another image has made already is found, also under another name."""
    first, second = Layer("shared", (f"echo {name} >/shared",)), Layer("own", ("echo 1 >/own",))
    assert make(name, first, second).made == 2
    again = make(name, first, Layer("other", ("echo 2 >/own",)))
    assert (again.made, again.reused) == (1, 1)
    assert ask_image(name, "cat /shared /own") == f"{name}\n2"


def test_a_failing_command_is_told_with_its_last_lines(name: str) -> None:
    """Twenty of them; no image has the name, and the command is in the message."""
    with pytest.raises(ImageError) as caught:
        make(name, Layer("the step", ("for i in $(seq 30); do echo line $i; done; exit 7",)))
    said = str(caught.value)
    assert "the step: this command failed with exit status 7:\n  for i in" in said
    assert ("line 11\n" in said, "line 10\n" in said) == (True, False)
    with pytest.raises(ImageError, match="not on this machine"):
        ask_image(name, "true")


def test_another_way_is_taken_when_the_first_fails(name: str) -> None:
    """With the note that tells so, now and when the layer is found again; nothing of the first way is left."""
    other = Layer("step", ("ls /first || echo 2 >/second",), note="the second way")
    layer = Layer("step", (f"echo {name} >/first; false",), otherwise=other)
    assert (make(name, layer).notes, ask_image(name, "ls /first")) == (("the second way",), None)
    again = make(name, layer)
    assert (again.made, again.notes) == (0, ("the second way",))


def test_a_line_of_output_can_be_a_note(name: str) -> None:
    """And is told with every image on that layer."""
    layer = Layer("one", (f"echo 'shrewd: left out {name}'",))
    assert make(name, layer).notes == make(name, layer, Layer("two", ("true",))).notes == (f"left out {name}",)


def test_the_network_that_is_missing_is_hinted_at(name: str) -> None:
    """A user behind a proxy on their own machine needs that hint."""
    command = "python3 -c \"import urllib.request as r; r.urlopen('http://example.org')\" 2>&1"
    with pytest.raises(ImageError, match="--network host"):
        make(name, Layer("fetch", (command,)))


def test_a_base_that_is_nowhere_is_named(docker: str) -> None:
    """It is looked for in a registry first; a name that is none is not."""
    with pytest.raises(ImageError, match="no image name"):
        build_image(Recipe("x", "No Such:Image", (Layer("one"),), "/"), OFFLINE, say=print)


def test_made_images_are_listed_and_removed_and_no_others(name: str) -> None:
    """By the label; a name that was not made here is refused."""
    make(name, Layer("one", (f"echo {name} >/x",)))
    assert name in [one for found in made_images() for one in found.names]
    assert (foreign_image(name), foreign_image(IMAGE) is None) == (None, False)
    with pytest.raises(ImageError, match="not an image that was made here"):
        remove_made([name, IMAGE])
    assert remove_made([name]) == [name]
    assert name not in [one for found in made_images() for one in found.names]


def test_nothing_is_left_running_when_the_builder_is_killed(engine: Engine, name: str) -> None:
    """No label could tell whose the container was, so it ends by itself."""
    program = textwrap.dedent(
        f"""
        from sandbox.image_build import build_image
        from sandbox.image_recipe import *
        layer = Layer("one", ("echo started; sleep 300",))
        say = lambda line: print(line, flush=True)
        build_image(Recipe({name!r}, {IMAGE!r}, (layer,), "/"), Helpers(network="none"), say=say)
        """
    )
    before = {one["Id"] for one in engine.api.containers(all=True)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "started\n":
            assert process.poll() is None
        ours = {one["Id"] for one in engine.api.containers(filters={"ancestor": IMAGE})} - before
        os.kill(process.pid, signal.SIGKILL)
    assert ours
    deadline = time.monotonic() + 60
    while ours & {one["Id"] for one in engine.api.containers(all=True)}:
        assert time.monotonic() < deadline, "the container is still there"
        time.sleep(0.2)
    assert not labelled_images(engine, f"shrewd.test={name}")
