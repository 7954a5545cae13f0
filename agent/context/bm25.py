"""BM25 scores, by bm25s: the one place that touches its loosely typed interface."""

from collections.abc import Sequence


def bm25(corpus: Sequence[list[str]], query: list[str]) -> list[float]:
    """The score of each document of `corpus` (lists of words) for `query`."""
    known = {word for document in corpus for word in document}
    query = [word for word in query if word in known]
    if not query:
        return [0.0] * len(corpus)
    import bm25s

    index = bm25s.BM25()
    index.index(list(corpus), show_progress=False)  # pyright: ignore[reportUnknownMemberType] - partly typed
    scores = index.get_scores(query)  # pyright: ignore[reportUnknownMemberType] - partly typed
    return [float(score) for score in scores]
