"""Near hits, near misses and semifactuals: the examples around one image, found by exact search.

Near hit: the nearest example of the class at hand. Near miss: the nearest of another class (Herchenbach et al.,
"Explaining Image Classifications with Near Misses, Near Hits and Prototypes", 2022). Semifactuals after KLEOR
(Cummins & Bridge, "KLEOR: A Knowledge Lite Approach to Explanation Oriented Retrieval", 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.base import UNKNOWN_LABEL
from xai_core.errors import InvalidInput
from xai_core.examples.distances import SSIM, Vectors, check_distance, distances_to
from xai_core.examples.ssim import ssim

COPIES = 4  # spare candidates fetched at first, in case some turn out to be the query itself
SSIM_IMAGES = 500  # images that SSIM re-ranks a query
SSIM_PIXELS = 5_000_000  # and fewer of large images: pixel values that it looks at

Semifactual = Literal["sim-miss", "global-sim"]


@dataclass(frozen=True, eq=False)
class Query:
    """The image to be explained: features ``[D]`` of the index's space, and pixels uint8 ``[H, W, C]``."""

    features: Vectors
    image: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ExampleIndex:
    """The examples that are searched.

    ``features`` float32 ``[N, D]`` (or uint8 pixels ``[N, ...]``, counted as 0..1), ``images`` uint8 ``[N, H, W, C]``,
    ``labels`` int64 ``[N]``: the ground truth or the classifier's own. All may be memory-mapped.
    Raises ``InvalidInput`` when their lengths differ.
    """

    features: Vectors
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        lengths = len(self.features), len(self.images), len(self.labels)
        if len(set(lengths)) > 1:
            raise InvalidInput(f"Features, images and labels must be of one length, not {lengths}.")

    def relabelled(self, labels: NDArray[np.int64]) -> ExampleIndex:
        """The same examples under other labels."""
        return replace(self, labels=labels)

    def query(self, position: int) -> Query:
        """The example at ``position`` as a query."""
        return Query(self.features[position], self.images[position])


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Examples from near to far: ``indices`` int64 ``[k]`` into the index, ``distances`` float64 ``[k]``, ``labels``.

    ``distance`` names the measure, ``notes`` are sentences about adjustments.
    """

    indices: NDArray[np.int64]
    distances: NDArray[np.float64]
    labels: NDArray[np.int64]
    distance: str
    notes: tuple[str, ...] = ()

    def of(self, label: int) -> Neighbours:
        """Only the neighbours with that label."""
        return self._take(self.labels == label)

    def _take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Neighbours:
        return replace(self, indices=self.indices[which], distances=self.distances[which], labels=self.labels[which])


@dataclass(frozen=True)
class NearExamples:
    """Near hits, near misses overall, and near misses of each other class, of one query."""

    hits: Neighbours
    misses: Neighbours
    misses_by_class: Neighbours

    @property
    def nearest(self) -> float | None:
        """Distance of the nearest hit, what others are compared with; ``None`` where there is no hit."""
        return float(self.hits.distances[0]) if len(self.hits.distances) else None


def near_hits(query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine") -> Neighbours:
    """The ``k`` nearest examples that carry ``label`` (usually the predicted class).

    ``distance`` is one of ``DISTANCES``. The query itself and pixel-identical copies of it are never among them.
    Fewer than ``k`` examples come back, with a note, where the class has no more.
    Raises ``InvalidInput`` for an unknown distance or k < 1.

    SSIM compares pixels: it re-ranks the 500 examples of the group (fewer when images are large) that lie nearest
    by Euclidean distance of the features, since comparing all would take seconds.
    """
    return _search(query, index, [index.labels == label], k, distance)


def near_misses(
    query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine", *, per_class: bool = False
) -> Neighbours:
    """The ``k`` nearest examples that carry another label than ``label``; unknown labels do not count.

    With ``per_class`` the ``k`` nearest of *every* other class, all sorted by distance (``Neighbours.of`` picks one).
    Otherwise as ``near_hits``.
    """
    return _search(query, index, _others(index, label, per_class), k, distance)


def near_examples(query: Query, index: ExampleIndex, label: int, k: int = 5, distance: str = "cosine") -> NearExamples:
    """Near hits, near misses and near misses by class together, measuring the distances once."""
    check_distance(distance)
    measured = _measure(query, index, distance)
    return NearExamples(
        hits=_search(query, index, [index.labels == label], k, distance, measured=measured),
        misses=_search(query, index, _others(index, label, per_class=False), k, distance, measured=measured),
        misses_by_class=_search(query, index, _others(index, label, per_class=True), k, distance, measured=measured),
    )


def nearest(query: Query, index: ExampleIndex, k: int = 5, distance: str = "cosine") -> Neighbours:
    """The ``k`` nearest examples of any label, as ``near_hits``."""
    return _search(query, index, [np.ones(len(index.labels), dtype=bool)], k, distance)


def semifactuals(
    query: Query,
    index: ExampleIndex,
    label: int,
    k: int = 1,
    distance: str = "cosine",
    *,
    kind: Semifactual = "sim-miss",
) -> Neighbours:
    """Examples of class ``label`` on the side of the boundary: "even if it looked like this, it would still be ...".

    With the nearest unlike neighbour NUN of the query (its nearest miss), Sim-Miss returns the ``k`` examples of the
    class nearest to NUN. Global-Sim takes only those that lie between: nearer to the query than NUN is. Where there is
    none, or no near miss at all, it falls back to Sim-Miss or the near hits, and a note says so. ``distances`` are
    those from the query, the order is that of the distance from NUN.

    Source: Cummins & Bridge 2006. Raises ``InvalidInput`` as ``near_hits``.
    """
    _check_count(k)
    unlike = near_misses(query, index, label, 1, distance)
    pool = _shortlist(query) if distance == SSIM else max(len(index.labels), 1)
    hits = near_hits(query, index, label, pool, distance)
    if len(unlike.indices) == 0:
        few = hits._take(np.arange(min(k, len(hits.indices))))
        return replace(few, notes=("There is no example of another class, so these are the near hits.",))
    notes: tuple[str, ...] = ()
    if kind == "global-sim":
        between = hits.distances < unlike.distances[0]
        if between.any():
            hits = hits._take(between)
        else:
            notes = (
                "No example of the class lies between the image and its near miss: this is the nearest to the miss.",
            )
    from_unlike = _measure(index.query(int(unlike.indices[0])), index, distance, hits.indices)
    return replace(hits._take(np.argsort(from_unlike, kind="stable")[:k]), notes=notes)


def boundary_sentence(hits: Neighbours, misses: Neighbours, class_names: Sequence[str], *, by_model: bool) -> str:
    """One sentence that compares the nearest miss with the nearest hit.

    ``by_model``: the labels are the classifier's own. Example: "The nearest image that the model calls truck lies
    1.3 times as far away as the nearest automobile." Empty when either side has no example.
    """
    if len(hits.indices) == 0 or len(misses.indices) == 0:
        return ""
    hit, miss = class_names[hits.labels[0]], class_names[misses.labels[0]]
    subject = f"The nearest image that the model calls {miss}" if by_model else f"The nearest {miss}"
    if hits.distances[0] <= np.finfo(np.float32).eps:
        return f"{subject} lies apart, while the nearest {hit} cannot be told from this image by its features."
    return f"{subject} lies {misses.distances[0] / hits.distances[0]:.2g} times as far away as the nearest {hit}."


def _check_count(k: int) -> None:
    if k < 1:
        raise InvalidInput(f"At least one neighbour must be asked for, not {k}.")


def _others(index: ExampleIndex, label: int, per_class: bool) -> list[NDArray[np.bool_]]:
    others = (index.labels != label) & (index.labels != UNKNOWN_LABEL)
    if not per_class:
        return [others]
    return [index.labels == other for other in np.unique(index.labels[others])]


def _shortlist(query: Query) -> int:
    """How many images SSIM compares with the query."""
    return min(SSIM_IMAGES, max(SSIM_PIXELS // query.image.size, 1))


def _measure(
    query: Query, index: ExampleIndex, distance: str, which: NDArray[np.intp] | None = None
) -> NDArray[np.floating]:
    """Distances from the query to all examples, or those at ``which``; for SSIM of all examples, the shortlist's."""
    if distance == SSIM and which is not None:
        return (1 - ssim(query.image, index.images[which])) / 2
    features = index.features if which is None else index.features[which]
    return distances_to(query.features, features, "euclidean" if distance == SSIM else distance)


def _search(
    query: Query,
    index: ExampleIndex,
    groups: Sequence[NDArray[np.bool_]],
    k: int,
    distance: str,
    *,
    measured: NDArray[np.floating] | None = None,
) -> Neighbours:
    """The ``k`` nearest of each group of examples, sorted together."""
    check_distance(distance)
    _check_count(k)
    if measured is None:
        measured = _measure(query, index, distance)
    shortlist = max(k + COPIES, _shortlist(query) // max(len(groups), 1))
    indices, distances = [np.empty(0, np.int64)], [np.empty(0)]
    short = False
    for group in groups:
        members = np.flatnonzero(group)
        candidates = measured[members]
        if distance == SSIM:
            members = members[_smallest(candidates, shortlist)]
            candidates = _measure(query, index, SSIM, members)
        kept = _first_unlike(query, index, members, candidates, k)
        short |= len(kept) < k
        indices.append(members[kept])
        distances.append(candidates[kept].astype(np.float64))
    found, apart = np.concatenate(indices), np.concatenate(distances)
    order = np.lexsort((found, apart))
    found = found[order]
    notes = (f"Fewer than {k} examples are there to choose from.",) if short or not groups else ()
    return Neighbours(found, apart[order], index.labels[found], distance, notes)


def _first_unlike(
    query: Query, index: ExampleIndex, members: NDArray[np.intp], distances: NDArray[np.floating], k: int
) -> NDArray[np.intp]:
    """Positions of the ``k`` nearest members that are not the query's picture over again, near to far."""
    wanted = k + COPIES
    while True:
        nearest_first = _smallest(distances, wanted)
        copies = (index.images[members[nearest_first]] == query.image).all(axis=(1, 2, 3))
        kept = nearest_first[~copies]
        if len(kept) >= k or len(nearest_first) == len(members):
            return np.asarray(kept[:k])
        wanted *= 4


def _smallest(values: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """Positions of the ``count`` smallest values, ascending; ties in order of position."""
    if count < len(values):
        # everything up to the count-th value, so that ties at the edge are broken by position too
        positions = np.flatnonzero(values <= np.partition(values, count - 1)[count - 1])
    else:
        positions = np.arange(len(values))
    nearest_first = np.argsort(values[positions], kind="stable")[:count]
    return np.asarray(positions[nearest_first])
