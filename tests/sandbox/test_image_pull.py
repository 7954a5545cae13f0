"""Pulling images: a real engine pulls from a real registry on this machine, which fails in every way."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from support.registry import Fault, Registry, random_layer

from sandbox.docker_engine import Engine
from sandbox.errors import ImageError
from sandbox.image_pull import Puller, PullProgress, Space, pull
from sandbox.images import GIB, inspect_image, remove_image

pytestmark = pytest.mark.docker


def ignore(_: PullProgress) -> None:
    """Take no interest in progress."""


@pytest.fixture
def registry(docker: str) -> Iterator[Registry]:
    """A registry of this test's own; what was pulled from it is removed."""
    with Registry() as registry:
        yield registry
        for name in {path.split(":")[0] for path in registry.manifests}:
            remove_image(f"{registry.address}/{name}:latest")


class Sleeps(list[float]):
    """Does not sleep, and keeps what it was asked for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def test_an_image_is_pulled_with_progress_in_bytes(registry):
    """The reports end with every byte of every layer, and the facts are those of the image."""
    layers = [random_layer(600_000), random_layer(900_000)]
    registry.pace = 0.05
    name = registry.add("tiny", layers, WorkingDir="/testbed", User="nobody", Env=["A=b=c", "PATH=/bin"])
    reports: list[PullProgress] = []

    facts = pull(name, progress=reports.append)

    assert (facts.name, facts.workdir, facts.user, facts.platform) == (name, "/testbed", "nobody", "linux/amd64")
    assert facts.variables == (("A", "b=c"), ("PATH", "/bin"))
    assert facts == inspect_image(name)
    last = reports[-1]
    assert (last.downloaded, last.total) == (sum(map(len, layers)),) * 2
    assert (last.layers, last.unpacked, last.attempt, last.waiting) == (2, 2, 1, "")
    assert any(0 < report.downloaded < last.total for report in reports)
    assert [one.downloaded for one in reports] == sorted(one.downloaded for one in reports)


def test_a_failing_server_is_asked_again(registry):
    """Two failures, each followed by a pause that is told of, then the image comes."""
    name = registry.add("flaky", [random_layer(1000)])
    # The engine asks twice, for the head and for the whole, before it gives up.
    registry.faults["manifests"] = [Fault(500), Fault(500), Fault(503), Fault(503)]
    sleeps, reports = Sleeps(), list[PullProgress]()

    assert pull(name, progress=reports.append, sleep=sleeps).size > 0

    assert 4 <= len(sleeps) <= 9
    assert reports[-1].attempt == 3
    assert any("next one is in" in report.waiting for report in reports)


def test_a_connection_that_breaks_is_no_failure(registry):
    """Half a manifest, then a broken connection: the next attempt brings the image."""
    name = registry.add("broken", [random_layer(1000)])
    registry.faults["manifests"] = [Fault(drop=True), Fault(drop=True)]
    assert pull(name, progress=ignore, sleep=Sleeps()).name == name


@pytest.mark.slow
def test_a_layer_that_breaks_off_is_gone_on_with(registry):
    """The engine itself asks for the rest of a layer."""
    content = random_layer(2_000_000)
    name = registry.add("halved", [content])
    registry.faults["blobs"] = [Fault(drop=True), Fault(drop=True)]
    assert pull(name, progress=ignore, sleep=Sleeps()).size >= 2_000_000


def test_a_rate_limit_is_waited_for_as_long_as_the_registry_says(registry):
    """The time in the registry's words counts; the next attempt then succeeds."""
    name = registry.add("limited", [random_layer(1000)])
    registry.faults["manifests"] = [Fault(429, "retry-after: 1m10.5s, allowed: 100/hour")] * 2
    sleeps = Sleeps()
    pull(name, progress=ignore, sleep=sleeps)
    assert sum(sleeps) == pytest.approx(72, abs=1)


def test_a_rate_limit_that_lasts_says_how_to_log_in(registry):
    """Without a time in the answer the pauses are minutes; the error names the registry to log in to."""
    name = registry.add("limited", [random_layer(1000)])
    registry.faults["manifests"] = [Fault(429, "You have reached your pull rate limit")] * 6
    sleeps = Sleeps()
    with pytest.raises(ImageError, match=f"pull rate limit\nLog in.*docker login {registry.address}"):
        pull(name, progress=ignore, sleep=sleeps, attempts=3)
    assert sum(sleeps) == 60 + 120


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "there is no image .*\n.*shrewd image build"),
        (403, "cannot be pulled.*\n.*docker login 127"),
        (401, "cannot be pulled.*\n.*docker login 127"),
    ],
)
def test_what_no_waiting_changes_is_an_error_at_once(registry, status, words):
    """No such image, or no access: one attempt, and words that help."""
    name = registry.add("refused", [random_layer(1000)])
    registry.faults["manifests"] = [Fault(status, "denied")] * 20
    sleeps = Sleeps()
    with pytest.raises(ImageError, match=words):
        pull(name, progress=ignore, sleep=sleeps)
    assert sleeps == []


def test_no_network_is_an_error_after_all_attempts(docker):
    """Nobody listens at the registry's address."""
    with pytest.raises(ImageError, match=r"could not be pulled in 2 attempts: .*connection refused\nCheck the network"):
        pull("127.0.0.1:9/nobody/there:latest", progress=ignore, attempts=2, sleep=Sleeps())


def test_nothing_is_pulled_onto_a_disk_that_is_nearly_full(registry):
    """The check comes before the first request, and the error says what is left and how to make room."""
    name = registry.add("large", [random_layer(1000)])
    with pytest.raises(ImageError, match=r"a pull wants 10.0 GiB, 3.0 GiB are left.*\nMake room .*docker image prune"):
        pull(name, progress=ignore, space=Space(free=lambda _: 3 * GIB))
    assert registry.asked == []


def test_a_pull_is_stopped_before_it_fills_the_disk(registry):
    """Space runs out while a layer comes: the pull ends, cleanly, and the image is not there."""
    registry.pace = 0.1
    name = registry.add("filling", [random_layer(3_000_000)])
    left = iter([20 * GIB])
    with pytest.raises(ImageError, match=r"stopped before the disk is full, 0\.5 GiB are left"):
        pull(name, progress=ignore, space=Space(free=lambda _: next(left, GIB // 2)))
    assert inspect_image(name) is None


def test_the_space_of_a_real_engine_is_known(docker):
    """Here the engine keeps its images on this machine."""
    with closing(Engine.connect()) as engine:
        free = Space().free(engine)
    assert free is None or free > 0


def test_who_reports_progress_can_stop_a_pull(registry):
    """An exception of the caller's own ends the pull and comes through."""
    registry.pace = 0.1
    name = registry.add("stopped", [random_layer(5_000_000)])

    def stop(state: PullProgress) -> None:
        if state.downloaded:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(name, progress=stop)
    assert inspect_image(name) is None


def test_requests_for_one_image_share_one_pull(registry):
    """Four ask at once: one download, progress for all, and it is told once that the image was pulled."""
    registry.pace = 0.1
    name = registry.add("shared", [random_layer(1_000_000)])
    pulled: list[str] = []
    puller = Puller(pulled=pulled.append)
    reports: list[list[PullProgress]] = [[], [], [], []]
    with ThreadPoolExecutor(4) as threads:
        facts = list(threads.map(lambda number: puller.ensure(name, progress=reports[number].append), range(4)))
    assert len({one.id for one in facts}) == 1
    assert registry.count("GET /v2/shared/blobs") == 2  # the layer and the settings
    assert all(reports)
    assert pulled == [name]
    assert puller.ensure(name, progress=ignore) == facts[0]
    assert pulled == [name]


def test_who_is_stopped_does_not_take_the_image_from_others(registry):
    """The first of two is stopped in the middle; the second one pulls on."""
    registry.pace = 0.1
    name = registry.add("handed", [random_layer(2_000_000)])
    puller, started = Puller(), threading.Event()

    def stop(state: PullProgress) -> None:
        started.set()
        if state.downloaded:
            raise KeyboardInterrupt

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            puller.ensure(name, progress=stop)

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        started.wait(30)
        two = threads.submit(puller.ensure, name, progress=ignore)
        one.result()
        assert two.result().name == name


def test_a_shared_failure_is_everybodys(registry):
    """Those who wait for a pull that fails do not each try it again."""
    name = registry.add("gone", [random_layer(1000)])
    puller = Puller(at_once=1)
    blocker = registry.add("blocker", [random_layer(1_500_000)])
    registry.pace = 0.05
    with ThreadPoolExecutor(3) as threads:
        busy = threads.submit(puller.ensure, blocker, progress=ignore)
        while not registry.count("/v2/blocker/blobs"):
            time.sleep(0.01)
        del registry.manifests["gone:latest"]
        waiting = [threads.submit(puller.ensure, name, progress=ignore) for _ in range(2)]
        for one in waiting:
            with pytest.raises(ImageError, match="there is no image"):
                one.result()
        busy.result()
    assert registry.count("/v2/gone/manifests") <= 2
