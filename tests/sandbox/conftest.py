"""A sandbox of each backend, made the same way."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.sandboxes import (
    LIMITS,
    Bench,
    bubblewrap_problem,
    docker_problem,
    environment_for,
    make_backend,
    need,
    small_tree,
)

from sandbox.records import Sandbox

BACKENDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]

Make = Callable[..., Bench]


@pytest.fixture(scope="session")
def problems() -> dict[str, str | None]:
    """Backends that were looked at, so that each is looked at once."""
    return {}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, problems: dict[str, str | None]) -> str:
    """The name of a backend that works here."""
    name = str(request.param)
    if name not in problems:
        problems[name] = docker_problem() if name == "docker" else bubblewrap_problem()
    need(name, problems[name])
    return name


@pytest.fixture
def docker(problems: dict[str, str | None]) -> str:
    """Docker, for tests of it alone."""
    if "docker" not in problems:
        problems["docker"] = docker_problem()
    need("docker", problems["docker"])
    return "docker"


@pytest.fixture
async def make_sandbox(backend: str, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes benches of one backend; all are closed at the end."""
    made: list[Sandbox] = []

    def make(*, size: int = 2, base: Path | None = None, **settings: object) -> Bench:
        environment = environment_for(backend, **settings)
        sandbox = make_backend(backend, environment, tmp_path / "scratch", size)
        made.append(sandbox)
        tree = base or tmp_path / "base"
        return Bench(sandbox, tree if tree.exists() else small_tree(tree), LIMITS, environment)

    yield make
    for sandbox in made:
        await sandbox.close()


@pytest.fixture
def bench(make_sandbox: Make) -> Bench:
    """A sandbox of two places with a small tree."""
    return make_sandbox()
