"""Exact search among examples: the nearest of each group, without the query's own picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.base import UNKNOWN_LABEL
from xai_core.errors import InvalidInput
from xai_core.examples.distances import SSIM, check_distance, distances_to
from xai_core.examples.index import ExampleIndex, Neighbours, Query
from xai_core.examples.ssim import ssim

COPIES = 4  # spare candidates fetched at first, in case some turn out to be the query itself
SSIM_IMAGES = 500  # images that SSIM re-ranks a query
SSIM_PIXELS = 5_000_000  # and fewer of large images: pixel values that it looks at


def check_count(k: int) -> None:
    """Raises ``InvalidInput`` for fewer than one neighbour."""
    if k < 1:
        raise InvalidInput(f"At least one neighbour must be asked for, not {k}.")


def others(index: ExampleIndex, label: int, per_class: bool) -> list[NDArray[np.bool_]]:
    """Which examples carry another label, bool ``[N]``: all together, or a group for each other class."""
    unlike = (index.labels != label) & (index.labels != UNKNOWN_LABEL)
    if not per_class:
        return [unlike]
    return [index.labels == other for other in np.unique(index.labels[unlike])]


def shortlist_length(query: Query) -> int:
    """How many images SSIM compares with the query."""
    return min(SSIM_IMAGES, max(SSIM_PIXELS // query.image.size, 1))


def measure(
    query: Query, index: ExampleIndex, distance: str, which: NDArray[np.intp] | None = None
) -> NDArray[np.floating]:
    """Distances from the query to all examples, or those at ``which``; for SSIM of all examples, the shortlist's."""
    if distance == SSIM and which is not None:
        return (1 - ssim(query.image, index.images[which])) / 2
    features = index.features if which is None else index.features[which]
    return distances_to(query.features, features, "euclidean" if distance == SSIM else distance)


def search(
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
    check_count(k)
    if measured is None:
        measured = measure(query, index, distance)
    shortlist = max(k + COPIES, shortlist_length(query) // max(len(groups), 1))
    indices, distances = [np.empty(0, np.int64)], [np.empty(0)]
    short = False
    for group in groups:
        members = np.flatnonzero(group)
        candidates = measured[members]
        if distance == SSIM:
            members = members[_smallest(candidates, shortlist)]
            candidates = measure(query, index, SSIM, members)
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
