"""What the client of language models does not do: leak, litter, linger."""

import asyncio
import logging
import subprocess
import sys
import traceback
from typing import Any

import pytest
from support.replies import error
from support.served_model import KEY, QUESTION, complete, served

from agent.errors import ModelError, ModelSetupError
from agent.messages import Sampling
from agent.models.gateway import refuse_poisoned


@pytest.mark.parametrize("release", ["1.82.7", "1.82.8"])
def test_poisoned_releases_are_refused(release: str) -> None:
    """Before they are imported."""
    with pytest.raises(ModelSetupError, match="credential stealer"):
        refuse_poisoned(release)


def texts_of(error: BaseException) -> str:
    """Everything that a log or a debugger would show of an error, its causes and contexts."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
    hidden = [link for link in (error.__cause__, error.__context__) if link]
    return shown + "".join(texts_of(link) for link in hidden)


@pytest.mark.parametrize("name", ["openai/scripted", "hosted_vllm/scripted", "openrouter/scripted"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
async def test_no_key_in_errors_logs_or_reprs(status: int, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Even when the provider echoes it, as it is and in a URL, at a place where the words are cut."""
    spoken = f"{'x' * 580} Incorrect key {KEY}, see https://example.org/?k={KEY}"
    with caplog.at_level(logging.DEBUG):
        async with served(error(status, spoken), name=name) as (model, _):
            with pytest.raises(ModelError) as caught:
                await model.complete(QUESTION, Sampling())
    assert KEY[:12] not in texts_of(caught.value) + caplog.text + repr(model) + str(model)


async def test_no_key_of_the_environment_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that LiteLLM finds by itself is known as a secret, too."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "or-planted-fedcba9876543210")
    async with served(error(401, "no: or-planted-fedcba9876543210"), name="openrouter/x", api_key=None) as (model, _):
        # A key is only invented for a server on this machine, so here the planted one is not sent; it is echoed.
        with pytest.raises(ModelSetupError) as caught:
            await model.complete(QUESTION, Sampling())
    assert "or-planted" not in texts_of(caught.value)


async def test_no_real_key_goes_to_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is given for it."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with served("ok", api_key=None) as (one, keyless):
        await one.complete(QUESTION, Sampling())
    async with served("ok") as (other, keyed):
        await other.complete(QUESTION, Sampling())
    assert keyless.calls[0].authorization != keyed.calls[0].authorization


async def test_hostile_words_do_not_steer_the_terminal() -> None:
    """Escape sequences and line breaks of a provider are made visible."""
    with pytest.raises(ModelError) as caught:
        await complete(error(400, "\x1b[2Jgone\nerror: forged"))
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_two_models_on_one_loop() -> None:
    """Closing one does not keep the other from going on."""
    async with served("first") as (one, _), served("second") as (other, _):
        await asyncio.gather(one.complete(QUESTION, Sampling()), other.complete(QUESTION, Sampling()))
        await one.aclose()
        assert (await other.complete(QUESTION, Sampling())).text == "second"


def test_one_model_on_two_loops() -> None:
    """As in a run that is resumed in the same process."""

    async def life() -> str:
        return (await complete("alive")).text

    assert [asyncio.run(life()) for _ in range(2)] == ["alive", "alive"]


def run_python(code: str) -> str:
    command = [sys.executable, "-X", "utf8", "-W", "error::ResourceWarning", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_imports_are_light() -> None:
    """LiteLLM takes seconds to import; it is imported when a model is about to be called."""
    code = "import sys, agent.models, agent.models.litellm_model, agent.ledger; print('litellm' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_nothing_is_printed_and_no_env_file_is_read(tmp_path: Any) -> None:
    """A whole life of a model in a clean process: silence on stdout and stderr, no planted settings."""
    (tmp_path / ".env").write_text("PLANTED_BY_A_REPOSITORY=1\n")
    code = (
        "import asyncio, os, sys\n"
        f"sys.path[:0] = {[str(entry) for entry in sys.path]!r}\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "from support.openai_server import OpenAIServer\n"
        "from support.replies import error\n"
        "from agent.messages import Message, Sampling\n"
        "from agent.models.litellm_model import LiteLLMModel\n"
        "async def main(url):\n"
        "    model = LiteLLMModel('openai/x', api_base=url)\n"
        "    await model.complete([Message('user', 'hi')], Sampling())\n"
        "    await model.aclose()\n"
        "with OpenAIServer(lambda request, call, attempt: error(500) if call == 1 else 'hello') as server:\n"
        "    asyncio.run(main(server.url))\n"
        "assert 'PLANTED_BY_A_REPOSITORY' not in os.environ\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
