"""New files that belong to the work on a patch and not to the patch: artefacts, and scripts that tried things out."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from swe_tasks.errors import PatchError
from swe_tasks.git import Git, raw, text, words
from swe_tasks.testfiles import below, in_package, in_test_folder, named_as_test


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_ARTEFACTS = re.compile(
    r"(^|/)(__pycache__|[^/]*\.egg-info|node_modules|\.(pytest|mypy|ruff)_cache|\.(tox|nox|venv|eggs)|htmlcov)/"
    r"|\.(py[cod]|class|o|obj|so|orig|rej|bak|sw[a-p]|log|sqlite3?)$|~$|(^|/)(\.coverage|\.DS_Store|nohup\.out)$"
    # What a shell makes of `pip install x>=3.0`.
    r"|^=[^/]*$"
)
_BUILT = frozenset({"build", "dist", "_build", "target"})
_SCRIPTS = _words(".py .sh .bash .bat .ps1 .js .mjs .ts .rb .pl .ipynb .go .rs .java .c .cc .cpp")
_DOCUMENTS = frozenset({".md", ".rst", ".txt"})
_COPY = re.compile(r"(.+)[_.-](backup|bak|old|orig|original|copy)")
_TRIAL = re.compile(r"(^|.*[_.\- ])(repro|replicat|debug|scratch|mwe|poc)")
_TRIAL_AT_ROOT = re.compile(
    r"(^|.*[_.\- ])(tests?|issue|bug|tmp|temp|try|trial|check|verify|validate|simulat\w*|demo|fix)([_.\- \d]|$)"
)
_ENTRY_POINTS = _words("setup manage main __main__ app cli wsgi asgi tasks fabfile dodo build versioneer hatch_build")
_OF_PROJECTS = _words(
    "doc docs example examples sample samples script scripts tool tools bin bench benchmarks utils ci .github"
)
"""Folders at the root whose files need not be imported by anything."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a patch is judged within."""

    git: Git
    tree: str
    """The tree with the patch."""
    before: Mapping[str, str]
    """All paths of the base tree."""
    paths: Sequence[str]
    """All paths of both, sorted."""
    changed: frozenset[str]


def is_artefact(path: str, around: Surroundings) -> bool:
    """Whether a changed file is made by a program. What the repository keeps on purpose, but for compiled Python, is
    none."""
    if path in around.before:
        return path.endswith((".pyc", ".pyo"))
    if _ARTEFACTS.search(path):
        return True
    for name in _BUILT.intersection(path.split("/")[:-1]):
        folder = path[: f"/{path}".index(f"/{name}/")] + name
        kept = any(one in around.before for one in below(folder, around.paths))
        # Source folders may have such names.
        top_level = "/" not in folder or name == "_build"
        if top_level and not kept:
            return True
    return False


def is_copy(path: str, around: Surroundings) -> bool:
    """Whether a new file is an old one set aside."""
    name = PurePosixPath(path)
    match = _COPY.fullmatch(name.stem)
    return (
        path not in around.before
        and match is not None
        and str(name.with_name(match[1] + name.suffix)) in around.before
        and not importers(path, around, without=frozenset())
    )


def stray_scripts(candidates: Sequence[str], around: Surroundings) -> frozenset[str]:
    """Those of the changed files that are new scripts, are no part of a package, and that nothing else imports,
    neither what was there before nor another new file that is no such script."""
    suspects = frozenset(path for path in candidates if _is_suspect(path, around))
    return frozenset(path for path in suspects if not importers(path, around, without=suspects))


def importers(path: str, around: Surroundings, *, without: frozenset[str]) -> tuple[str, ...]:
    """The files of the product that import a file; of the changed ones, also those that mention it by name."""
    name = PurePosixPath(path)
    if not path.isprintable():
        return (path,)  # no pattern can be made of such a name, and who is in doubt keeps the file
    found = _grep(around, _imports(name), ())
    others = sorted(around.changed - without - {path})
    if others:
        mention = rf"(^|[^[:alnum:]_]){_escaped(name.name)}([^[:alnum:]_]|$)|['\"/]{_escaped(name.stem)}['\":]"
        found = (*found, *_grep(around, mention, others))
    return tuple(one for one in found if one != path and one not in without and _counts(one, around))


def _is_suspect(path: str, around: Surroundings) -> bool:
    name, root = PurePosixPath(path), "/" not in path
    if path in around.before or name.suffix not in _SCRIPTS or _is_moved(path, around):
        return False
    if not root and in_package(path, around.paths):
        return False
    stem = name.stem.lower()
    if _TRIAL.match(stem) or (root and _TRIAL_AT_ROOT.match(stem)):
        return True
    if name.suffix != ".py" or not _has_packages(around):
        return False
    top = path.split("/", maxsplit=1)[0]
    if root:
        return stem not in _ENTRY_POINTS
    return top not in _OF_PROJECTS and not any(one in around.before for one in below(top, around.paths))


def _is_moved(path: str, around: Surroundings) -> bool:
    name = PurePosixPath(path).name
    there = set(around.changed) & set(around.before)
    gone = [one for one in there if PurePosixPath(one).name == name]
    return any(not _is_in(one, around) for one in gone)


def _is_in(path: str, around: Surroundings) -> bool:
    return around.git.ask("cat-file", "-e", f"{around.tree}:{path}").status == 0


def _has_packages(around: Surroundings) -> bool:
    """Without any, a module at the root may be the product."""
    return any(
        path.endswith("/__init__.py") and not in_test_folder(path, around.paths) and path.split("/")[0] != "examples"
        for path in around.before
    )


def _counts(path: str, around: Surroundings) -> bool:
    if PurePosixPath(path).suffix in _DOCUMENTS and (path not in around.before or path not in around.changed):
        return False
    return not in_test_folder(path, around.paths) and not named_as_test(path)


def _imports(name: PurePosixPath) -> str:
    """What an import of a file looks like, in the extended regular expressions of POSIX."""
    if name.suffix != ".py":
        return rf"(import|require|from|include|source|mod)[^[:alnum:]_].*{_escaped(name.stem)}([^[:alnum:]_]|$)"
    module = _escaped(name.parent.name if name.stem == "__init__" and name.parent.name else name.stem)
    end = "([^[:alnum:]_]|$)"
    if len(name.parts) == 1:
        return rf"^[[:blank:]]*(from[[:blank:]]+{module}{end}|import[[:blank:]]+([^#]*[,[:blank:]])?{module}{end})"
    before = "([^#]*[^[:alnum:]_])?"
    if name.stem in sys.stdlib_module_names:
        # The bare name means Python's own module.
        before = rf"[^#]*([.]|([.]|{_escaped(name.parent.name)})[[:blank:]]+import[[:blank:]]([^#]*[,[:blank:]])?)"
    return rf"^[[:blank:]]*(from|import)[[:blank:]]{before}{module}{end}"


def _grep(around: Surroundings, pattern: str, paths: Sequence[str]) -> tuple[str, ...]:
    answer = around.git.ask(
        "--literal-pathspecs", "grep", "-l", "-z", "-I", "--full-name", "-E", "-e", pattern, around.tree, "--", *paths
    )
    if answer.status not in {0, 1}:
        raise PatchError(f"the tree with the patch cannot be searched: {words(answer)}")
    prefix = raw(f"{around.tree}:")
    return tuple(text(item.removeprefix(prefix)) for item in answer.stdout.split(b"\0") if item)


def _escaped(literal: str) -> str:
    return re.sub(r"([.^$*+?(){}\[\]|\\])", r"\\\1", literal)
