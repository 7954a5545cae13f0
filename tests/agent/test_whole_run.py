"""Whole runs through the real command, real HTTP, LiteLLM, git and bubblewrap; only the model is scripted."""

import json
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.engines import need
from support.git_repository import fingerprint, git
from support.openai_server import OpenAIServer
from support.replies import GARBLED, OVERFLOWS, Reply, answer, drop, error, stall
from support.sandboxes import IMAGE
from support.whole_run import (
    FIXED,
    RIGHT,
    SCRIPT,
    Command,
    completions,
    good,
    make_calc,
    patch_of,
    selection_of,
    stage_of,
)

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]

Respond = Callable[[Mapping[str, Any], int, int], Reply | str]


@pytest.fixture(autouse=True)
def _bubblewrap() -> None:
    need("bubblewrap")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_calc(tmp_path / "calc")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    return tmp_path / "home"


def test_an_issue_becomes_a_patch(tmp_path: Path, repository: Path, home: Path) -> None:
    """The patch resolves the issue, the last line says how to apply it, and the checkout is as it was."""
    before = fingerprint(repository)
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run"))
    assert ended.code == 0, ended.err
    assert fingerprint(repository) == before
    assert "Votes: candidates x scripts" in ended.out
    assert "Spent" in ended.out
    line = ended.out.splitlines()[-1]
    assert line.startswith("Patch: ")
    git(repository, *line.split("git ", 1)[1].split()[2:])
    assert (repository / "calc.py").read_bytes() == FIXED


def test_the_same_command_again_pays_for_nothing(tmp_path: Path, repository: Path, home: Path) -> None:
    """Everything is in the journal, and the numbers say so."""
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        first = shrewd(*shrewd.solve(repository, tmp_path / "run", "--json"))
        asked = len(server.calls)
        again = shrewd(*shrewd.solve(repository, tmp_path / "run", "--json"))
        more = shrewd("resume", str(tmp_path / "run"), "--json", "--samples", "5")
        after = len(server.calls)
    one, two, five = (json.loads(ended.out) for ended in (first, again, more))
    assert one["patch"] == two["patch"] == five["patch"]
    assert two["spent"]["total"]["replayed"] == two["spent"]["total"]["calls"] == asked
    assert after > asked  # a further trajectory is further work, and only that
    assert five["spent"]["total"]["replayed"] == asked


def bad_first(*replies: Reply | str) -> Respond:
    """Gives each of `replies` once, in turn, for a request that was not asked before; then works."""
    left = list(replies)

    def respond(request: Mapping[str, Any], _call: int, _attempt: int) -> Reply | str:
        return left.pop(0) if left else good(request)

    return respond


MALFORMED: dict[str, Reply | str] = {
    "prose": "I would look at calc.py first.",
    "two answers": "DONE" + SCRIPT + RIGHT,
    "unclosed fence": SCRIPT.removesuffix("```"),
    "not python": "```python\nimport sys\nsys.exit(0 if\n```",
    "no exit": "```python\nprint(1)\n```",
    "empty": "",
    "blank": " \n\t\n",
    "null": answer(None),
    "search text that is nowhere": RIGHT.replace("x + 1", "x - 1"),
    "a path outside": RIGHT.replace("calc.py", "../calc.py"),
    "into .git": RIGHT.replace("calc.py", ".git/config"),
    "half a block": RIGHT.split("=======")[0],
    "control characters": "\x1b[2J\x1b]0;owned\x07\u202e" + SCRIPT,
    "surrogates": "\ud800 " + SCRIPT,
    "markers only": "<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n",
    "changes nothing": RIGHT.replace("2 * x", "x + 1"),
}


def test_malformed_replies_are_mended(tmp_path: Path, repository: Path, home: Path) -> None:
    """Each trajectory is first answered in another wrong way, in both stages; each ends with the right patch."""
    left = {"script": list(MALFORMED.values()), "edit": list(MALFORMED.values())}

    def respond(request: Mapping[str, Any], _call: int, _attempt: int) -> Reply | str:
        waiting = left.get(stage_of(request))
        return waiting.pop() if waiting else good({**request, "seed": 1})

    with OpenAIServer(respond) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", str(len(MALFORMED))))
    assert ended.code == 0, ended.err
    assert left == {"script": [], "edit": []}
    trajectories = selection_of(tmp_path / "run")["trajectories"]
    assert [t for t in trajectories if not (t["verified"] and t["ended"] == "done")] == []
    assert b"return 2 * x" in patch_of(tmp_path / "run")
    assert "\x1b]0;" not in ended.out + ended.err


TROUBLE: dict[str, tuple[Reply | str, ...]] = {
    "a storm of 429": (error(429, retry_after="0"),) * 12,
    "500s": (error(500), error(502), error(503)) * 2,
    "dropped connections": (drop("before headers"), drop("after headers"), drop("in body"), drop("reset")),
    "garbled": (GARBLED,),
    "a stall": (stall(30),),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_with_the_server_is_sat_out(tmp_path: Path, repository: Path, home: Path, name: str) -> None:
    """What passes is retried, and the run does not notice."""
    with OpenAIServer(bad_first(*TROUBLE[name])) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "2", "--model-timeout", "4"))
    assert ended.code == 0, ended.err
    assert selection_of(tmp_path / "run")["failed"] == []


def test_a_cut_reply_is_continued(tmp_path: Path, repository: Path, home: Path) -> None:
    """A vLLM server goes on with its own message."""
    half = len(RIGHT) // 2

    def respond(request: Mapping[str, Any], _call: int, _attempt: int) -> Reply | str:
        if request["messages"][-1]["role"] == "assistant":
            return RIGHT[half:]
        return answer(RIGHT[:half], finish="length") if stage_of(request) == "edit" else good(request)

    with OpenAIServer(respond) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1"))
    assert ended.code == 0, ended.err
    assert b"return 2 * x" in patch_of(tmp_path / "run")


def test_a_context_overflow_ends_a_stage_and_not_the_run(tmp_path: Path, repository: Path, home: Path) -> None:
    """What does not fit is a result, in a server's own words."""

    def respond(request: Mapping[str, Any], call: int, _attempt: int) -> Reply | str:
        return OVERFLOWS["vllm"] if call == 1 else good({**request, "seed": 1})

    with OpenAIServer(respond) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1"))
    # The script stage had no answer; the edit stage goes on without a script.
    assert ended.code == 0, ended.err
    [trajectory] = selection_of(tmp_path / "run")["trajectories"]
    assert trajectory["script_before"] is None


@pytest.mark.parametrize(("status", "remedy"), [(401, "key"), (404, "--api-base")])
def test_what_cannot_get_better_is_not_retried(
    tmp_path: Path, repository: Path, home: Path, status: int, remedy: str
) -> None:
    """The provider's words, what mends it, exit code 2, and one request a trajectory."""
    with OpenAIServer(lambda *_: error(status, "the provider's own words")) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "2"))
        assert len(server.calls) == 2
    assert ended.code == 2
    assert "the provider's own words" in ended.err
    assert remedy in ended.err


def test_a_budget_before_any_candidate_is_exit_code_3_and_resume_goes_on(
    tmp_path: Path, repository: Path, home: Path
) -> None:
    """Nothing that was paid for is lost."""
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        poor = shrewd(*shrewd.solve(repository, tmp_path / "run", "--budget", "0.000001"))
        asked = len(server.calls)
        rich = shrewd("resume", str(tmp_path / "run"), "--budget", "5")
    assert (poor.code, asked) == (3, 0), poor.err
    assert "budget" in poor.out
    assert rich.code == 0, rich.err


def test_a_budget_without_a_price_is_refused_at_the_start(tmp_path: Path, repository: Path, home: Path) -> None:
    """With the line that mends it; nothing was asked."""
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        arguments = shrewd.solve(repository, tmp_path / "run", "--budget", "5")
        place = arguments.index("--price-input")
        del arguments[place : place + 4]
        ended = shrewd(*arguments)
        assert server.calls == []
    assert ended.code == 2
    assert "--price-input" in ended.err


def test_other_settings_are_refused_and_can_be_accepted(tmp_path: Path, repository: Path, home: Path) -> None:
    """A run never mixes settings silently."""
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1"))
        other = shrewd("resume", str(tmp_path / "run"), "--temperature", "0.3")
        accepted = shrewd("resume", str(tmp_path / "run"), "--temperature", "0.3", "--accept-changes")
    assert other.code == 2
    assert "temperature" in other.err
    assert accepted.code == 0, accepted.err


def test_the_patch_is_applied_or_committed_when_asked(tmp_path: Path, repository: Path, home: Path) -> None:
    """--branch leaves the checkout alone; apply touches it, says how to undo it, and refuses what overlaps."""
    head = git(repository, "rev-parse", "HEAD")
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        branched = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1", "--branch", "fix/1"))
    assert branched.code == 0, branched.err
    assert git(repository, "rev-parse", "HEAD") == head
    assert git(repository, "show", "fix/1:calc.py").encode() + b"\n" == FIXED
    (repository / "calc.py").write_text("# mine\n")
    refused = shrewd("apply", str(tmp_path / "run"))
    assert (refused.code, (repository / "calc.py").read_text()) == (2, "# mine\n")
    git(repository, "checkout", "calc.py")
    applied = shrewd("apply", str(tmp_path / "run"))
    assert applied.code == 0, applied.err
    assert (repository / "calc.py").read_bytes() == FIXED
    undo = applied.out.strip().split("undo it: git ", 1)[1].split()
    git(repository, *undo[2:])
    assert git(repository, "status", "--porcelain") == ""


def test_uncommitted_work_is_part_of_the_task(tmp_path: Path, repository: Path, home: Path) -> None:
    """Never silently lost: the patch applies to the work tree as it is, and --uncommitted refuse says no."""
    (repository / "calc.py").write_text("# a note\ndef double(x):\n    return x + 1\n")
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        refused = shrewd(*shrewd.solve(repository, tmp_path / "no", "--uncommitted", "refuse"))
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1"))
    assert refused.code == 2
    assert "calc.py" in refused.err
    assert ended.code == 0, ended.err
    git(repository, "apply", "--check", "-", stdin=patch_of(tmp_path / "run"))


@pytest.mark.docker
def test_a_run_in_containers(tmp_path: Path, repository: Path, home: Path) -> None:
    """With an image, the same run in Docker; no container is left behind."""
    need("docker")
    with OpenAIServer(lambda request, *_: good(request)) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--image", IMAGE))
        left = shrewd("clean", "--run", "run", "--yes")
    assert ended.code == 0, ended.err
    assert "Sandbox: docker" in ended.err
    assert b"return 2 * x" in patch_of(tmp_path / "run")
    assert "container" not in left.out


def test_ctrl_c_loses_nothing(tmp_path: Path, repository: Path, home: Path) -> None:
    """Exit code 130, nothing left running, and resume asks only what was not answered."""
    with OpenAIServer(lambda request, call, _: answer(good(request), delay=0.0 if call < 5 else 3.0)) as server:
        shrewd = Command(home, server.url)
        process = shrewd.start(*shrewd.solve(repository, tmp_path / "run"))
        while len(server.answered()) < 4:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        kept = len(completions(tmp_path / "run"))
        ended = shrewd("resume", str(tmp_path / "run"), "--json")
    assert kept >= 4
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["spent"]["total"]["replayed"] == kept


def test_a_key_is_nowhere_in_the_run(tmp_path: Path, repository: Path, home: Path) -> None:
    """Not in the journal, not in logs or reports, even when the model says it; and no script can see it."""
    key = "sk-planted-secret-0123456789"
    peek = SCRIPT.replace("print(", "import os\nprint(sorted(os.environ.values()), ", 1)

    def respond(request: Mapping[str, Any], _call: int, _attempt: int) -> Reply | str:
        return peek + f"\n{key}" if stage_of(request) == "script" else good(request)

    with OpenAIServer(respond) as server:
        shrewd = Command(home, server.url)
        ended = shrewd(*shrewd.solve(repository, tmp_path / "run", "--samples", "1"), SHREWD_API_KEY=key)
        assert all(key not in json.dumps(call.request) for call in server.calls)
    assert ended.code == 0, ended.err
    assert key not in ended.out + ended.err
    for path in (tmp_path / "run").rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes(), path
