"""Does the classifier really go by what an explanation marks? Asked of the classifier itself, for all arms at once.

Pieces are hidden, and shown alone, under several reference fills; every figure is the mean over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier, batch_size, predict_batches
from xai_core.errors import Cancelled
from xai_core.explanation import Explanation
from xai_core.quality.references import references

Image = NDArray[np.float32]  # [H, W, C] in 0..1
Pixels = NDArray[np.bool_]  # [H, W]

AREAS = (0.05, 0.15, 0.35, 0.65)  # of the image hidden or shown along the curves: dense where they fall
WEAK = 0.05  # change of a probability that no person would call an effect


@dataclass(frozen=True)
class Faithfulness:
    """What the classifier says about the marked pieces of one explanation, for one class. All figures are 0..1.

    ``whole``: probability of the class for the unmodified image; ``without_marked`` and ``only_marked``: with the
    marked pieces hidden, and with everything else hidden; ``strongest``: by how much hiding the one strongest piece
    changes it, either way. ``deletion`` and ``insertion``: mean probability while the best pieces are hidden, or shown,
    first (areas under the curves over the share of pixels); ``marked_area``: share of pixels. ``disagreement``: largest
    difference of insertion - deletion between two reference fills.
    """

    whole: float
    without_marked: float
    only_marked: float
    strongest: float
    deletion: float
    insertion: float
    marked_area: float
    disagreement: float

    @property
    def gap(self) -> float:
        """Insertion - deletion, -1..1: how far the curves lie apart."""
        return self.insertion - self.deletion

    @property
    def necessity(self) -> float:
        """Share -1..1 of the probability that is lost without the marked pieces."""
        return (self.whole - self.without_marked) / self.whole if self.whole > 0 else 0.0

    @property
    def sufficiency(self) -> float:
        """Share, 0 or more, of the probability that the marked pieces alone keep."""
        return self.only_marked / self.whole if self.whole > 0 else 0.0

    @property
    def decides(self) -> bool:
        """Whether the marked pieces move the answer by an amount that a person would call an effect."""
        return abs(self.whole - self.without_marked) >= WEAK

    def as_dict(self) -> dict[str, float]:
        """Plain values, for storage.

        Returns
        -------
        dict of str to float
            The fields and the gap.
        """
        return {**asdict(self), "gap": self.gap}


def faithfulness_of(
    explanations: Sequence[Explanation],
    image: Image,
    model: Classifier,
    *,
    class_position: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> list[Faithfulness]:
    """Ask the classifier how far it goes by what each explanation of an image marks, in one stream of batches.

    Each explanation takes 22 answers of the classifier, besides two for all of them together.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of the same image and the same class.
    image : float32 array [H, W, C], 0..1
        The image that was explained.
    model : Classifier
        The classifier that was explained.
    class_position : int, default 0
        Position of the class within their ``classes``.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    list of Faithfulness
        One for each explanation.

    Raises
    ------
    Cancelled
        Once ``cancelled()`` is true.

    References
    ----------
    Petsiuk, Das & Saenko 2018, "RISE", section 4.3 (the curves); DeYoung et al. 2020, "ERASER", section 4
    (comprehensiveness and sufficiency).
    """
    if not explanations:
        return []
    label = explanations[0].classes[class_position]
    fills = list(references(image).values())
    probes = [_Probes.of(explanation, class_position) for explanation in explanations]
    shown = [np.zeros(image.shape[:2], bool), *(mask for probe in probes for mask in probe.masks())]
    answers = predict_batches(model, _composed(image, fills, shown, cancelled))[:, label].astype(np.float64)
    by_fill = answers.reshape(len(fills), len(shown))  # [R, masks]
    nothing, rest = by_fill[:, 0], by_fill[:, 1:].reshape(len(fills), len(probes), -1)
    whole = float(explanations[0].probabilities[label])
    return [probe.judged(whole, nothing, rest[:, number]) for number, probe in enumerate(probes)]


@dataclass(frozen=True, eq=False)
class _Probes:
    """The ways in which one explanation is tried: pixels shown, bool ``[H, W]`` each."""

    ranks: NDArray[np.int64]  # [H, W]: when a pixel's segment has its turn, the best first
    counts: NDArray[np.int64]  # segments that have had their turn at each point of the curves
    marked: Pixels
    strongest: Pixels

    @classmethod
    def of(cls, explanation: Explanation, class_position: int) -> _Probes:
        weights = explanation.weights[class_position]
        order = np.argsort(-weights, kind="stable")
        ranks = np.argsort(order)
        sizes = np.bincount(explanation.segments.ravel(), minlength=len(weights))
        covered = np.cumsum(sizes[order]) / explanation.segments.size
        counts = np.clip(np.searchsorted(covered, AREAS) + 1, 1, len(weights))
        return cls(
            ranks[explanation.segments],
            counts,
            explanation.marked(class_position)[explanation.segments],
            explanation.segments == int(np.argmax(np.abs(weights))),
        )

    def masks(self) -> list[Pixels]:
        """In the order in which ``judged`` reads the answers."""
        chosen = [self.ranks < count for count in self.counts]
        return [*(~pixels for pixels in chosen), *chosen, ~self.marked, self.marked, ~self.strongest]

    def judged(self, whole: float, nothing: NDArray[np.float64], answers: NDArray[np.float64]) -> Faithfulness:
        """``nothing`` ``[R]``: probability with all pixels hidden; ``answers`` ``[R, masks]``."""
        steps = len(self.counts)
        share = np.array([0.0, *((self.ranks < count).mean() for count in self.counts), 1.0])
        start, end = np.full((len(nothing), 1), whole), nothing[:, None]
        deletion = np.trapezoid(np.hstack([start, answers[:, :steps], end]), share, axis=1)
        insertion = np.trapezoid(np.hstack([end, answers[:, steps : 2 * steps], start]), share, axis=1)
        without, only, weakened = answers[:, 2 * steps :].mean(axis=0)
        return Faithfulness(
            whole=whole,
            without_marked=float(without),
            only_marked=float(only),
            strongest=float(abs(whole - weakened)),
            deletion=float(deletion.mean()),
            insertion=float(insertion.mean()),
            marked_area=float(self.marked.mean()),
            disagreement=float(np.ptp(insertion - deletion)),
        )


def _composed(
    image: Image, fills: Sequence[Image], shown: Sequence[Pixels], cancelled: Callable[[], bool] | None
) -> Iterator[Image]:
    """Batches of the image seen through every mask, under one fill after the other."""
    size = batch_size(*image.shape[:2])
    for fill in fills:
        for start in range(0, len(shown), size):
            if cancelled is not None and cancelled():
                raise Cancelled("Judging the explanations was cancelled.")
            masks = np.stack(shown[start : start + size])[..., None]
            yield np.where(masks, image, fill)
