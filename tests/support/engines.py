"""Tests of what a machine may lack: they skip and say why, or fail where SHREWD_REQUIRE names it."""

import os

import pytest

from sandbox.choose import Backend, diagnose


def need(backend: Backend) -> None:
    """Go on only if the backend works here."""
    told = diagnose(backend)
    if told.works:
        return
    if backend in os.environ.get("SHREWD_REQUIRE", "").split(","):
        pytest.fail(f"{backend} is required here, but {told.detail}")
    pytest.skip(f"{backend}: {told.detail}")
