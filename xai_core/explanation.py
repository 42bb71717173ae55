"""The result of every method: how much each segment of an image speaks for a class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Scale = Literal["probability", "log-odds"]
MARKED_SHARE = 0.9  # of the evidence for a class is in the pieces that count as marked, ...
MARKED_AREA = 0.2  # ... which cover no more of the image
TINY = 1e-9  # sums of floats that should be equal are


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
    ``standard_errors`` float64 ``[C, K]`` (change of the probability, or of its log-odds, as ``scale`` says, when the
    segment is shown), ``intercepts`` and ``r2`` float64 ``[C]``, ``unchanged`` bool ``[K]``: hiding the segment changes
    no pixel. ``probabilities`` float32 ``[all classes]`` are those of the unmodified image. ``arm`` names the way of
    explaining, ``settings`` hold all else that decides the result, ``samples`` counts the classifier's answers behind
    it.
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
    scale: Scale = "probability"

    @property
    def settled(self) -> NDArray[np.bool_]:
        """bool ``[C, K]``: the sign of the weight is beyond two standard errors. Others are drawn grey."""
        return np.abs(self.weights) > 2 * self.standard_errors

    def marked(self, class_position: int = 0) -> NDArray[np.bool_]:
        """Return the evidence for a class: the strongest segments, those that a person would point at.

        Of the segments of positive and settled weight the fewest that have ``MARKED_SHARE`` of all such weight, as far
        as they fit into ``MARKED_AREA`` of the image; the strongest always. The cap keeps marks from proving themselves
        by covering everything.

        Parameters
        ----------
        class_position : int, default 0
            Position of the class within ``classes``.

        Returns
        -------
        bool array [K]
            True for the marked ones.
        """
        weights = self.weights[class_position]
        evidence = np.where((weights > 0) & self.settled[class_position], weights, 0.0)
        order = np.argsort(-evidence, kind="stable")
        sizes = np.bincount(self.segments.ravel(), minlength=len(weights))
        carried, covered = np.cumsum(evidence[order]), np.cumsum(sizes[order]) / self.segments.size
        wanted = carried - evidence[order] < MARKED_SHARE * carried[-1] - TINY  # those before it have not enough
        chosen = np.zeros(len(weights), bool)
        chosen[order] = wanted & ((covered <= MARKED_AREA + TINY) | (np.arange(len(weights)) == 0))
        return chosen & (evidence > 0)

    def contrast(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of p(first class) - p(second class), without a further pass through the classifier.

        LIME's weights are linear in the answers (kriging's estimates nearly are). The errors of the two classes
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
