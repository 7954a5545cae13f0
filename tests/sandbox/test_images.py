"""Images on this machine: looked up, named, matched with the machine, and kept or removed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from support.engines import need
from support.sandboxes import IMAGE
from support.task_images import build

from sandbox.docker_engine import Engine
from sandbox.errors import ImageError, SandboxBroken
from sandbox.images import (
    ImageFacts,
    KeptImages,
    check_name,
    check_platform,
    free_space,
    inspect_image,
    platform_note,
    remove_image,
)

TAG = "shrewd-test/look:latest"
FACTS = ImageFacts("x:y", "sha256:0", "", "", 0, "linux/amd64", ())


@pytest.fixture
def image() -> Iterator[str]:
    """An image with settings of its own."""
    need("docker")
    build(TAG, f"FROM {IMAGE}\nWORKDIR /testbed\nUSER 1000:1000\nENV A=1 B='x = y'\n")
    yield TAG
    remove_image(TAG)


@pytest.mark.docker
def test_an_image_is_described(image):
    """What its own settings say; the variables in their order, over those of what it is made from."""
    facts = inspect_image(image)
    assert facts is not None
    assert (facts.name, facts.workdir, facts.user) == (TAG, "/testbed", "1000:1000")
    assert facts.id.startswith("sha256:")
    assert facts.size > 0
    assert dict(facts.variables)["B"] == "x = y"
    assert check_platform(facts) is None


@pytest.mark.docker
def test_an_image_that_is_not_here_is_none(docker):
    """Looking up pulls nothing, and removing what is not there removes nothing."""
    assert inspect_image("shrewd-test/nothing:here") is None
    assert remove_image("shrewd-test/nothing:here") is False


@pytest.mark.docker
def test_an_image_in_use_is_not_removed(image):
    """A container holds it, running or not."""
    with closing(Engine.connect()) as engine:
        container = engine.create(TAG, {}, command=["true"], labels={"shrewd.run": "test-images"})
        try:
            with pytest.raises(SandboxBroken, match="could not be removed"):
                remove_image(TAG)
        finally:
            engine.remove(container)
    assert remove_image(TAG)
    assert inspect_image(TAG) is None


@pytest.mark.docker
def test_the_space_is_that_of_the_engines_disk(docker):
    """A number of bytes, or None where the engine keeps its images on another machine."""
    with closing(Engine.connect()) as engine:
        free = free_space(engine)
    assert free is None or free > 1 << 20


@pytest.mark.parametrize(
    "name",
    [
        "python:3.11", "swebench/sweb.eval.x86_64.sympy_1776_sympy-20590:latest", "ghcr.io/a/b/c", "localhost:1/x:Y_1",
        "127.0.0.1:1/x@sha256:" + "0" * 64, "sha256:" + "0" * 64, "Host.example/a--b__c",
    ],
)  # fmt: skip
def test_names_of_images_pass(name):
    """With and without registry, tag and digest."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "../containers/x", "a/../b", "A/B", "x y", "x:", "x?force=1", "x\n", "-x", "a" * 600]
)
def test_what_is_no_name_never_reaches_the_engine(name):
    """Names come from data sets; some could reach other addresses of the engine."""
    with pytest.raises(ImageError, match="is no image name"):
        check_name(name)


@pytest.mark.parametrize(
    ("made_for", "machine", "told"),
    [
        ("linux/amd64", "linux/amd64", False),
        ("linux/arm64/v8", "linux/arm64", False),
        ("linux/amd64", "linux/arm64", True),
        ("", "linux/amd64", False),
    ],
)
def test_an_emulated_image_is_told(made_for, machine, told):
    """Variants of one architecture run; another architecture is emulated."""
    note = platform_note(replace(FACTS, platform=made_for), machine)
    assert (note is not None) is told
    assert note is None or ("linux/amd64" in note and "linux/arm64" in note)


class Removed(list[str]):
    """Removes nothing, and keeps what it was asked for."""

    def __call__(self, name: str) -> None:
        self.append(name)


def use(kept: KeptImages, *names: str, pulled: bool = True) -> None:
    """Use images one after the other."""
    for name in names:
        with kept.use(name):
            if pulled:
                kept.was_pulled(name)


def test_the_least_recently_used_images_go():
    """Two stay; using one again makes it recent."""
    removed = Removed()
    kept = KeptImages(2, remove=removed)
    use(kept, "a", "b", "a", "c", "d")
    assert removed == ["b", "a"]
    assert kept.pulled == ("c", "d")


def test_what_was_there_before_stays():
    """Only what this run has pulled is its own to remove."""
    removed = Removed()
    kept = KeptImages(0, remove=removed)
    use(kept, "a", "b", pulled=False)
    use(kept, "c")
    assert removed == ["c"]


def test_a_run_that_goes_on_knows_what_it_had_pulled():
    """The names that an earlier process of the run had pulled count as pulled."""
    removed = Removed()
    use(KeptImages(1, pulled=["old", "older"][::-1], remove=removed), "new")
    assert removed == ["older", "old"]


def test_none_keeps_everything():
    """Without a number nothing is removed."""
    removed = Removed()
    use(KeptImages(None, remove=removed), *"abc")
    assert removed == []


def test_an_image_in_use_stays_until_its_last_user_leaves():
    """Two users of one image, and others come and go meanwhile."""
    removed = Removed()
    kept = KeptImages(0, remove=removed)
    with kept.use("a"):
        kept.was_pulled("a")
        use(kept, "a", "b")
        assert removed == ["b"]
    assert removed == ["b", "a"]


def test_what_cannot_be_removed_fails_no_task(caplog):
    """It is logged and not tried again."""

    def refuse(name: str) -> None:
        raise SandboxBroken(f"{name} is in use")

    kept = KeptImages(0, remove=refuse)
    use(kept, "a", "b")
    assert "the image a stays: a is in use" in caplog.text
    assert kept.pulled == ()


def test_who_wants_an_image_that_is_leaving_waits():
    """Between the look-up and its use an image does not vanish."""
    going, gone, events = threading.Event(), threading.Event(), list[str]()

    def remove(name: str) -> None:
        going.set()
        gone.wait(30)
        events.append("removed")

    def again() -> None:
        with kept.use("a"):
            events.append("used")

    kept = KeptImages(0, remove=remove)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(use, kept, "a")
        going.wait(30)
        second = threads.submit(again)
        assert not second.done()
        gone.set()
        first.result()
        second.result()
    assert events == ["removed", "used"]


def test_many_threads_never_lose_an_image_in_use():
    """Whatever is in use is there."""
    there: set[str] = set()
    lock = threading.Lock()

    def remove(name: str) -> None:
        with lock:
            there.discard(name)

    kept = KeptImages(1, remove=remove)

    def work(number: int) -> bool:
        name = f"image-{number % 5}"
        with kept.use(name):
            with lock:
                there.add(name)
            kept.was_pulled(name)
            return name in there

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(400)))
    assert len(kept.pulled) == 1


def test_a_negative_number_is_no_number_of_images():
    """Said at once."""
    with pytest.raises(ValueError, match="cannot be -1"):
        KeptImages(-1)
