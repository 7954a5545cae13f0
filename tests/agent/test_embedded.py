"""The embedded model's server: what it needs, how it starts, what it answers, how it ends."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from support.embedded import small_model

from agent.context.held import verdicts_grammar
from agent.edits.names import Names
from agent.errors import ModelError, ModelSetupError
from agent.models.catalogue import find, model_path
from agent.models.cores import EmbeddedSettings, share
from agent.models.embedded import EmbeddedServer, Endpoint, server_environment
from agent.trajectory.grammars import edit_grammar, script_grammar, turn_grammar

SETTINGS = EmbeddedSettings(threads=1, poll=0, nice=5, slots=1, context=512)


def children() -> set[int]:
    """The processes that this one started and has not reaped."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


async def ask(endpoint: Endpoint, text: str = "Say hi.", key: str | None = None) -> httpx.Response:
    async with httpx.AsyncClient(timeout=120) as client:
        return await client.post(
            f"{endpoint.api_base}/chat/completions",
            headers={"Authorization": f"Bearer {key or endpoint.api_key}"},
            json={"model": endpoint.model, "max_tokens": 4, "messages": [{"role": "user", "content": text}]},
        )


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = monotonic() + seconds
    while not (met := condition()) and monotonic() < end:
        sleep(0.1)
    return met


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("cores", [1, 2, 3, 8, 64])
def test_the_cores_are_all_used_and_executions_yield(cores: int) -> None:
    """Whatever the machine."""
    sharing = share(cores, context=4096)
    assert sharing.embedded.threads == sharing.executions_at_once == cores
    assert sharing.embedded.slots >= 1
    assert sharing.embedded.context == 4096
    assert sharing.execution_nice > sharing.embedded.nice
    assert 2 <= sharing.execution_shares < 1024


def test_the_server_sees_no_keys() -> None:
    """Whatever the caller's environment holds."""
    assert server_environment({"PATH": "/bin", "OPENAI_API_KEY": "secret", "HF_TOKEN": "s"}) == {"PATH": "/bin"}


async def test_a_model_that_was_not_pulled_names_the_command(tmp_path: Path) -> None:
    """Nothing is started."""
    server = EmbeddedServer(find("qwen2.5-coder-0.5b"), tmp_path, SETTINGS)
    with pytest.raises(ModelSetupError, match=r"shrewd models pull qwen2\.5-coder-0\.5b"):
        await server.endpoint()


def test_a_missing_extra_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an installed program and for a checkout."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelSetupError, match=r"shrewdness\[local\].*uv sync --extra local"):
        EmbeddedServer(find("qwen2.5-coder-0.5b"), tmp_path, SETTINGS).check()


async def test_a_file_that_is_no_model_fails_with_the_logs_last_words(tmp_path: Path) -> None:
    """And leaves no process."""
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    entry = replace(find("qwen2.5-coder-0.5b"), size=9)
    path = model_path(entry, tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"not GGUF\n")
    before = children()
    async with EmbeddedServer(entry, tmp_path, SETTINGS) as server:
        with pytest.raises(ModelSetupError, match=r"did not start: ended (with|by)[\s\S]*Its last words:\n.*\w"):
            await server.endpoint()
    assert children() == before


@pytest.mark.model
async def test_it_answers_those_who_have_the_key() -> None:
    """On the loopback, under the catalogue's name, with the context that was asked for."""
    entry, cache = small_model()
    async with EmbeddedServer(entry, cache, SETTINGS) as server:
        first, second = await asyncio.gather(server.endpoint(), server.endpoint())
        assert first == second
        answer = await ask(first)
        assert answer.status_code == 200
        assert answer.json()["model"] == entry.name
        assert (await ask(first, key="wrong")).status_code == 401
        overflow = await ask(first, "word " * 600)
        assert overflow.status_code == 400
        assert "exceeds the available context size (512 tokens)" in overflow.text


@pytest.mark.model
async def test_each_slot_keeps_its_context() -> None:
    """Two slots share memory, but a request gets its own share of it and no more."""
    entry, cache = small_model()
    async with EmbeddedServer(entry, cache, replace(SETTINGS, slots=2)) as server:
        endpoint = await server.endpoint()
        answers = await asyncio.gather(*(ask(endpoint, "word " * count) for count in (300, 350, 600)))
    assert [answer.status_code for answer in answers] == [200, 200, 400]


@pytest.mark.model
async def test_a_history_is_not_read_twice() -> None:
    """Two conversations with a common start take turns in one slot: only what is new is read."""
    entry, cache = small_model()
    prefix = "The parser keeps a table of open brackets. " * 12
    async with EmbeddedServer(entry, cache, SETTINGS) as server:
        endpoint = await server.endpoint()
        read = [
            (await ask(endpoint, prefix + own * 8 + end)).json()["timings"]["prompt_n"]
            for end in ("One.", "Two.")
            for own in ("Ada counts them. ", "Bob prints them. ")
        ]
    assert read[0] > 100
    assert read[1] < read[0] / 2, "the common start is not read again"
    assert max(read[2:]) < 20, "nor is what a conversation has of its own"


@pytest.mark.model
async def test_it_is_started_again_once() -> None:
    """A first death is mended, a second one is an error."""
    entry, cache = small_model()
    before = children()
    async with EmbeddedServer(entry, cache, SETTINGS) as server:
        for _ in range(2):
            assert (await ask(await server.endpoint())).status_code == 200
            await _kill(children() - before)
        with pytest.raises(ModelError, match="died again"):
            await server.endpoint()


@pytest.mark.model
async def test_watching_ends_with_its_death() -> None:
    """With the signal that ended it."""
    entry, cache = small_model()
    before = children()
    async with EmbeddedServer(entry, cache, SETTINGS) as server:
        watching = asyncio.create_task(server.watch())
        await server.endpoint()
        await _kill(children() - before)
        with pytest.raises(ModelError, match="ended by signal 9"):
            await watching


@pytest.mark.model
async def test_closing_ends_it_for_good() -> None:
    """No process is left, and it does not start again."""
    entry, cache = small_model()
    before = children()
    server = EmbeddedServer(entry, cache, SETTINGS)
    endpoint = await server.endpoint()
    await server.aclose()
    await server.aclose()
    assert children() == before
    with pytest.raises(httpx.ConnectError):
        await ask(endpoint)
    with pytest.raises(ModelError, match="closed"):
        await server.endpoint()


@pytest.mark.model
def test_it_dies_with_its_parent() -> None:
    """Even if that gets SIGKILL. And neither its arguments nor its environment have a key."""
    _, cache = small_model()
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from agent.models.catalogue import find\n"
        "from agent.models.cores import EmbeddedSettings\n"
        "from agent.models.embedded import EmbeddedServer\n"
        "async def main():\n"
        f"    server = EmbeddedServer(find('qwen2.5-coder-0.5b'), Path({str(cache)!r}), {SETTINGS!r})\n"
        "    endpoint = await server.endpoint()\n"
        "    print(endpoint.api_key, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | {"OPENAI_API_KEY": "sk-planted-secret"}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        key = parent.stdout.readline().strip()
        child = int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()[0])
        seen = Path(f"/proc/{child}/environ").read_bytes() + Path(f"/proc/{child}/cmdline").read_bytes()
        parent.kill()
    assert key
    assert key.encode() not in seen
    assert b"sk-planted-secret" not in seen
    assert wait_until(lambda: is_gone(child))


async def _kill(pids: set[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for _ in range(1500):  # until the event loop has heard of it
        await asyncio.sleep(0.02)
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return


@pytest.mark.model
async def test_answers_keep_to_a_grammar() -> None:
    """What weak models are held to is a grammar that the server takes and keeps."""
    names, odd = Names(("double", "half"), ()), 'a "b"\\n\t\u202eé.py'
    shapes = [
        (script_grammar("printed"), r"```python\n"),
        (edit_grammar(names), r"```python\n(async )?def (double|half)\("),
        (turn_grammar(names, "printed"), r"DONE\n|```python\n(async )?def (double|half)\("),
        (verdicts_grammar(["a.py", odd]), r"a\.py: (not )?relevant - ."),
        (verdicts_grammar([odd]), re.escape(odd) + r": (not )?relevant - ."),
    ]
    entry, cache = small_model()
    async with EmbeddedServer(entry, cache, SETTINGS) as server:
        endpoint = await server.endpoint()
        async with httpx.AsyncClient(timeout=120, headers={"Authorization": f"Bearer {endpoint.api_key}"}) as client:
            for grammar, shape in shapes:
                body = {"max_tokens": 40, "messages": [{"role": "user", "content": "Hello!"}], "grammar": grammar}
                answer = await client.post(f"{endpoint.api_base}/chat/completions", json=body)
                text = answer.raise_for_status().json()["choices"][0]["message"]["content"]
                assert re.match(shape, text), text
