"""The scripted server that the other tests talk to."""

import asyncio
import textwrap
from pathlib import Path

import httpx
import pytest
from support.openai_server import OpenAIServer, read_log, server_process
from support.replies import GARBLED, Drop, Reply, answer, drop, error, stall

QUESTION = {"model": "scripted", "messages": [{"role": "user", "content": "hello?"}]}


def ask(url: str, question: object = QUESTION, *, timeout: float = 10.0) -> httpx.Response:
    return httpx.post(f"{url}/chat/completions", json=question, timeout=timeout, headers={"Authorization": "Bearer k"})


def test_a_string_is_an_answer() -> None:
    """What a script returns as text comes back as the content of a completion."""
    with OpenAIServer(lambda request, call, attempt: "hello!") as server:
        body = ask(server.url).json()
    assert body["choices"][0]["message"]["content"] == "hello!"


def test_the_script_sees_request_call_and_attempt() -> None:
    """Calls are numbered in their order, attempts among equal requests; the order of JSON keys does not matter."""
    seen: list[tuple[str, int, int]] = []

    def respond(request: dict[str, object], call: int, attempt: int) -> str:
        seen.append((str(request["model"]), call, attempt))
        return "ok"

    with OpenAIServer(respond) as server:
        ask(server.url)
        ask(server.url, {"model": "other", "messages": []})
        ask(server.url, dict(reversed(QUESTION.items())))
    assert seen == [("scripted", 1, 1), ("other", 2, 1), ("scripted", 3, 2)]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_http_errors(status: int) -> None:
    """An error has its status, and its message where OpenAI puts it."""
    with OpenAIServer(lambda request, call, attempt: error(status, "no")) as server:
        response = ask(server.url)
    assert (response.status_code, response.json()["error"]["message"]) == (status, "no")


def test_retry_after_is_sent() -> None:
    """The header is there when the script wants it."""
    with OpenAIServer(lambda request, call, attempt: error(429, retry_after="7")) as server:
        assert ask(server.url).headers["Retry-After"] == "7"


@pytest.mark.parametrize("where", ["before headers", "after headers", "in body", "reset"])
def test_dropped_connections(where: Drop) -> None:
    """The client sees a broken connection, the log a drop."""
    with OpenAIServer(lambda request, call, attempt: drop(where)) as server, pytest.raises(httpx.TransportError):
        ask(server.url)
    assert [call.outcome for call in server.calls] == ["dropped"]


def test_a_stall_ends_with_the_server() -> None:
    """A client that stops waiting is gone; leaving the server does not wait for the stall."""
    with OpenAIServer(lambda request, call, attempt: stall(3600)) as server, pytest.raises(httpx.ReadTimeout):
        ask(server.url, timeout=0.3)


def test_garbage_is_sent_as_it_is() -> None:
    """A body that is not JSON, under a status of 200."""
    with (
        OpenAIServer(lambda request, call, attempt: GARBLED) as server,
        pytest.raises(ValueError, match="Unterminated"),
    ):
        ask(server.url).json()


def test_models_are_listed() -> None:
    """The path that clients probe."""
    with OpenAIServer(lambda request, call, attempt: "unused") as server:
        assert httpx.get(f"{server.url}/models").json()["data"][0]["id"] == "scripted"
    assert server.calls == []


def test_many_clients_at_once_over_kept_connections() -> None:
    """Each answer belongs to its request."""

    def respond(request: dict[str, object], call: int, attempt: int) -> Reply:
        return answer(str(request["model"]), delay=0.01)

    async def all_at_once(url: str) -> list[str]:
        async with httpx.AsyncClient() as client:
            names = [f"m{number}" for number in range(40)]
            posts = (client.post(f"{url}/chat/completions", json={"model": name}) for name in names)
            return [response.json()["choices"][0]["message"]["content"] for response in await asyncio.gather(*posts)]

    with OpenAIServer(respond) as server:
        assert asyncio.run(all_at_once(server.url)) == [f"m{number}" for number in range(40)]


def test_a_failing_script_fails_its_test() -> None:
    """An assertion in a script is not lost in a thread."""

    def respond(request: dict[str, object], call: int, attempt: int) -> str:
        raise AssertionError("not what was expected")

    with pytest.raises(AssertionError, match="not what was expected"), OpenAIServer(respond) as server:
        assert ask(server.url).status_code == 400


def test_the_log_tells_what_was_answered(tmp_path: Path) -> None:
    """Every request and what became of it, without the key."""
    script = {1: answer("one"), 2: error(503), 3: drop("in body")}
    with OpenAIServer(lambda request, call, attempt: script[call], log=tmp_path / "log") as server:
        ask(server.url)
        ask(server.url)
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server.url)
    calls = read_log(tmp_path / "log")
    assert calls == server.calls
    assert [(call.outcome, call.attempt) for call in calls] == [("answered", 1), ("refused", 2), ("dropped", 3)]
    assert "Bearer" not in (tmp_path / "log").read_text()


def test_as_a_process(tmp_path: Path) -> None:
    """A script in a file, a server of its own, and a log that is there while it runs."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            from support.replies import error

            def respond(request, call, attempt):
                return f"hello for the {attempt}nd time" if attempt > 1 else error(500)
        """)
    )
    with server_process(script, tmp_path / "log") as url:
        assert ask(url).status_code == 500
        assert ask(url).json()["choices"][0]["message"]["content"] == "hello for the 2nd time"
        assert [call.outcome for call in read_log(tmp_path / "log")] == ["refused", "answered"]
