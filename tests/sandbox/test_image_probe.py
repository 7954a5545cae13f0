"""What an image says of itself, and that a sandbox made of what it says runs candidates in its surroundings."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.engines import need
from support.git_repository import commit_all, git, make_repository, write_files
from support.sandboxes import IMAGE, LIMITS, Bench, make_backend
from support.task_images import CONDA, RC, build

from sandbox.errors import ImageError
from sandbox.image_files import extract
from sandbox.image_probe import Probe, probe, read_answer
from sandbox.image_probe_program import LIMITS as PARTS
from sandbox.images import remove_image
from sandbox.records import MIB, Change, Environment, Owner

OWNER = Owner("test-probe", os.getpid())
TAG = "shrewd-test/task:latest"
FUTURE = "the answer that comes later"

TASK = f"""\
FROM {IMAGE}
ENV PATH=/opt/image/bin:$PATH IMAGE_SAYS=hello
COPY conda.sh /opt/miniconda3/etc/profile.d/conda.sh
RUN python -m venv --without-pip /opt/miniconda3/envs/testbed \\
 && echo /testbed >$(echo /opt/miniconda3/envs/testbed/lib/python3*/site-packages)/editable.pth
COPY bashrc /root/.bashrc
COPY tree /testbed
RUN chown -R 1234:1234 /testbed
WORKDIR /testbed
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The commits of the repository in the image."""
    return {"folder": str(tmp_path_factory.mktemp("history") / "tree")}


@pytest.fixture(scope="module")
def image(history: dict[str, str]) -> Iterator[str]:
    """A task's image: an environment that bash activates, a repository with its future, a built file."""
    need("docker")
    tree = make_repository(
        Path(history["folder"]),
        {"pkg/__init__.py": "VALUE = 'base'\n", ".gitignore": "*.so\n", "setup.cfg": "[x]\n"},
    )
    history["base"] = git(tree, "rev-parse", "HEAD")
    write_files(tree, {"pkg/later.py": f"# {FUTURE}\n"})
    history["future"] = commit_all(tree, FUTURE)
    git(tree, "branch", "later")
    git(tree, "reset", "--quiet", "--hard", history["base"])
    write_files(tree, {"pyproject.toml": "[tool]\n"})
    history["head"] = commit_all(tree, "SWE-bench")
    write_files(tree, {"pkg/built.so": b"\x7fELF built", "setup.cfg": "[changed]\n", "näw": "untracked"})
    build(TAG, TASK, {"conda.sh": CONDA, "bashrc": RC}, folder=tree)
    yield TAG
    remove_image(TAG)


@pytest.fixture(scope="module")
def found(image: str) -> Probe:
    """What the probe finds in it."""
    return probe(image, "/testbed", owner=OWNER)


@pytest.fixture
async def bench(image: str, found: Probe, tmp_path: Path):
    """A sandbox made of what was found, on the tree that was taken out of the image."""
    extract(image, "/testbed", tmp_path / "base", owner=OWNER)
    environment = Environment(found.workdir, image=image, variables=found.variables)
    sandbox = make_backend("docker", environment, tmp_path / "scratch", 1)
    yield Bench(sandbox, tmp_path / "base", LIMITS, environment)
    await sandbox.close()


@pytest.mark.docker
def test_the_environment_is_the_one_that_bash_activates(found):
    """What ~/.bashrc sets, over what the image declares; nothing of the shell, the terminal or the user."""
    variables = dict(found.variables)
    assert variables["CONDA_PREFIX"] == "/opt/miniconda3/envs/testbed"
    assert variables["PATH"].startswith("/opt/miniconda3/envs/testbed/bin:/opt/image/bin:")
    assert variables["IMAGE_SAYS"] == "hello"
    assert variables["GREETING"] == "two\nlines = good"
    assert not variables.keys() & {"HOME", "PWD", "_", "LS_COLORS", "PS1", "TERM", "HOSTNAME", "SHLVL", "OLDPWD"}
    assert not any(name.startswith(("GIT_", "probe")) for name in variables)
    assert found.python == "/opt/miniconda3/envs/testbed/bin/python"
    assert found.python_version.startswith("3.11.")


@pytest.mark.docker
def test_the_repository_is_told_whoever_owns_it(found, history):
    """Its commit, that commit's parent, and tracked files that differ; the image's files belong to a stranger."""
    if found.head is None:
        pytest.skip(f"{IMAGE} has no git")
    assert found.head == history["head"]
    assert found.parents == (history["base"],)
    assert found.dirty == ("setup.cfg",)
    assert found.notes == ()


@pytest.mark.docker
async def test_a_script_imports_the_candidates_code(bench):
    """The editable install of the image leads to the work directory, which holds the candidate."""
    seen = "import pkg, sys, os; print(pkg.VALUE, pkg.__file__, sys.prefix, os.getuid(), os.environ['HOME'])"
    run = await bench.run(seen, Change("pkg/__init__.py", b"VALUE = 'candidate'\n"), command=("python", "{script}"))
    assert run.stdout.split() == [
        "candidate", "/testbed/pkg/__init__.py", "/opt/miniconda3/envs/testbed", "65534", "/tmp/home",
    ], run  # fmt: skip
    run = await bench.run(seen, command=("python", "{script}"))
    assert run.stdout.startswith("base ")


@pytest.mark.docker
async def test_what_was_built_in_the_image_is_there(bench):
    """A file that git ignores, such as a compiled extension."""
    assert await bench.out("print(open('pkg/built.so', 'rb').read())") == "b'\\x7fELF built'\n"


SEARCH = r"""
import os, sys, zlib
future, words = sys.argv[1][::-1], sys.argv[2][::-1].encode()
hits, seen, readable = [], 0, 0
for folder, folders, names in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys", "dev")]
    for name in folders + names:
        if name == ".git" or name.endswith((".pack", ".idx")) or name == future[2:]:
            hits.append(os.path.join(folder, name))
    for name in names:
        place = os.path.join(folder, name)
        if os.path.islink(place) or not os.path.isfile(place) or place == sys.argv[0]:
            continue
        seen += 1
        try:
            data = open(place, "rb").read()
        except PermissionError:
            continue
        readable += 1
        if data[:1] == b"x":
            try:
                data += zlib.decompress(data)
            except zlib.error:
                pass
        if future.encode() in data or bytes.fromhex(future) in data or words in data:
            hits.append(place)
print(seen > 1000, hits)
"""


@pytest.mark.docker
@pytest.mark.slow
async def test_no_future_is_reachable(bench, history):
    """Neither a git directory, nor an object, a pack or a word of the later commit, in the whole file system."""
    run = await bench.run(
        SEARCH, command=("python", "{script}", history["future"][::-1], FUTURE[::-1]), memory=1024 * MIB, seconds=120
    )
    assert run.stdout.split(maxsplit=1) == ["True", "[]\n"], run


@pytest.mark.docker
async def test_there_is_no_network(bench):
    """Only the loopback interface, and nothing to connect to."""
    seen = await bench.out(
        "import socket; print([name for _, name in socket.if_nameindex()])\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), timeout=5)\nexcept OSError as error:\n    print(error)"
    )
    assert seen.splitlines()[0] == "['lo']"
    assert "unreachable" in seen


@pytest.fixture
def variant() -> Iterator[Callable[[str], str]]:
    """Builds images that differ from the plain one in some instructions; all are removed."""
    need("docker")
    tags: list[str] = []

    def make(instructions: str) -> str:
        tags.append(f"shrewd-test/variant:{uuid.uuid4().hex}")
        build(tags[-1], f"FROM {IMAGE}\nRUN mkdir -p /testbed\n{instructions}")
        return tags[-1]

    yield make
    for tag in tags:
        remove_image(tag)


@pytest.mark.docker
async def test_an_environment_that_only_root_can_read_is_used_as_root(variant, tmp_path):
    """Whom scripts run as is decided for the interpreter that the variables lead to, not for the image's own."""
    tag = variant(
        "RUN python -m venv --without-pip /root/envs/testbed && chmod 700 /root"
        " && echo 'PATH=/root/envs/testbed/bin:$PATH' >/root/.bashrc"
    )
    found = probe(tag, "/testbed", owner=OWNER)
    assert found.python == "/root/envs/testbed/bin/python"
    (tmp_path / "base").mkdir()
    environment = Environment(found.workdir, image=tag, variables=found.variables)
    sandbox = make_backend("docker", environment, tmp_path / "scratch", 1)
    try:
        bench = Bench(sandbox, tmp_path / "base", LIMITS, environment)
        run = await bench.run("import sys, os; print(sys.prefix, os.getuid())", command=("python", "{script}"))
    finally:
        await sandbox.close()
    assert run.stdout == "/root/envs/testbed 0\n", run


@pytest.mark.docker
def test_an_environment_that_nothing_activates_is_activated_by_its_name(variant):
    """A conda with an environment called testbed, as SWE-bench's own scripts take it for granted."""
    tag = variant(
        "RUN mkdir -p /opt/miniconda3/bin /opt/miniconda3/envs/testbed/bin"
        " && echo 'conda() { export CONDA_DEFAULT_ENV=$2 PATH=/opt/miniconda3/envs/$2/bin:$PATH; }'"
        " >/opt/miniconda3/bin/activate"
    )
    variables = dict(probe(tag, "/testbed", owner=OWNER).variables)
    assert variables["CONDA_DEFAULT_ENV"] == "testbed"
    assert variables["PATH"].startswith("/opt/miniconda3/envs/testbed/bin:")


@pytest.mark.docker
def test_without_bash_the_image_is_taken_at_its_word(variant):
    """The declared environment, with a note; a name of Python that is not `python` is told too."""
    tag = variant("ENV DECLARED=yes\nRUN rm -f /bin/bash /usr/bin/bash && mv /usr/local/bin/python /usr/local/bin/py")
    found = probe(tag, "/testbed", owner=OWNER)
    assert dict(found.variables)["DECLARED"] == "yes"
    assert found.notes[0].startswith("no bash of the image tells its environment")
    assert found.python is not None
    assert Path(found.python).name == "python3"
    assert found.head is None


@pytest.mark.docker
def test_start_up_files_that_never_end_are_an_image_error(variant):
    """The container does not outlive it."""
    tag = variant("RUN echo 'sleep 1000' >/root/.bashrc")
    with pytest.raises(ImageError, match="does not answer within 2 s"):
        probe(tag, "/testbed", owner=OWNER, seconds=2)


@pytest.mark.docker
def test_a_flood_of_words_is_cut_off(variant):
    """What start-up files print goes nowhere; what they put where the answer belongs is refused."""
    tag = variant("RUN echo 'yes; :' >/root/.bashrc && echo 'head -c 3000000 /dev/zero >&3' >>/root/.bashrc")
    with pytest.raises(ImageError, match=r"does not answer|no sensible answer"):
        probe(tag, "/testbed", owner=OWNER, seconds=3)
    tag = variant("RUN echo 'head -c 3000000 /dev/zero >&3' >/root/.bashrc")
    with pytest.raises(ImageError, match="the part called activated is longer"):
        probe(tag, "/testbed", owner=OWNER)


@pytest.mark.docker
def test_a_directory_that_is_not_there_is_named(variant):
    """The work directory is asked for, whatever the image says."""
    with pytest.raises(ImageError, match="has no directory /nowhere"):
        probe(variant(""), "/nowhere", owner=OWNER)


def answer(**parts: bytes) -> bytes:
    """What the program in the container prints."""
    return b"".join(b"%s %d\n%s" % (name.encode(), len(parts.get(name, b"")), parts.get(name, b"")) for name in PARTS)


def test_a_plain_answer_is_read():
    """Everything in its part."""
    found = read_answer(
        answer(
            activated=b"PATH=/bin\0HOME=/root\0BASH_FUNC_x%%=() { :;}\0BAD=\xff\0",
            python=b"/bin/python\n",
            version=b"Python 3.9.1\n",
            head=b"a" * 40 + b"\n",
            commit=b"tree b\nparent " + b"c" * 40 + b"\nauthor x\n\nparent of nothing\n",
            dirty="ä b\0x\ny\0cut".encode(),
        ),
        "/w",
    )
    assert found.variables == (("PATH", "/bin"),)
    assert (found.python, found.python_version) == ("/bin/python", "3.9.1")
    assert (found.head, found.parents, found.dirty) == ("a" * 40, ("c" * 40,), ("x\ny", "ä b"))
    assert found.notes == ("variables that are not text are left out: BAD",)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"plain 5\nabc",
        answer() + b"more",
        answer(head=b"not an id"),
        answer(head=b"a" * 40, commit=b"parent x\n"),
        answer(python=b"relative/python"),
        answer(plain=b"x" * (PARTS["plain"] + 1)),
        answer().replace(b"head 0", b"head -1"),
        answer().replace(b"head 0", b"head 99999999999"),
    ],
)
def test_what_is_not_an_answer_is_refused(bad):
    """Cut, forged or oversized."""
    with pytest.raises(ValueError, match=r"part|id|python|follows"):
        read_answer(bad, "/w")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_nothing_that_an_image_prints_breaks_the_reading(noise, value):
    """Any bytes give an answer or a ValueError, and any value stays in its own part."""
    for text in (
        noise,
        answer(activated=noise),
        answer(dirty=noise, python=noise),
        answer(head=b"a" * 40, commit=noise),
    ):
        try:
            read_answer(text, "/w")
        except ValueError:
            continue
    found = read_answer(answer(activated=b"A=" + value.replace(b"\0", b"") + b"\0B=x\0"), "/w")
    assert dict(found.variables)["B"] == "x"
