"""What works here, what does not, and how to mend it."""

import json
from pathlib import Path

import pytest
from support.engines import need

from agent.doctor import Check, check_machine, check_model, check_packages, check_sandboxes, is_ready
from agent.doctor.machine import check_git
from agent.doctor.packages import PACKAGES, check_extras
from agent.models.catalogue import CATALOGUE, model_path
from agent.settings import Settings
from sandbox.records import Diagnosis

NO_DOCKER = Diagnosis("docker", works=False, detail="no engine answers", remedy="start one")
NO_BUBBLEWRAP = Diagnosis("bubblewrap", works=False, detail="is not installed", remedy="install it")


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def status_of(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


class TestPackages:
    """Whose `agent` is it?"""

    def install(self, site: Path, name: str, packages: tuple[str, ...], direct_url: object = None) -> None:
        """A distribution as an installer leaves it."""
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        files = [f"{package}/__init__.py" for package in packages]
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in [*files, f"{info.name}/METADATA"]))
        if direct_url is not None:
            (info / "direct_url.json").write_text(json.dumps(direct_url))
        for package in packages:
            (site / package).mkdir(exist_ok=True)
            (site / package / "__init__.py").touch()

    def test_here_they_are_ours(self) -> None:
        """Installed or linked, in the environment that runs the tests."""
        assert check_packages().status == "ok"

    def test_installed_packages_are_ours(self, tmp_path: Path) -> None:
        """As the distribution's record says."""
        self.install(tmp_path, "shrewdness", PACKAGES)
        assert check_packages([str(tmp_path)]).status == "ok"

    def test_packages_of_a_linked_checkout_are_ours(self, tmp_path: Path) -> None:
        """The record then names only where the checkout is."""
        site, checkout = tmp_path / "site", tmp_path / "check out"
        url = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
        self.install(site, "shrewdness", (), url)
        for name in PACKAGES:
            (checkout / name).mkdir(parents=True)
            (checkout / name / "__init__.py").touch()
        check = check_packages([str(site), str(checkout)])
        assert check.status == "ok"
        assert str(checkout) in check.detail

    def test_a_package_that_comes_first_and_is_not_ours_is_found(self, tmp_path: Path) -> None:
        """It would be imported instead of ours."""
        self.install(tmp_path / "first", "agent", ("agent",))
        self.install(tmp_path / "second", "shrewdness", PACKAGES)
        check = check_packages([str(tmp_path / "first"), str(tmp_path / "second")])
        assert check.status == "broken"
        assert f"agent is {tmp_path / 'first' / 'agent'}" in check.detail
        assert "uninstall agent" in check.remedy

    def test_a_distribution_that_has_written_into_our_package_is_found(self, tmp_path: Path) -> None:
        """Two of them in one directory: the files of one are mixed with the other's."""
        self.install(tmp_path, "shrewdness", PACKAGES)
        self.install(tmp_path, "selection", ("selection",))
        check = check_packages([str(tmp_path)])
        assert check.status == "broken"
        assert "selection is also brought by the distribution selection" in check.detail

    def test_a_missing_package_is_named(self, tmp_path: Path) -> None:
        """A broken installation."""
        self.install(tmp_path, "shrewdness", ("agent", "sandbox", "selection"))
        check = check_packages([str(tmp_path)])
        assert (check.status, check.detail) == ("broken", "cannot be found: swe_tasks")

    def test_a_checkout_that_is_not_installed_may_be_used(self, tmp_path: Path) -> None:
        """With a word about it."""
        self.install(tmp_path, "other", PACKAGES)
        assert check_packages([str(tmp_path)]).status == "note"

    def test_extras_that_are_absent_name_the_command_that_adds_them(self) -> None:
        """They never stop a run."""
        for check in check_extras():
            assert check.status in {"ok", "note"}
            assert check.status == "ok" or f"[{check.name.removeprefix('extra ')}]" in check.remedy


class TestMachine:
    """Git, disk, memory and the rest."""

    def test_this_machine_is_described(self, tmp_path: Path) -> None:
        """Nothing is made by looking."""
        cache = tmp_path / "not" / "there"
        found = status_of(check_machine(settings(), {}, cache))
        assert {"python", "git", "memory", "processors", "GITHUB_TOKEN"} <= set(found)
        assert not cache.parent.exists()

    def test_a_token_is_never_shown(self, tmp_path: Path) -> None:
        """Only that there is one."""
        checks = check_machine(settings(), {"GITHUB_TOKEN": "ghp_0123456789"}, tmp_path)
        assert status_of(checks)["GITHUB_TOKEN"] == "ok"
        assert "ghp_" not in repr(checks)

    def test_too_little_memory_for_one_execution_is_noted(self, tmp_path: Path) -> None:
        """With the flag that lowers what is wanted."""
        checks = check_machine(settings(memory="900T"), {}, tmp_path)
        (memory,) = (check for check in checks if check.name == "memory")
        assert memory.status == "note"
        assert "--memory" in memory.remedy

    @pytest.mark.parametrize(
        ("says", "status"),
        [("git version 2.39.5", "ok"), ("git version 2.17.1", "broken"), ("what?", "broken"), (None, "broken")],
    )
    def test_git_must_be_there_and_not_too_old(self, tmp_path: Path, says: str | None, status: str) -> None:
        """Nothing works without it."""
        if says is not None:
            (tmp_path / "git").write_text(f"#!/bin/sh\necho '{says}'\n")
            (tmp_path / "git").chmod(0o755)
        check = check_git(str(tmp_path))
        assert check.status == status
        assert bool(check.remedy) == (status == "broken")


class TestModel:
    """Whether the settings' model can be asked."""

    def test_an_embedded_model_that_is_not_pulled_names_the_command(self, tmp_path: Path) -> None:
        """It stops no run: the first one fetches it."""
        pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
        (check,) = check_model(settings(), {}, tmp_path)
        assert (check.status, check.remedy) == ("note", "shrewd models pull qwen2.5-coder-1.5b")

    def test_an_embedded_model_that_is_there_is_ready(self, tmp_path: Path) -> None:
        """Judged by its size: its hash was checked when it came."""
        pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
        entry = CATALOGUE["qwen2.5-coder-0.5b"]
        path = model_path(entry, tmp_path)
        path.parent.mkdir()
        with path.open("wb") as file:
            file.truncate(entry.size)
        (check,) = check_model(settings(model="embedded/qwen2.5-coder-0.5b"), {}, tmp_path)
        assert check.status == "ok"

    def test_an_unknown_embedded_model_is_answered_with_the_nearest(self, tmp_path: Path) -> None:
        """As everywhere."""
        (check,) = check_model(settings(model="embedded/qwen2.5-coder-15b"), {}, tmp_path)
        assert check.status == "broken"
        assert "Did you mean qwen2.5-coder-1.5b?" in check.detail

    @pytest.mark.slow
    def test_a_providers_model_needs_its_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The variable is named; what is in it is not."""
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        wanted = settings(model="openai/gpt-4o-mini")
        key, price = check_model(wanted, {}, tmp_path)
        assert (key.status, key.remedy, price.status) == ("broken", "export OPENAI_API_KEY=...", "ok")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
        checks = check_model(wanted, {}, tmp_path)
        assert is_ready(checks)
        assert "sk-0123456789" not in repr(checks)

    @pytest.mark.slow
    def test_a_money_limit_needs_a_price(self, tmp_path: Path) -> None:
        """An unknown price is a note without a budget, and no run with one."""
        own: dict[str, object] = {"model": "openai/no-such-model", "api_base": "http://127.0.0.1:9/v1"}
        assert status_of(check_model(settings(**own), {}, tmp_path))["price"] == "note"
        assert status_of(check_model(settings(**own, budget=1), {}, tmp_path))["price"] == "broken"
        priced = settings(**own, budget=1, price_input=1, price_output=2)
        assert status_of(check_model(priced, {}, tmp_path))["price"] == "ok"


class TestSandboxes:
    """Whether code can run here."""

    def test_without_any_sandbox_no_run_is_possible(self) -> None:
        """And every way to mend it is told."""
        checks = check_sandboxes(settings(), ask=lambda: (NO_DOCKER, NO_BUBBLEWRAP))
        assert status_of(checks) == {"sandbox docker": "note", "sandbox bubblewrap": "note", "sandbox": "broken"}
        assert [check.remedy for check in checks] == ["start one", "install it", "install it"]

    def test_docker_without_an_image_is_no_choice(self) -> None:
        """Whatever the engine says."""
        checks = check_sandboxes(settings(sandbox="docker"), ask=lambda: (NO_DOCKER, NO_BUBBLEWRAP))
        assert checks[-1].status == "broken"
        assert "image" in checks[-1].detail

    @pytest.mark.bubblewrap
    def test_bubblewrap_is_really_used(self) -> None:
        """One script, on a base with a change."""
        need("bubblewrap")
        checks = check_sandboxes(settings(sandbox="bubblewrap"))
        found = status_of(checks)
        assert (found["sandbox bubblewrap"], found["sandbox"]) == ("ok", "ok")
        assert "ran a script" in {check.name: check.detail for check in checks}["sandbox bubblewrap"]

    @pytest.mark.docker
    def test_an_image_that_is_missing_is_found_out(self) -> None:
        """Before a run begins."""
        need("docker")
        checks = check_sandboxes(settings(sandbox="docker", image="shrewd-no-such-image"))
        assert status_of(checks)["sandbox"] == "broken"
        assert "shrewd-no-such-image" in checks[0].detail

    @pytest.mark.docker
    def test_docker_is_really_used(self) -> None:
        """In the image of the settings."""
        need("docker")
        checks = check_sandboxes(settings(image="python:3.11-slim-bookworm"))
        found = {check.name: check for check in checks}
        assert found["sandbox docker"].status == "ok"
        assert "ran a script in python:3.11-slim-bookworm" in found["sandbox docker"].detail
        assert found["sandbox"].detail.startswith("docker will be used")
