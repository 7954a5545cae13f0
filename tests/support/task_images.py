"""Images of tasks for tests, built by the engine without a network."""

import io
import tarfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sandbox.docker_engine import Engine

CONDA = """\
conda() {
  [ "$1" = activate ] || return 1
  export CONDA_PREFIX=/opt/miniconda3/envs/$2 CONDA_DEFAULT_ENV=$2 PATH=/opt/miniconda3/envs/$2/bin:$PATH
}
"""
"""As much of conda as activation needs."""

RC = """\
# As on Debian and Ubuntu: nothing is done for a shell that is not interactive.
[ -z "$PS1" ] && return
echo a greeting that nobody needs
export LS_COLORS=rs=0 PS1='> ' GREETING='two
lines = good'
. /opt/miniconda3/etc/profile.d/conda.sh && conda activate testbed
"""


def build(
    tag: str, dockerfile: str, files: Mapping[str, str | bytes] | None = None, *, folder: Path | None = None
) -> None:
    """Build an image from instructions and the files that they copy; `folder` is there as `tree`."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in {"Dockerfile": dockerfile, **(files or {})}.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
        if folder is not None:
            archive.add(folder, "tree")
    context.seek(0)
    with closing(Engine.connect(seconds=300)) as engine:
        steps = engine.api.build(
            fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True, decode=True, network_mode="none"
        )
        said = list(steps)
    assert not any("error" in step for step in said), said
