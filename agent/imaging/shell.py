"""Commands that run in a container while an image of an environment is made."""

import shlex
from collections.abc import Iterable
from typing import Final

from sandbox.image_recipe import NOTE, PLACE

ENVIRONMENT: Final = "/opt/miniconda3/envs/testbed"
"""Where evaluation scripts of SWE-bench expect the environment."""

PIP: Final = "pip.whl"
"""The helper file with a pip that knows `--uploaded-prior-to`."""

GIT: Final = """\
if ! command -v git >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "the base image has no git, and no apt-get to install it; take a base that has git"
    exit 1
  fi
  apt-get update -q && apt-get install -qy --no-install-recommends git
  rm -rf /var/lib/apt/lists/*
fi
git --version"""

CONDA: Final = f"""\
home=/opt/miniconda3
if [ ! -e {ENVIRONMENT} ]; then
  python=$(command -v python3 || command -v python) || {{ echo "the base image has no Python"; exit 1; }}
  mkdir -p $home/envs
  # The true prefix: tools that follow the links of an interpreter lose the packages of a virtual environment.
  ln -s "$("$python" -c 'import sys; print(sys.base_prefix)')" {ENVIRONMENT}
  [ -e {ENVIRONMENT}/bin/python ] || ln -s python3 {ENVIRONMENT}/bin/python
fi
if [ ! -e $home/bin/activate ]; then
  mkdir -p $home/bin
  cat >$home/bin/activate <<'SHIM'
# `conda activate NAME`, where an environment is a plain prefix of Python below /opt/miniconda3/envs.
conda() {{
  if [ "${{1-}}" != activate ]; then
    [ "${{1-}}" = deactivate ] && return 0
    echo "conda: in this image only 'conda activate NAME' works" >&2
    return 1
  fi
  local chosen="/opt/miniconda3/envs/${{2-testbed}}"
  if [ ! -d "$chosen" ]; then
    echo "conda: there is no environment $chosen" >&2
    return 1
  fi
  export CONDA_PREFIX="$chosen" CONDA_DEFAULT_ENV="${{2-testbed}}"
  case "$PATH:" in "$chosen/bin:"*) ;; *) export PATH="$chosen/bin:$PATH" ;; esac
}}
SHIM
fi
if ! grep -qs 'conda activate testbed' /root/.bashrc; then
  printf 'source /opt/miniconda3/bin/activate\\nconda activate testbed\\n' >>/root/.bashrc
fi
{ENVIRONMENT}/bin/python --version"""

# pip reads "no-build-isolation = false" as "do not isolate". Evaluation scripts install the project once more,
# where there is no network: isolated, that would wait for an index through many attempts, and then fail.
OFFLINE: Final = """\
cat >"$(python -c 'import sys; print(sys.prefix)')/pip.conf" <<'CONF'
[global]
no-index = true
disable-pip-version-check = true
[install]
no-build-isolation = false
CONF"""

REFRESH: Final = "git update-index -q --refresh"

FINISH: Final = """\
git update-index -q --refresh || true
if ! git diff-index --quiet HEAD --; then
  when=$(git show --no-patch --format=%cI HEAD)
  export GIT_AUTHOR_NAME=shrewd GIT_AUTHOR_EMAIL=shrewd@localhost GIT_AUTHOR_DATE="$when"
  export GIT_COMMITTER_NAME=shrewd GIT_COMMITTER_EMAIL=shrewd@localhost GIT_COMMITTER_DATE="$when"
  git commit --quiet --all --no-verify --message="What setting up the environment changed"
fi
git -c core.quotePath=false ls-files --others --exclude-standard --directory |
  sed -e 's/[][*?\\\\]/\\\\&/g' -e 's|^|/|' >>.git/info/exclude
rm -rf .git/logs .git/COMMIT_EDITMSG .git/ORIG_HEAD
git status --short"""
"""What the set-up changed is committed, and what it made is ignored: a diff holds what is done to the task alone."""

CHECK_BEFORE: Final = f"python -m pip check >{PLACE}/before.txt || true"
CHECK_AFTER: Final = f"""\
python -m pip check >{PLACE}/after.txt || true
python - <<'CODE'
import sys
old, new = (set(open("{PLACE}/" + name)) for name in ("before.txt", "after.txt"))
broken = sorted(line.strip() for line in new - old if not line.startswith("No broken"))
sys.exit("\\n".join(["these requirements do not fit together:", *broken]) if broken else 0)
CODE"""

_REPORT: Final = f"{PLACE}/report.json"
_EXACT: Final = f"{PLACE}/exact.txt"


def dated(command: str, date: str | None) -> str:
    """A command for which package indexes hold what they held at a date."""
    if date is None:
        return command
    day = shlex.quote(date)
    return (
        # Without the folder that says it is installed: it would be taken for the one that is.
        f"[ -d {PLACE}/pip ] || {{ python -m zipfile -e {PLACE}/{PIP} {PLACE}/pip; rm -r {PLACE}/pip/pip-*; }}\n"
        f"export PYTHONPATH={PLACE}/pip PIP_UPLOADED_PRIOR_TO={day} UV_EXCLUDE_NEWER={day}\n"
        f"{command}"
    )


def pip_install(*words: str) -> str:
    """Let pip install what the words say."""
    return f"python -m pip install {shlex.join(words)}"


def pip_install_if_there(requirements: Iterable[str]) -> str:
    """Let pip install each of these that it can have, and say which it cannot."""
    return (
        f"for one in {shlex.join(requirements)}; do\n"
        f'  python -m pip install "$one" || echo "{NOTE}$one was left out: pip cannot install it"\n'
        "done"
    )


def install_requirements_of(project: str, date: str) -> str:
    """Install what a project such as `.[test]` needs, as of a date, and not the project itself. What builds it
    must be there.

    Pip finds that out without installing anything, so the project's own command, with whatever pip the image
    has, finds everything in place.
    """
    words = shlex.join(("--quiet", "--dry-run", "--no-build-isolation", "--report", _REPORT, project))
    code = (
        f'import json; print(*(one["metadata"]["name"] + "==" + one["metadata"]["version"] '
        f'for one in json.load(open("{_REPORT}"))["install"] if not one["is_direct"]), sep="\\n")'
    )
    resolve = f"python -m pip install {words}\npython -c {shlex.quote(code)} >{_EXACT}\ncat {_EXACT}"
    return dated(f"{resolve}\nif grep -q . {_EXACT}; then python -m pip install --no-deps -r {_EXACT}; fi", date)
