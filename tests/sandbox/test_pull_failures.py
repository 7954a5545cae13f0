"""What engines say about failed pulls, and what is made of it."""

import pytest

from sandbox.errors import ImageError
from sandbox.pull_failures import MayPass, asked_to_wait, explain


def test_an_image_for_other_machines_only_is_told():
    """A registry may have the image for one architecture alone; the engine then names what is wrong."""
    said = "no matching manifest for linux/arm64/v8 in the manifest list entries"
    error = explain("x/y:z", said, None)
    assert isinstance(error, ImageError)
    assert "not made for this machine" in str(error)


def test_a_full_disk_is_told_in_the_engines_words_too():
    """The engine may be the first to notice."""
    error = explain("x:y", "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", 12 << 20)
    assert isinstance(error, ImageError)
    assert "the disk became full, and what had come was removed, 0.0 GiB are left" in str(error)


@pytest.mark.parametrize("said", ["unexpected EOF", "dial tcp: i/o timeout", "received unexpected HTTP status: 502"])
def test_unknown_failures_may_pass(said):
    """What is not known to be for good is tried again."""
    assert isinstance(explain("x:y", said, None), MayPass)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("toomanyrequests: retry-after: 880.092µs, allowed: 44000/minute", 0.000880092),
        ("retry-after: 1h2m3s", 3723),
        ("Retry-After: 30", 30),
        ("retry-after 250ms", 0.25),
        ("you have reached your pull rate limit", None),
    ],
)
def test_the_time_to_wait_is_read_from_a_registrys_words(said, seconds):
    """As registries that are written in Go put it, or as HTTP does."""
    assert asked_to_wait(said) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("name", ["x/y:z", "docker.io/x/y", "host:5000/x"])
def test_access_that_is_denied_may_mean_a_wrong_name(name):
    """Docker Hub answers alike for what is private and what does not exist."""
    said = "pull access denied for x, repository does not exist or may require 'docker login': denied"
    text = str(explain(name, said, None))
    assert text.endswith("docker login" if name == "x/y:z" else f"docker login {name.partition('/')[0]}")
