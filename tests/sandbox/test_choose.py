"""Which backend is taken, and what is said when there is none."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from sandbox import open_sandbox
from sandbox.choose import Backend, Choice, choose
from sandbox.errors import ImageError, SandboxUnavailable
from sandbox.records import Diagnosis, Environment, Owner

ON_HOST = Environment("/repository")
IN_IMAGE = Environment("/repository", image="python:3.12")

WORKS = {
    "docker": Diagnosis("docker", works=True, detail="engine 27"),
    "bubblewrap": Diagnosis("bubblewrap", works=True, detail="bubblewrap 0.9"),
}
BROKEN = {
    "docker": Diagnosis("docker", works=False, detail="no daemon answers", remedy="apt-get install docker.io"),
    "bubblewrap": Diagnosis("bubblewrap", works=False, detail="not installed", remedy="apt-get install bubblewrap"),
}


def machine(*working: str) -> Callable[[Backend], Diagnosis]:
    """A machine on which these backends work."""
    return lambda backend: WORKS[backend] if backend in working else BROKEN[backend]


def test_docker_is_taken_when_it_works_and_there_is_an_image():
    """The image decides, and the choice says so."""
    choice = choose("auto", IN_IMAGE, ask=machine("docker", "bubblewrap"))
    assert choice == Choice("docker", "the task names the image python:3.12; engine 27")


def test_bubblewrap_is_taken_when_there_is_no_image():
    """However well Docker works; it is not even asked."""
    asked: list[Backend] = []

    def ask(backend: Backend) -> Diagnosis:
        asked.append(backend)
        return WORKS[backend]

    assert choose("auto", ON_HOST, ask=ask).backend == "bubblewrap"
    assert asked == ["bubblewrap"]


def test_bubblewrap_is_taken_when_docker_does_not_work():
    """With the reason why it is not Docker."""
    choice = choose("auto", IN_IMAGE, ask=machine("bubblewrap"))
    assert choice.backend == "bubblewrap"
    assert "no daemon answers" in choice.why


@pytest.mark.parametrize("wanted", ["docker", "bubblewrap"])
def test_what_is_asked_for_is_taken(wanted):
    """A backend that works is taken if it was asked for by name."""
    assert choose(wanted, IN_IMAGE, ask=machine("docker", "bubblewrap")).backend == wanted


@pytest.mark.parametrize("wanted", ["docker", "bubblewrap"])
def test_what_is_asked_for_is_never_replaced(wanted):
    """If it does not work, that is an error, although the other one would."""
    other = {"docker", "bubblewrap"} - {wanted}
    with pytest.raises(SandboxUnavailable, match=rf"{BROKEN[wanted].remedy}$"):
        choose(wanted, IN_IMAGE, ask=machine(*other))


@pytest.mark.parametrize(
    ("environment", "end"),
    [(ON_HOST, "apt-get install bubblewrap"), (IN_IMAGE, "apt-get install docker.io\napt-get install bubblewrap")],
)
def test_there_is_no_way_without_a_sandbox(environment, end):
    """When nothing works, the message ends with what installs something that would."""
    with pytest.raises(SandboxUnavailable) as caught:
        choose("auto", environment, ask=machine())
    assert str(caught.value).endswith(end)
    assert "not installed" in str(caught.value)


def test_docker_without_an_image_is_explained():
    """Docker cannot be had without an image, whatever works."""
    with pytest.raises(ImageError, match=r"names none.*'bubblewrap'"):
        choose("docker", ON_HOST, ask=machine("docker", "bubblewrap"))


@pytest.mark.parametrize("backend", ["bubblewrap"], indirect=True)
@pytest.mark.bubblewrap
async def test_open_sandbox_opens_what_was_chosen(backend, tmp_path):
    """The choice becomes a sandbox."""
    owner = Owner("run", os.getpid())
    sandbox = open_sandbox(choose("auto", ON_HOST), ON_HOST, owner, scratch=tmp_path, size=1)
    await sandbox.close()
    assert sandbox.name == backend


def test_importing_the_package_is_light():
    """Neither backend is imported before it is chosen."""
    program = (
        "import sys, sandbox; print(sorted(set(sys.modules) & {'docker', 'sandbox.bubblewrap', 'sandbox.docker'}))"
    )
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert seen.stdout == "[]\n"
