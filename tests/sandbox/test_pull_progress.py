"""What is made of an engine's reports about a pull."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.pull_progress import Layers, PullProgress


def test_odd_reports_of_an_engine_do_no_harm():
    """Reports out of order, without numbers, or of kinds that nobody knows."""
    layers = Layers(PullProgress("x"))
    for event in (
        {"status": "Pulling from library/x", "id": "latest"},
        {"status": "Extracting", "id": "a", "progressDetail": {"current": 5}},
        {"status": "Downloading", "id": "a", "progressDetail": {"current": "5", "total": -1}},
        {"status": "Pull complete", "id": "b"},
        {"progressDetail": None},
        {"status": "Dancing", "id": "c"},
    ):
        layers.take(event)
    assert (layers.state.layers, layers.state.unpacked, layers.state.downloaded) == (3, 1, 0)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["", "a", "b"]),
                "status": st.sampled_from(
                    ["Downloading", "Download complete", "Extracting", "Pull complete", "Retrying"]
                ),
                "progressDetail": st.none() | st.dictionaries(st.sampled_from(["current", "total"]), st.integers()),
            }
        )
    )
)
def test_the_sum_never_exceeds_the_total(events):
    """Whatever is reported: no more bytes than there are, no more layers in place than are known."""
    layers = Layers(PullProgress("x"))
    for event in events:
        layers.take(event)
        state = layers.state
        assert 0 <= state.downloaded <= state.total
        assert 0 <= state.unpacked <= state.layers <= 2
