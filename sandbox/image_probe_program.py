"""The shell program that looks into an image: POSIX, satisfied with busybox, and with git and bash only if there."""

from collections.abc import Mapping
from types import MappingProxyType

LIMITS: Mapping[str, int] = MappingProxyType({
    "plain": 256 * 1024, "activated": 256 * 1024, "python": 8192, "version": 256,
    "head": 256, "commit": 64 * 1024, "dirty": 1024 * 1024,
})  # fmt: skip
"""The parts of the answer, in this order, and the most bytes of each that are read."""

# Inside bash, after its start-up files. File descriptor 3 is ours: what those files print goes nowhere.
_ACTIVATED = r"""
[ -z "${BASH_ENV-}" ] || . "$BASH_ENV"
case ${CONDA_DEFAULT_ENV-} in ""|base)
  for conda in "${CONDA_PREFIX:-/opt/miniconda3}" /opt/miniconda3 /opt/conda; do
    if [ -d "$conda/envs/testbed" ] && [ -r "$conda/bin/activate" ]; then
      . "$conda/bin/activate"
      conda activate testbed
      break
    fi
  done
esac
cat /proc/self/environ >&3
found=$(type -P python || type -P python3) || exit 0
printf "%s\n" "$found" >/tmp/.probe/python
"$found" --version >/tmp/.probe/version 2>&1
"""

# Each part is a line with its name and length, then that many bytes, so that nothing in one looks like another.
# With a git directory that is named, git asks nobody whose it is.
PROGRAM = (
    r"""
exec </dev/null 2>/dev/null
umask 077
work=$1
cd "$work" || exit 3
probe=/tmp/.probe
mkdir "$probe" || exit 4
cat /proc/self/environ >"$probe/plain"
if command -v bash >/dev/null; then
  bash -ic '"""
    + _ACTIVATED.replace("'", "'\\''")
    + r"""' 3>"$probe/activated" >/dev/null
else
  found=$(command -v python || command -v python3) && {
    printf '%s\n' "$found" >"$probe/python"
    "$found" --version >"$probe/version" 2>&1
  }
fi
look() { GIT_DIR="$work/.git" GIT_WORK_TREE="$work" HOME="$probe" git "$@"; }
if [ -e "$work/.git" ] && command -v git >/dev/null; then
  export GIT_CONFIG_NOSYSTEM=1 GIT_OPTIONAL_LOCKS=0 GIT_NO_REPLACE_OBJECTS=1 GIT_CONFIG_COUNT=3
  export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=core.fsmonitor GIT_CONFIG_VALUE_1=false
  export GIT_CONFIG_KEY_2=core.quotePath GIT_CONFIG_VALUE_2=false
  look rev-parse --verify -q 'HEAD^{commit}' >"$probe/head"
  if [ -s "$probe/head" ]; then
    look cat-file commit HEAD >"$probe/commit"
    look diff --name-only -z --no-ext-diff --no-textconv --ignore-submodules=all HEAD >"$probe/dirty"
  fi
fi
"""
    + "\n".join(
        f'touch "$probe/{name}"; head -c {limit} "$probe/{name}" >"$probe/cut"; '
        f'echo "{name}" $(($(wc -c <"$probe/cut"))); cat "$probe/cut"'
        for name, limit in LIMITS.items()
    )
    + "\nexit 0\n"
)
