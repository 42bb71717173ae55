"""The result of LIME: one explanation of one image under one segmentation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

MaskDesign = Literal["bernoulli", "paired", "hadamard", "sobol", "given"]  # "given": the caller's own matrix
Estimator = Literal["regression", "kriging"]
Fill = Literal["mean", "blur", "constant"]


@dataclass(frozen=True)
class LimeSettings:
    """Everything beside image, classifier, segmenter and seed that decides an explanation.

    ``tolerance`` is the stopping rule: sampling ends once ``max se / (max w - min w)`` falls below it.
    ``constant`` is the grey level 0..1 of the constant fill. ``estimator`` finds the weights from the answers: the
    ``regression`` of ``lime``, or ``kriging``, which needs fewer samples.
    Raises ``InvalidInput`` for values out of range.
    """

    samples: int = 500
    masks: MaskDesign = "bernoulli"
    fill: Fill = "mean"
    constant: float = 0.0
    kernel_width: float = 0.25
    alpha: float = 1.0
    tolerance: float | None = None
    estimator: Estimator = "regression"

    def __post_init__(self) -> None:
        limits = {
            "samples": self.samples >= 2,
            "constant": 0 <= self.constant <= 1,
            "kernel_width": self.kernel_width > 0,
            "alpha": self.alpha > 0,
            "tolerance": self.tolerance is None or self.tolerance > 0,
        }
        for name, holds in limits.items():
            if not holds:
                raise InvalidInput(f"{name} = {getattr(self, name)} is out of range for an explanation.")
        if self.estimator not in get_args(Estimator):
            raise InvalidInput(f"There is no estimator {self.estimator!r}; choose {' or '.join(get_args(Estimator))}.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storage."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Explanation:
    """LIME weights of one segmentation for several classes.

    With K segments and ``classes`` of length C: ``segments`` int32 ``[H, W]`` labelled 0..K-1, ``weights`` and
    ``standard_errors`` float64 ``[C, K]`` (change of probability when the segment is shown), ``intercepts`` and ``r2``
    float64 ``[C]``, ``unchanged`` bool ``[K]``: hiding the segment changes no pixel. ``probabilities`` float32
    ``[all classes]`` are those of the unmodified image.
    """

    segmenter: str
    segments: NDArray[np.int32]
    classes: tuple[int, ...]
    weights: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    r2: NDArray[np.float64]
    unchanged: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    samples: int
    settings: LimeSettings
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

    def contrast(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights ``[K]`` of p(first class) - p(second class), and a bound on their standard errors.

        LIME's weights are linear in the probabilities, so the difference needs no further pass (kriging's estimates
        nearly are). The errors of the two classes add up at most; they nearly do, since what one class loses the other
        mostly wins.
        """
        return self.weights[0] - self.weights[1], self.standard_errors[0] + self.standard_errors[1]

    def relevance(self, class_position: int = 0) -> NDArray[np.float64]:
        """Weight of the segment under each pixel, float64 ``[H, W]``, for the class at that position."""
        relevance: NDArray[np.float64] = self.weights[class_position][self.segments]
        return relevance
