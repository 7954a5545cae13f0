"""`shrewd context`, as it is installed."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from support.embedded import SMALL, small_model
from support.embeddings import embeds
from support.openai_server import OpenAIServer
from support.served_model import KEY
from support.whole_run import ISSUE, Command, make_calc


def test_it_shows_the_ranking_and_what_would_be_read(tmp_path: Path) -> None:
    """Scores with their reasons, tiers, tokens; nothing is run, no model is asked, no run directory is left."""
    repository = make_calc(tmp_path / "calc")
    with OpenAIServer(lambda *_: "no") as server:
        shrewd = Command(tmp_path, server.url)
        table = shrewd("context", ".", "--issue", ISSUE, cwd=repository)
        record = shrewd("context", ".", "--issue", ISSUE, "--json", cwd=repository)
        text = shrewd("context", ".", "--issue", ISSUE, "--text", cwd=repository)
        assert server.calls == []
    assert (table.code, record.code, text.code) == (0, 0, 0), table.err + record.err + text.err
    assert "calc.py" in table.out
    assert "defines double" in table.out
    found = json.loads(record.out)
    assert found["ranking"][0]["path"] == "calc.py"
    assert {"path": "calc.py", "tier": "whole", "rows": [[0, 3]]} in found["files"]
    assert 0 < found["tokens"] <= found["budget"]
    assert "def double(x):" in text.out
    assert found["text"].strip() == text.out.strip()


def test_a_scan_asks_the_model_and_says_what_it_took(tmp_path: Path) -> None:
    """The answer is kept: the same question again is free."""
    repository = make_calc(tmp_path / "calc")
    answer = "calc.py: relevant - it doubles\ntest_calc.py: not relevant - a test"
    with OpenAIServer(lambda *_: answer) as server:
        shrewd = Command(tmp_path, server.url)
        model = ("--model", "hosted_vllm/scripted", "--api-base", server.url)
        arguments = ("context", ".", "--issue", ISSUE, "--scan", "survivors", "--rank", "0", "--json", *model)
        first = shrewd(*arguments, cwd=repository)
        assert first.code == 0, first.err
        again = shrewd(*arguments, cwd=repository)
        assert len(server.calls) == 1
    record = json.loads(first.out)
    assert "relevant: it doubles" in record["ranking"][0]["reasons"]
    assert record["spent"]["total"]["calls"] == 1
    assert json.loads(again.out)["spent"]["total"]["replayed"] == 1


@pytest.mark.model
def test_a_small_model_says_of_each_file_whether_it_matters(tmp_path: Path) -> None:
    """Its answers are held to the files that it was asked of: none is left out, and none is made up."""
    _, cache = small_model()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "models").symlink_to(cache / "models")
    repository = make_calc(tmp_path / "calc")
    model = ("--model", f"embedded/{SMALL}", "--scan", "survivors", "--rank", "1", "--json")
    found = Command(tmp_path, "")(
        "context", ".", "--issue", ISSUE, *model, cwd=repository, SHREWD_CACHE=str(tmp_path / "cache")
    )
    assert found.code == 0, found.err
    record = json.loads(found.out)
    said = {one["path"]: " | ".join(one["reasons"]) for one in record["ranking"]}
    assert set(said) == {"calc.py", "test_calc.py"}
    assert all(re.search(r"(^|\| )(not )?relevant: \w", reasons) for reasons in said.values()), said
    relevant = {path for path, reasons in said.items() if re.search(r"(^|\| )relevant:", reasons)}
    ranked = {path for path, reasons in said.items() if "ranked" in reasons}
    assert ranked <= relevant
    assert record["spent"]["total"]["calls"] == 1 + bool(relevant) == 1 + bool(ranked)


def test_an_embedding_model_says_what_is_near(tmp_path: Path) -> None:
    """At a server of its own, with a key of its own; what it took is shown, and the same question again is free."""
    repository = make_calc(tmp_path / "calc")
    (repository / "other.py").write_text("def other(x):\n    return x\n")
    with OpenAIServer(embeds(lambda text: [float("calc" in text or "double" in text), 1.0])) as server:
        shrewd = Command(tmp_path, "http://127.0.0.1:9")
        model = ("--embed", "openai/scripted", "--embed-base", server.url)
        arguments = ("context", ".", "--issue", ISSUE, "--json", *model)
        first = shrewd(*arguments, cwd=repository, SHREWD_EMBED_KEY=KEY)
        assert first.code == 0, first.err
        assert {call.authorization for call in server.calls} == {hashlib.sha256(f"Bearer {KEY}".encode()).hexdigest()}
        asked = len(server.calls)
        again = shrewd(*arguments, cwd=repository)
        assert len(server.calls) == asked
    record = json.loads(first.out)
    assert record["spent"]["stages"]["embed"]["calls"] == asked
    assert json.loads(again.out)["ranking"] == record["ranking"]


def test_wrong_use_says_what_is_wrong(tmp_path: Path) -> None:
    """No repository, an unknown scan."""
    shrewd = Command(tmp_path, "http://127.0.0.1:9")
    outside = shrewd("context", str(tmp_path), "--issue", "x")
    assert outside.code == 2
    repository = make_calc(tmp_path / "calc")
    unknown = shrewd("context", ".", "--issue", "x", "--scan", "some", cwd=repository)
    assert unknown.code == 2
    assert "survivors" in unknown.err
