"""The result of every method: how much each segment of an image speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Settings(Protocol):
    """What a method was told, as plain values that storage keeps."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storage.

        Returns
        -------
        dict
            All fields by name.
        """
        ...


@dataclass(frozen=True, eq=False)
class Explanation:
    """Weights of the segments of an image for several classes, by whichever method.

    With K segments and ``classes`` of length C: ``segments`` int32 ``[H, W]`` labelled 0..K-1, ``weights`` and
    ``standard_errors`` float64 ``[C, K]`` (change of probability when the segment is shown), ``intercepts`` and ``r2``
    float64 ``[C]``, ``unchanged`` bool ``[K]``: hiding the segment changes no pixel. ``probabilities`` float32
    ``[all classes]`` are those of the unmodified image. ``arm`` names the way of explaining, ``settings`` hold all else
    that decides the result, ``samples`` counts the classifier's answers behind it.
    """

    arm: str
    segments: NDArray[np.int32]
    classes: tuple[int, ...]
    weights: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    r2: NDArray[np.float64]
    unchanged: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    samples: int
    settings: Settings
    seed: int
    image_id: str
    classifier: str
    classifier_version: str
    precision: str
    seconds: float
    notes: tuple[str, ...] = field(default=())

    @property
    def settled(self) -> NDArray[np.bool_]:
        """bool ``[C, K]``: the sign of the weight is beyond two standard errors. Others are drawn grey."""
        return np.abs(self.weights) > 2 * self.standard_errors

    def marked(self, class_position: int = 0, *, least: float = 0.5) -> NDArray[np.bool_]:
        """Which segments stand out as speaking for a class: those of positive and settled weight.

        Parameters
        ----------
        class_position : int, default 0
            Position of the class within ``classes``.
        least : float, default 0.5
            Share 0..1 of the greatest weight that a segment must reach: the default keeps those that a picture colours
            strongly, 0 all that it tints.

        Returns
        -------
        bool array [K]
            True for the marked ones.
        """
        weights = self.weights[class_position]
        strong = (weights > 0) & (weights >= least * weights.max()) & self.settled[class_position]
        return np.asarray(strong)

    def contrast(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of p(first class) - p(second class), without a further pass through the classifier.

        LIME's weights are linear in the probabilities (kriging's estimates nearly are). The errors of the two classes
        add up at most; they nearly do, since what one class loses the other mostly wins.

        Returns
        -------
        weights : float64 array [K]
            The difference of the two classes.
        bounds : float64 array [K]
            Upper bounds of its standard errors.
        """
        return self.weights[0] - self.weights[1], self.standard_errors[0] + self.standard_errors[1]

    def relevance(self, class_position: int = 0) -> NDArray[np.float64]:
        """Weight of the segment under each pixel.

        Parameters
        ----------
        class_position : int, default 0
            Position of the class within ``classes``.

        Returns
        -------
        float64 array [H, W]
            In the unit of the weights.
        """
        relevance: NDArray[np.float64] = self.weights[class_position][self.segments]
        return relevance
