"""The shell programs that run in a container: POSIX, and satisfied with what busybox has."""

from sandbox.staging import COPY_BASE

# The script runs below a shell of its own user, which ends everything the script left behind: output is
# complete then, and the engine need not wait for whoever still holds it open. What a shell says of programs
# that a signal ended is nobody's output.
RUN = """
exec 3>&2 2>/dev/null
(exec sh "$@" 2>&3 3>&-)
code=$?
kill -9 -1
exit $code
"""

# memory.events is cgroup 2's name, memory.oom_control the older one.
MEMORY_KILLS = r"""
kills=0
for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  [ -r $file ] || continue
  while read -r name value; do [ "$name" != oom_kill ] || kills=$value; done <$file
done
echo "kills $kills"
"""

# Runs as the keeper, so that no script can touch it. It waits until there are three processes or threads:
# init, the idle one and this shell itself. The kernel's own count cannot be evaded by forking quickly.
ALONE = r"""
exec </dev/null
for pause in 0 0.02 0.1 0.5 2 none; do
  count=
  for file in /sys/fs/cgroup/pids.current /sys/fs/cgroup/pids/pids.current; do
    [ ! -r $file ] || read -r count <$file
  done
  [ -n "$count" ] || { set -- /proc/[0-9]*; count=$#; }
  [ "$count" -gt 3 ] || exit 0
  [ $pause = none ] || sleep $pause 2>/dev/null || sleep 1
done
echo "$count processes are in the container instead of 3"
exit 1
"""

# Runs when nothing else of the script's user is alive, so nothing can lie to it.
PREPARE = (
    r"""
exec </dev/null
work=$1 base=$2 stage=$3
umask 022
kill -9 -1 2>/dev/null
"""
    + COPY_BASE
    + r"""
empty() {
  set --
  for entry in * .[!.]* ..?*; do
    if [ -e "$entry" ] || [ -h "$entry" ]; then set -- "$@" "./$entry"; fi
  done
  if [ $# -gt 0 ] && ! rm -rf "$@" 2>/dev/null; then
    chmod -R u+rwX "$@" 2>/dev/null
    rm -rf "$@" || return 1
  fi
  left=$(ls -A .) && [ -z "$left" ]
}
for place in "$work" /tmp /dev/shm /dev/mqueue; do
  [ ! -d "$place" ] || { cd "$place" && empty; } || { echo "$place is not empty" >&2; exit 3; }
done
for kind in shm sem msg; do
  [ -r /proc/sysvipc/$kind ] || continue
  { read -r heading; ! read -r entry; } </proc/sysvipc/$kind || { echo "$kind is not empty" >&2; exit 3; }
done
[ -e "$stage/here" ] || { echo 'the engine does not see the files of this machine' >&2; exit 4; }
copy_base || { echo 'the tree could not be copied' >&2; exit 5; }
while read -r device place kind options rest; do
  case $options in rw|rw,*) ;; *) continue ;; esac
  case $place in "$work"|/tmp|/proc|/proc/*|/sys/*|/dev|/dev/*) ;; *) echo "writable $place" ;; esac
done </proc/mounts
"""
    + MEMORY_KILLS
)

# What a user can see of the interpreter: compared between two users, it tells whether one is shut out.
INTERPRETER = """
exec </dev/null
cd "$1" && export HOME=/tmp PYTHONDONTWRITEBYTECODE=1 && eval "$2" >/dev/null 2>&1
command -v python || command -v python3 || exit 0
"$(command -v python || command -v python3)" -c '
import os, sys
places = [place for place in sys.path if os.path.isdir(place)]
print(sys.executable, sys.prefix, [(place, len(os.listdir(place))) for place in places])'
"""
