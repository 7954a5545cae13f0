"""The methods that look at no outcome, and votes as published."""

from collections import Counter

from support.matrices import written

from selection import method


def test_random_is_uniform_over_candidates_whatever_their_origins() -> None:
    """Four candidates, 2000 seeds: each about 500 times."""
    matrix = written("u", {"a": "s", "b": "u", "c": "u", "d": "."}, origins={"a": ("x 1", "x 2", "x 3")})
    winners = [method("random")(matrix, seed=seed).winner for seed in range(2000)]
    drawn = Counter(winner.digest for winner in winners if winner)
    assert set(drawn) == set("abcd")
    assert all(400 < count < 600 for count in drawn.values())
    assert method("random")(matrix, seed=1).confidence == 0.25


def test_random_draws_the_same_again_for_the_same_seed() -> None:
    """A choice can be repeated, and another candidate changes the draw of none."""
    few, more = written("", {"a": "", "b": "", "c": ""}), written("", {"a": "", "b": "", "c": "", "d": ""})
    for seed in range(20):
        ranked = [row.candidate.digest for row in method("random")(more, seed=seed).ranking]
        assert [row.candidate.digest for row in method("random")(few, seed=seed).ranking] == [
            name for name in ranked if name != "d"
        ]


def test_majority_is_the_tree_that_most_samples_ended_with() -> None:
    """Outcomes do not matter; the same origin twice is one sample."""
    matrix = written("u", {"a": "s", "b": "u"}, origins={"a": ("gru", "gru", "gru"), "b": ("x 1", "x 2")})
    selection = method("majority")(matrix, seed=0)
    assert [(row.candidate.digest, row.score) for row in selection.ranking] == [("b", 2), ("a", 1)]
    assert (selection.rule, selection.confidence) == ("most origins", 2 / 3)


def test_majority_ties_go_to_more_sources_then_the_shorter_patch_then_the_digest() -> None:
    """Two strangers that agree are more than two samples of one model."""
    origins = {"a": ("x 1", "x 2"), "b": ("gru", "devlo")}
    selection = method("majority")(written("", {"a": "", "b": ""}, origins=origins, lengths={"a": 1}), seed=0)
    assert (selection.ranking[0].candidate.digest, selection.rule) == ("b", "origins tied: more sources")
    selection = method("majority")(written("", {"a": "", "b": ""}, lengths={"b": 1}), seed=0)
    assert (selection.ranking[0].candidate.digest, selection.rule) == ("b", "origins tied: the shorter patch")
    selection = method("majority")(written("", {"b": "", "a": ""}), seed=0)
    assert (selection.ranking[0].candidate.digest, selection.rule) == ("a", "tied in everything: the smaller digest")


def test_published_votes_count_every_script_that_exits_0() -> None:
    """Also those that pass on the base tree, and those that break there."""
    matrix = written("sbu", {"a": "ssu", "b": "uus"})
    selection = method("votes")(matrix, seed=0)
    assert [(row.candidate.digest, row.votes) for row in selection.ranking] == [("a", 2), ("b", 1)]
    assert method("votes-valid")(matrix, seed=0).winner != selection.winner


def test_published_votes_count_a_script_once_for_each_trajectory_that_wrote_it() -> None:
    """As published: duplicates are not merged."""
    matrix = written("uuu", {"a": "ssu", "b": "uus"}, authors=[("t 0",), ("t 1",), ("t 2", "t 3", "t 4")])
    selection = method("votes")(matrix, seed=0)
    assert [(row.candidate.digest, row.votes) for row in selection.ranking] == [("b", 3), ("a", 2)]
    assert (selection.rule, selection.confidence) == ("most votes", 3 / 5)


def test_published_ties_go_to_the_shorter_patch() -> None:
    """Then to the smaller digest, where nothing is documented."""
    selection = method("votes")(written("u", {"a": "s", "b": "s"}, lengths={"b": 5}), seed=0)
    assert (selection.ranking[0].candidate.digest, selection.rule) == ("b", "votes tied: the shorter patch")
