"""Near hits, near misses and semifactuals: the examples around one image, found by exact search.

Near hit: the nearest example of the class at hand. Near miss: the nearest of another class (Herchenbach et al.,
"Explaining Image Classifications with Near Misses, Near Hits and Prototypes", 2022). Semifactuals after KLEOR
(Cummins & Bridge, "KLEOR: A Knowledge Lite Approach to Explanation Oriented Retrieval", 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from xai_core.examples.distances import SSIM, check_distance
from xai_core.examples.index import ExampleIndex, NearExamples, Neighbours, Query
from xai_core.examples.search import check_count, measure, others, search, shortlist_length

Semifactual = Literal["sim-miss", "global-sim"]


def near_hits(query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine") -> Neighbours:
    """Find the nearest examples that carry a label, usually the predicted class.

    The query itself and pixel-identical copies of it are never among them. SSIM compares pixels: it re-ranks the 500
    examples of the class (fewer when images are large) that lie nearest by Euclidean distance of the features, since
    comparing all would take seconds.

    Parameters
    ----------
    query : Query
        The image to explain.
    index : ExampleIndex
        The examples to search.
    label : int
        The class.
    k : int, default 5
        How many; fewer come back, with a note, where the class has no more.
    distance : {"cosine", "euclidean", "manhattan", "ssim"}, default "cosine"
        What is near.

    Returns
    -------
    Neighbours
        From near to far.

    Raises
    ------
    InvalidInput
        If the distance is unknown or k is below 1.
    """
    return search(query, index, [index.labels == label], k, distance)


def near_misses(
    query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine", *, per_class: bool = False
) -> Neighbours:
    """Find the nearest examples that carry another label; unknown labels do not count.

    Parameters
    ----------
    query : Query
        The image to explain.
    index : ExampleIndex
        The examples to search.
    label : int
        The class that the examples must not carry, usually the predicted one.
    k : int, default 5
        How many.
    distance : {"cosine", "euclidean", "manhattan", "ssim"}, default "cosine"
        What is near, as for ``near_hits``.
    per_class : bool, default False
        Find the ``k`` nearest of *every* other class, all sorted by distance (``Neighbours.of`` picks one).

    Returns
    -------
    Neighbours
        From near to far.

    Raises
    ------
    InvalidInput
        If the distance is unknown or k is below 1.
    """
    return search(query, index, others(index, label, per_class), k, distance)


def near_examples(query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine") -> NearExamples:
    """Find near hits, near misses and near misses by class together, measuring the distances once.

    Parameters
    ----------
    query : Query
        The image to explain.
    index : ExampleIndex
        The examples to search.
    label : int
        The class at hand, usually the predicted one.
    k : int, default 5
        How many of each.
    distance : {"cosine", "euclidean", "manhattan", "ssim"}, default "cosine"
        What is near, as for ``near_hits``.

    Returns
    -------
    NearExamples
        All three.

    Raises
    ------
    InvalidInput
        If the distance is unknown or k is below 1.
    """
    check_distance(distance)
    measured = measure(query, index, distance)
    return NearExamples(
        hits=search(query, index, [index.labels == label], k, distance, measured=measured),
        misses=search(query, index, others(index, label, per_class=False), k, distance, measured=measured),
        misses_by_class=search(query, index, others(index, label, per_class=True), k, distance, measured=measured),
    )


def nearest(query: Query, index: ExampleIndex, k: int = 5, distance: str = "cosine") -> Neighbours:
    """Find the nearest examples of any label.

    Parameters
    ----------
    query : Query
        The image to explain.
    index : ExampleIndex
        The examples to search.
    k : int, default 5
        How many.
    distance : {"cosine", "euclidean", "manhattan", "ssim"}, default "cosine"
        What is near, as for ``near_hits``.

    Returns
    -------
    Neighbours
        From near to far.

    Raises
    ------
    InvalidInput
        If the distance is unknown or k is below 1.
    """
    return search(query, index, [np.ones(len(index.labels), dtype=bool)], k, distance)


def semifactuals(
    query: Query,
    index: ExampleIndex,
    label: int,
    k: int = 1,
    distance: str = "cosine",
    *,
    kind: Semifactual = "sim-miss",
) -> Neighbours:
    """Find examples of a class on the side of its boundary: "even if it looked like this, it would still be ...".

    With the nearest unlike neighbour NUN of the query (its nearest miss), Sim-Miss returns the ``k`` examples of the
    class nearest to NUN. Global-Sim takes only those that lie between: nearer to the query than NUN is. Where there is
    none, or no near miss at all, it falls back to Sim-Miss or the near hits, and a note says so.

    Parameters
    ----------
    query : Query
        The image to explain.
    index : ExampleIndex
        The examples to search.
    label : int
        The class, usually the predicted one.
    k : int, default 1
        How many.
    distance : {"cosine", "euclidean", "manhattan", "ssim"}, default "cosine"
        What is near, as for ``near_hits``.
    kind : {"sim-miss", "global-sim"}, default "sim-miss"
        The rule.

    Returns
    -------
    Neighbours
        In order of distance from NUN; ``distances`` are those from the query.

    Raises
    ------
    InvalidInput
        If the distance is unknown or k is below 1.

    References
    ----------
    Cummins & Bridge 2006, "KLEOR: A Knowledge Lite Approach to Explanation Oriented Retrieval".
    """
    check_count(k)
    unlike = near_misses(query, index, label, 1, distance)
    pool = shortlist_length(query) if distance == SSIM else max(len(index.labels), 1)
    hits = near_hits(query, index, label, pool, distance)
    if len(unlike.indices) == 0:
        few = hits.at(np.arange(min(k, len(hits.indices))))
        return replace(few, notes=("There is no example of another class, so these are the near hits.",))
    notes: tuple[str, ...] = ()
    if kind == "global-sim":
        between = hits.distances < unlike.distances[0]
        if between.any():
            hits = hits.at(between)
        else:
            notes = (
                "No example of the class lies between the image and its near miss: this is the nearest to the miss.",
            )
    from_unlike = measure(index.query(int(unlike.indices[0])), index, distance, hits.indices)
    return replace(hits.at(np.argsort(from_unlike, kind="stable")[:k]), notes=notes)


def boundary_sentence(hits: Neighbours, misses: Neighbours, class_names: Sequence[str], *, by_model: bool) -> str:
    """Compare the nearest miss with the nearest hit in one sentence.

    Parameters
    ----------
    hits : Neighbours
        Near hits.
    misses : Neighbours
        Near misses.
    class_names : sequence of str
        Names of all classes.
    by_model : bool
        Whether the labels are the classifier's own.

    Returns
    -------
    str
        Such as "The nearest image that the model calls truck lies 1.3 times as far away as the nearest automobile.";
        empty when either side has no example.
    """
    if len(hits.indices) == 0 or len(misses.indices) == 0:
        return ""
    hit, miss = class_names[hits.labels[0]], class_names[misses.labels[0]]
    subject = f"The nearest image that the model calls {miss}" if by_model else f"The nearest {miss}"
    if hits.distances[0] <= np.finfo(np.float32).eps:
        return f"{subject} lies apart, while the nearest {hit} cannot be told from this image by its features."
    return f"{subject} lies {misses.distances[0] / hits.distances[0]:.2g} times as far away as the nearest {hit}."
