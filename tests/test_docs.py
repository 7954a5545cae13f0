"""Every command that the documents show is run, as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from support.engines import need
from support.openai_server import OpenAIServer
from support.whole_run import ISSUE, Command, good, make_calc

ROOT = Path(__file__).parents[1]
SHOWN = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_there_is_something_to_run() -> None:
    """A README whose blocks are written otherwise would pass unseen."""
    assert len(SHOWN) >= 5
    assert all(line.startswith("shrewd ") for line in SHOWN)


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("line", SHOWN)
def test_a_command_of_the_readme_runs(tmp_path: Path, line: str) -> None:
    """In a repository, with the model at a server that is scripted; nothing else is changed."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    (repository / "issue.md").write_text(ISSUE)
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    with OpenAIServer(lambda request, *_: good({**request, "seed": 1})) as server:
        shrewd = Command(tmp_path, server.url)
        # The commands name no model of ours, but for one that names OpenAI's: all are sent to the scripted server.
        variables = {"SHREWD_MODEL": "hosted_vllm/scripted", "SHREWD_API_BASE": server.url}
        ended = shrewd("--debug", *shlex.split(line)[1:], cwd=repository, **variables)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/models.md", "docs/architecture.md"])
def test_make_targets_files_and_flags_exist(document: str) -> None:
    """What a document names is there."""
    text = (ROOT / document).read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z]+)\b", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / document).parent / target).exists(), target
    from agent.settings import settings_table

    known = {setting.flag for setting in settings_table().values()}
    known |= {"--apply", "--branch", "--json", "--config", "--issue", "--out", "--origin", "--reap"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= known
