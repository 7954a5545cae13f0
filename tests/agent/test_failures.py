"""Every error has a class, an exit code and a remedy, decided in one table."""

import asyncio
import errno
import importlib
import inspect
import pkgutil
from types import ModuleType

import click
import pytest

import agent
import sandbox
import selection
import swe_tasks
from agent.errors import AgentError, BudgetReached, ModelError, ModelSetupError, UserError
from agent.failures import TABLE, classify
from sandbox.errors import ImageError, SandboxBroken, SandboxUnavailable
from swe_tasks.errors import NetworkError, PatchError

PACKAGES = (agent, selection, sandbox, swe_tasks)


def error_modules() -> list[ModuleType]:
    return [
        importlib.import_module(info.name)
        for package in PACKAGES
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if info.name.endswith(".errors")
    ]


def error_classes() -> list[type[Exception]]:
    return [
        member
        for module in error_modules()
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Exception) and member.__module__ == module.__name__
    ]


@pytest.mark.parametrize("error", error_classes())
def test_every_error_of_ours_is_in_the_table(error: type[Exception]) -> None:
    """Whoever adds an error decides what it means."""
    assert error in TABLE


@pytest.mark.parametrize("error", error_classes())
def test_every_error_is_documented_and_drawn(error: type[Exception]) -> None:
    """In the tree on top of its module."""
    assert error.__doc__
    assert error.__name__ in (inspect.getmodule(error).__doc__ or "")


@pytest.mark.parametrize(
    ("error", "kind", "exit_code", "retryable"),
    [
        (UserError("no such file"), "user", 2, False),
        (ModelSetupError("no key"), "model", 2, False),
        (ModelError("overloaded", status=529), "model", 2, True),
        (ModelError("slow down", status=429), "model", 2, True),
        (ModelError("connection lost"), "model", 2, True),
        (ModelError("no such model", status=404), "model", 2, False),
        (BudgetReached("dollars", 5, 4.99), "budget", 3, False),
        (SandboxUnavailable("install one"), "sandbox", 2, False),
        (SandboxBroken("engine gone"), "sandbox", 2, True),
        (ImageError("no such image"), "image", 2, False),
        (NetworkError("no route"), "network", 2, True),
        (PatchError("does not apply"), "patch", 2, False),
        (OSError(errno.ENOSPC, "No space left on device"), "user", 2, False),
        (KeyboardInterrupt(), "user", 130, True),
        (asyncio.CancelledError(), "user", 130, True),
        (AgentError("unnamed"), "internal", 70, False),
        (ValueError("surprise"), "internal", 70, False),
        (OSError(errno.ENOENT, "No such file"), "internal", 70, False),
    ],
)
def test_an_error_has_a_class(error: BaseException, kind: str, exit_code: int, retryable: bool) -> None:
    """And with it an exit code, and whether trying again may help."""
    failure = classify(error)
    assert (failure.kind, failure.exit_code, failure.retryable) == (kind, exit_code, retryable)


def test_an_error_of_a_new_class_is_what_its_parent_is() -> None:
    """A library's own subclass falls to the nearest class in the table."""

    class SpecialError(ModelSetupError):
        pass

    assert classify(SpecialError("x")).kind == "model"


def test_the_message_is_the_errors_own() -> None:
    """Nothing is put before what was wrong, where, and how to mend it."""
    assert classify(UserError("no such file: x")).message == "no such file: x"
    assert classify(ValueError()).message == "ValueError"
    assert classify(KeyboardInterrupt()).message == "interrupted"


def test_a_refused_key_names_what_mends_it() -> None:
    """The remedy depends on the provider's status."""
    assert "key" in classify(ModelError("unauthorised", status=401)).remedy
    assert "--model" in classify(ModelError("unknown", status=404)).remedy


def test_in_a_group_the_gravest_counts_and_all_are_told() -> None:
    """A fault of ours does not hide behind a reached budget."""
    group = BaseExceptionGroup(
        "tasks",
        [
            BudgetReached("dollars", 5, 5),
            ExceptionGroup("inner", [ValueError("surprise"), UserError("bad input"), UserError("bad input")]),
        ],
    )
    failure = classify(group)
    assert (failure.kind, failure.exit_code) == ("internal", 70)
    assert failure.message.splitlines() == [
        "the budget of 5 dollars is reached (5 spent or reserved)",
        "ValueError: surprise",
        "bad input",
    ]


def test_a_command_line_error_is_not_a_failure_of_a_run() -> None:
    """Click's errors have their own exit path and are not in the table."""
    assert not [error for error in TABLE if issubclass(error, click.ClickException)]
