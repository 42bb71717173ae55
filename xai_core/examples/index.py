"""What is searched for near hits and near misses, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput
from xai_core.examples.distances import Vectors


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
        """The same examples under other labels.

        Parameters
        ----------
        labels : int64 array [N]
            One for each example.

        Returns
        -------
        ExampleIndex
            A new one; this one stays as it is.
        """
        return replace(self, labels=labels)

    def query(self, position: int) -> Query:
        """One of the examples as a query.

        Parameters
        ----------
        position : int
            Which one.

        Returns
        -------
        Query
            Its features and its pixels.
        """
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
        """Only the neighbours with one label.

        Parameters
        ----------
        label : int
            The class.

        Returns
        -------
        Neighbours
            From near to far.
        """
        return self.at(self.labels == label)

    def at(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Neighbours:
        """Only some of the neighbours.

        Parameters
        ----------
        which : int array [n] or bool array [k]
            Positions, or a mask.

        Returns
        -------
        Neighbours
            In the order of the positions.
        """
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
