"""Taking a directory out of an image: what comes, and what a hostile one cannot do."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.engines import need
from support.sandboxes import IMAGE
from support.task_images import build

from sandbox.docker_engine import Engine
from sandbox.errors import ImageError
from sandbox.image_files import Extracted, extract, unpack
from sandbox.images import remove_image
from sandbox.records import Owner

OWNER = Owner("test-files", os.getpid())
TAG = "shrewd-test/files:latest"

TREE = f"""\
FROM {IMAGE}
COPY a.py /testbed/pkg/a.py
RUN cd /testbed && ln -s pkg/a.py link && ln -s /opt/elsewhere out && ln -s .. up && ln pkg/a.py hard.py \\
 && echo built >pkg/b.so && chmod 4777 pkg/b.so && mkdir -p empty .git/objects vendor/x/.git \\
 && echo secret >.git/objects/o && echo x >vendor/x/f && mkfifo pipe && chown -R 1234:1234 pkg && chmod 600 pkg/a.py \\
 && ln -s /testbed /alias && printf 'x' >"$(printf 'odd\\n\\351')"
"""


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """An image with a directory of everything."""
    need("docker")
    build(TAG, TREE, {"a.py": "print(1)\n"})
    yield TAG
    remove_image(TAG)


def listing(root: Path) -> dict[str, str]:
    """Every path below a directory: its mode, or where the link points."""
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            place = Path(folder, name)
            mode = place.lstat().st_mode
            link = stat.S_ISLNK(mode)
            found[str(place.relative_to(root))] = f"-> {place.readlink()}" if link else f"{stat.S_IMODE(mode):o}"
    return found


@pytest.mark.docker
def test_a_directory_of_an_image_comes_whole(image, tmp_path):
    """Files, links and folders, owned by us; not the history, and nothing special."""
    before = os.umask(0o077)
    try:
        extracted = extract(image, "/testbed", tmp_path / "out", owner=OWNER)
    finally:
        os.umask(before)
    assert listing(tmp_path / "out") == {
        "pkg": "755", "pkg/a.py": "644", "pkg/b.so": "755", "hard.py": "644", "empty": "755",
        "link": "-> pkg/a.py", "out": "-> /opt/elsewhere", "up": "-> ..",
        "vendor": "755", "vendor/x": "755", "vendor/x/f": "644", "odd\n\udce9": "644",
    }  # fmt: skip
    assert (tmp_path / "out/hard.py").read_text() == (tmp_path / "out/pkg/a.py").read_text() == "print(1)\n"
    assert {(tmp_path / "out" / name).stat().st_uid for name in ("pkg/a.py", "pkg", "hard.py")} == {os.getuid()}
    assert (extracted.files, extracted.links, extracted.size) == (5, 3, 9 + 9 + 6 + 2 + 1)
    assert sorted(extracted.notes) == [
        "what is neither file nor folder nor link was left out: pipe",
        "within the tree, whatever is called .git was left out: vendor/x/.git",
    ]


@pytest.mark.docker
def test_a_directory_may_be_named_by_a_link(image, tmp_path):
    """Then it is what the link leads to, in the image."""
    assert extract(image, "/alias", tmp_path / "out", owner=OWNER).files == 5


@pytest.mark.docker
def test_nothing_is_left_on_the_engine(image, tmp_path):
    """The container that gave the files is removed, after an error too."""
    extract(image, "/testbed", tmp_path / "out", owner=OWNER)
    with pytest.raises(ImageError):
        extract(image, "/testbed", tmp_path / "small", owner=OWNER, max_bytes=10)
    with closing(Engine.connect()) as engine:
        assert engine.labelled("shrewd.run=test-files") == []
    assert list((tmp_path / "small").iterdir()) == []


@pytest.mark.docker
@pytest.mark.parametrize("path", ["/nowhere", "/testbed/link", "/testbed/out"])
def test_what_is_no_directory_is_named(image, tmp_path, path):
    """A path that leads nowhere or to a file."""
    with pytest.raises(ImageError, match=f"{TAG}: there is no directory {path}"):
        extract(image, path, tmp_path / "out", owner=OWNER)


@pytest.mark.docker
def test_an_image_that_is_not_here_is_an_image_error(docker, tmp_path):
    """Extraction pulls nothing."""
    with pytest.raises(ImageError, match="not on this machine"):
        extract("shrewd-test/nothing:here", "/testbed", tmp_path / "out", owner=OWNER)


@pytest.mark.parametrize("path", ["testbed", "/", "/a/../b", "/a\0b"])
def test_only_an_absolute_path_is_taken(tmp_path, path):
    """Neither the whole image, nor something relative."""
    with pytest.raises(ValueError, match="absolute path below /"):
        extract("x", path, tmp_path / "out", owner=OWNER)


def entry(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", link: str = "", mode: int = 0o644):
    """An entry of an archive, and its content."""
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname, member.mode = kind, len(data), link, mode
    return member, data


def packed(*entries: tuple[tarfile.TarInfo, bytes]) -> list[bytes]:
    """An archive in chunks of odd sizes, its root first."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for member, data in (entry("./", tarfile.DIRTYPE), *entries):
            archive.addfile(member, io.BytesIO(data))
    raw = stream.getvalue()
    return [raw[start : start + 777] for start in range(0, len(raw), 777)]


def laid(tmp_path: Path, *entries: tuple[tarfile.TarInfo, bytes], **settings: int) -> Extracted:
    """Unpack entries into `tmp_path/out`."""
    return unpack(iter(packed(*entries)), tmp_path / "out", without=(".git",), **settings)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a/.."])
def test_names_that_leave_the_directory_are_left_out(tmp_path, name):
    """With a note; the rest is laid."""
    extracted = laid(tmp_path, entry(name, data=b"x"), entry("./good", data=b"x"))
    assert listing(tmp_path) == {"out": "755", "out/good": "644"}
    assert "names that leave the directory" in extracted.notes[0]


def test_nothing_is_written_through_a_link(tmp_path):
    """A link, and then a file below it: the archive of no directory, so nothing is kept."""
    (tmp_path / "victim").mkdir()
    with pytest.raises(ImageError, match="not the archive of a directory"):
        laid(tmp_path, entry("./a", tarfile.SYMTYPE, link=str(tmp_path / "victim")), entry("./a/evil", data=b"x"))
    with pytest.raises(ImageError, match="not the archive of a directory"):
        laid(tmp_path, entry("./a", tarfile.SYMTYPE, link="../victim"), entry("./a/b", tarfile.SYMTYPE, link="evil"))
    assert listing(tmp_path) == {"victim": "755", "out": "755"}


def test_a_hard_link_to_outside_is_left_out(tmp_path):
    """It could otherwise bring a file of this machine into the tree."""
    (tmp_path / "secret").write_text("secret")
    extracted = laid(
        tmp_path,
        *(entry(f"./{n}", tarfile.LNKTYPE, link=to) for n, to in enumerate(("../secret", "/etc/passwd", "./none"))),
    )
    assert listing(tmp_path / "out") == {}
    assert extracted.notes == ("hard links to what is not there was left out: 0, 1, 2",)


def test_devices_and_odd_bits_do_not_come(tmp_path):
    """No device, pipe or setuid bit."""
    laid(
        tmp_path,
        entry("./disk", tarfile.BLKTYPE),
        entry("./null", tarfile.CHRTYPE),
        entry("./pipe", tarfile.FIFOTYPE),
        entry("./su", data=b"x", mode=0o6777),
    )
    assert listing(tmp_path / "out") == {"su": "755"}


def test_a_size_is_refused_before_it_is_written(tmp_path):
    """The bound is on what the files say they hold, copies by hard links included."""
    with pytest.raises(ImageError, match="more than 100 bytes"):
        laid(tmp_path, entry("./big", data=bytes(101)), max_bytes=100)
    with pytest.raises(ImageError, match="more than 100 bytes"):
        laid(tmp_path, entry("./a", data=bytes(60)), entry("./b", tarfile.LNKTYPE, link="./a"), max_bytes=100)
    assert listing(tmp_path / "out") == {}


def test_a_stream_that_breaks_off_leaves_nothing(tmp_path):
    """Half an archive is no directory."""
    chunks = packed(entry("./a", data=bytes(5000)), entry("./b", data=bytes(5000)))
    with pytest.raises(ImageError, match="not the archive of a directory"):
        unpack(iter(chunks[: len(chunks) // 2]), tmp_path / "out")
    assert listing(tmp_path / "out") == {}


def test_a_directory_that_holds_something_is_not_written_to(tmp_path):
    """Neither is it emptied."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    with pytest.raises(ValueError, match="not empty"):
        laid(tmp_path, entry("./a"))
    assert (tmp_path / "out/mine").exists()


NAMES = st.lists(st.sampled_from(["a", "b", "..", ".", ".git", "", "/"]), min_size=1, max_size=4).map("/".join)
KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])


@given(entries=st.lists(st.tuples(NAMES, KINDS, NAMES), max_size=6), root=st.sampled_from(["./", ".", "testbed/", "a"]))
def test_nothing_is_ever_written_outside(tmp_path_factory, entries, root):
    """Whatever the entries: all that is there lies in the directory, and none of it is called .git."""
    place = tmp_path_factory.mktemp("place")
    (place / "b").write_text("untouched")
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(entry(root, tarfile.DIRTYPE)[0])
        for name, kind, link in entries:
            data = b"data" if kind == tarfile.REGTYPE else b""
            archive.addfile(entry(name, kind, data, link)[0], io.BytesIO(data))
    try:
        unpack(iter([stream.getvalue()]), place / "out", without=(".git",))
    except ImageError:
        assert list((place / "out").iterdir()) == []
    found = listing(place)
    assert {name.split("/")[0] for name in found} == {"b", "out"}
    assert (place / "b").read_text() == "untouched"
    assert not any(".git" in name.split("/") for name in found)
