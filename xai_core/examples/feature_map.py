"""A sample of training images on a plane, prototypes and criticisms of one class among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xai_core.examples.mmd_critic import Features
from xai_core.examples.summary import ClassSummary, plane

Role = Literal["other class", "this class", "criticism", "prototype"]
OWN, OTHERS = 300, 300  # images of the class, and of all others, at most


@dataclass(frozen=True)
class MapPoint:
    """A training image on the map. ``position`` counts within the features; ``rank`` counts prototypes and criticisms
    from 1 and is 0 for all others."""

    x: float
    y: float
    role: Role
    rank: int
    position: int


def feature_map(
    features: Features, labels: NDArray[np.int64], rows: NDArray[np.int64], summary: ClassSummary, *, seed: int = 0
) -> list[MapPoint]:
    """Place images of a class and of all others on the two main axes of the feature space.

    Rare roles come last, so that they are drawn on top.

    Parameters
    ----------
    features : float32 array [n, D] or uint8 pixels [n, ...]
        Features of training images.
    labels : int64 array [n]
        Their classes.
    rows : int64 array [n]
        Their positions in the training set, ascending.
    summary : ClassSummary
        Prototypes and criticisms of the class.
    seed : int, default 0
        Draws the samples of the class and of the others.

    Returns
    -------
    list of MapPoint
        At most ``OWN`` + ``OTHERS`` images, besides prototypes and criticisms.
    """
    rng = np.random.default_rng(seed)
    own, others = np.flatnonzero(labels == summary.label), np.flatnonzero(labels != summary.label)
    marks: dict[int, tuple[Role, int]] = {}
    marks |= dict.fromkeys(rng.permutation(others)[:OTHERS].tolist(), ("other class", 0))
    marks |= dict.fromkeys(rng.permutation(own)[:OWN].tolist(), ("this class", 0))
    for role, chosen in (("criticism", summary.criticisms), ("prototype", summary.prototypes)):
        places = np.searchsorted(rows, chosen).tolist()
        marks |= {place: (role, rank) for rank, place in enumerate(places, start=1)}
    axes = plane(features[np.array(list(marks))])
    return [
        MapPoint(float(x), float(y), role, rank, place)
        for (x, y), (place, (role, rank)) in zip(axes, marks.items(), strict=True)
    ]
