"""`shrewd select`: choose among patches from elsewhere, or again on a stored run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from agent.cli.bench import Chosen, Manner, batch_options, chosen_options, plan_run, work
from agent.cli.choose_again import choose_again
from agent.cli.options import Given, SettingsCommand, settings_options
from agent.cli.select_one import Choice, choose_among_diffs
from agent.cli.solve import Ending
from agent.rundir import RunDir

_DATASET: Final = ("dataset", "split", "revision", "only", "limit", "shuffle", "shard")
_MANY: Final = ("workers", "keep_images", "save_trajectories")
_ONE: Final = ("task", "repo", "apply", "branch")
_NEW: Final = ("candidates", "out", "accept_changes")
_FOREIGN: Final[Mapping[str, tuple[str, ...]]] = {
    "--run": (*_DATASET, *_MANY, *_ONE, *_NEW),
    "--task": (*_DATASET, *_MANY),
    "--dataset": _ONE,
}
"""Of each form of the command the options that it has no use for."""
_DOES: Final[Mapping[str, str]] = {
    "--run": "--run chooses again among the candidates of a run",
    "--task": "--task chooses among diffs for one repository",
    "--dataset": "--dataset chooses for each of its tasks",
}


@dataclass(frozen=True, slots=True)
class One:
    """One repository's issue, and what to do with the patch."""

    issue: str | None
    repository: str
    apply: bool
    branch: str | None


def one_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options about one repository; the function receives them as `one`."""

    @wraps(function)
    def collect(*args: object, task: str | None, repo: str, apply: bool, branch: str | None, **options: object) -> int:
        return function(*args, one=One(task, repo, apply, branch), **options)

    for option in (
        click.option("--branch", metavar="NAME", help="With --task: commit the patch to a new branch at the end."),
        click.option("--apply", is_flag=True, help="With --task: apply the patch to the work tree at the end."),
        click.option("--repo", default=".", help="With --task: a git work tree (default: here) or a URL."),
        click.option(
            "--task", metavar="ISSUE", help="The issue: its text, a file or @FILE, - or its address on GitHub."
        ),
    ):
        collect = option(collect)
    return collect


@click.command(cls=SettingsCommand)
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]...")
@one_options
@click.option(
    "--candidates",
    multiple=True,
    metavar="[NAME=]FILE",
    help="Predictions, a run, or Trae Agent's candidates; may be repeated, or followed by more files.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The run directory.")
@click.option(
    "--run",
    "run_dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Instead: choose again on this run, by --method. No candidate is made anew.",
)
@click.option("--explain", is_flag=True, help="Show everything that led to the choice.")
@click.option("--accept-changes", is_flag=True, help="Go on with a run that was begun with other settings.")
@chosen_options
@batch_options
@settings_options
def select(
    given: Given,
    *,
    chosen: Chosen | None,
    manner: Manner,
    one: One,
    candidates: tuple[str, ...],
    files: tuple[str, ...],
    out: Path | None,
    run_dir: Path | None,
    explain: bool,
    accept_changes: bool,
) -> int:
    """Choose one patch among several, wherever they come from.

    \b
    shrewd select --task issue.md --repo . a.diff b.diff        diffs against a repository
    shrewd select --dataset lite.jsonl --out RUN --candidates a.jsonl b.jsonl
    shrewd select --run RUN --method sstar                      again, on what a run has found out
    shrewd select --run RUN --explain                           why; nothing is changed

    A source is named by what its file says, or by NAME=; several files of one NAME are samples of one source.
    Where there is something to choose, the model writes --samples test scripts; --model none does without.
    `shrewd resume` goes on.
    """
    manner = replace(manner, explain=explain)
    if run_dir is not None:
        _only_of("--run")
        if files:
            raise click.UsageError("--run chooses again among the candidates of a run: give no files")
        return choose_again(given, run_dir, as_json=manner.as_json, explain=explain)
    if one.issue is not None:
        _only_of("--task")
        ending = Ending(one.apply, one.branch, manner.as_json, explain)
        return choose_among_diffs(
            given, Choice(one.issue, one.repository, files, candidates, out, accept_changes), ending
        )
    if chosen is None or out is None or not (candidates or files):
        raise click.UsageError(
            "give --task and diffs; or --dataset, --candidates and --out; or --run to choose again on a stored run"
        )
    _only_of("--dataset")
    return _among_predictions(given, chosen, (*candidates, *files), manner, RunDir(out), change=accept_changes)


def _only_of(form: str) -> None:
    """Raises:
    UsageError: the command line gives an option that this form of the command has no use for.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in _FOREIGN[form] and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{parameter.opts[-1]} does not go together with {form}: {_DOES[form]}")


def _among_predictions(
    given: Given, chosen: Chosen, texts: Sequence[str], manner: Manner, run: RunDir, *, change: bool
) -> int:
    """Choose among what files offer for the tasks of a dataset."""
    from agent.batch.external import keep_externals, read_externals
    from agent.batch.prepare import check_settings
    from agent.externals.listed import parse_listed
    from agent.prepare import keep_settings

    settings = given.resolve().settings
    check_settings(settings)
    if run.dataset.exists() and not run.externals.exists():
        raise click.UsageError(f"{run.path} is a run that writes its own patches; choose another directory with --out")
    listed = parse_listed(texts)
    plan, mine = plan_run(run, chosen, settings.seed)
    keep_externals(run, read_externals(listed, plan.tasks))
    keep_settings(run, settings, change=change)
    return work(run, plan, mine, settings, manner)
