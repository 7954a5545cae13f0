"""Tests of what a machine may lack: they skip and say why, or fail where SHREWD_REQUIRE names it."""

from functools import cache

from support import sandboxes

from sandbox.choose import Backend


@cache
def _problem(backend: Backend) -> str | None:
    return sandboxes.docker_problem() if backend == "docker" else sandboxes.bubblewrap_problem()


def need(backend: Backend) -> None:
    """Go on only if the backend works here, with its image where it needs one."""
    sandboxes.need(backend, _problem(backend))
