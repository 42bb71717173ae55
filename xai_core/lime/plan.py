"""What one segmentation asks of the classifier, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.lime.hiding import Hiding, Shown
from xai_core.lime.kriging import MOST_ROWS, fit_kriged
from xai_core.lime.masks import Masks, draw, given
from xai_core.lime.settings import LimeSettings
from xai_core.lime.surrogate import Surrogate, fit, log_odds, proximity
from xai_core.segmenters import Segmentation


@dataclass(frozen=True, eq=False)
class Plan:
    """Masks of one segmentation and the different images among them.

    ``columns`` are the segments that the columns of ``masks`` stand for. ``distinct`` bool ``[M, K]`` are the different
    images in order of first use, the unmodified one first; row i of the masks needs image ``image_of[i]``.
    """

    segmentation: Segmentation
    hiding: Hiding
    masks: Masks
    columns: NDArray[np.intp]
    distinct: Shown
    image_of: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        segmentation: Segmentation,
        hiding: Hiding,
        settings: LimeSettings,
        matrix: NDArray[np.generic] | None,
        rng: np.random.Generator,
    ) -> Plan:
        """Draws masks over the segments whose hiding changes something, or takes the caller's ``matrix`` over all."""
        live = np.flatnonzero(~hiding.unchanged)
        if matrix is None:
            columns, masks = live, draw(settings.masks, len(live), settings.samples, rng)
        else:
            columns, masks = np.arange(segmentation.count), given(matrix, segmentation.count)
        shown = np.ones((1 + len(masks.rows), segmentation.count), np.bool_)
        shown[1:, columns] = masks.rows
        first, image_of = _distinct(shown[:, live])
        return cls(segmentation, hiding, masks, columns, shown[first], image_of[1:])

    def images_for(self, rows: int) -> int:
        """How many of the distinct images the first ``rows`` rows need."""
        return int(self.image_of[:rows].max()) + 1

    def fit(self, answers: NDArray[np.float32], rows: int, settings: LimeSettings) -> Surrogate:
        """Linear models from the first ``rows`` rows, expanded to all K segments (0 where no column stands for one).

        ``answers`` float32 ``[images_for(rows), C]``: probabilities of the distinct images.
        """
        masks = self.masks
        targets = answers[self.image_of[:rows]].astype(np.float64)
        if settings.estimator == "kriging" and not masks.exhaustive and rows <= MOST_ROWS:
            kriged = fit_kriged(
                masks.rows[:rows],
                targets,
                np.bincount(self.segmentation.labels.ravel(), minlength=self.segmentation.count)[self.columns],
                kernel_width=settings.kernel_width,
                alpha=settings.alpha,
                unit=masks.unit,
                scale=settings.scale,
            )
            return kriged.expanded(self.columns, self.segmentation.count)
        if settings.scale == "log-odds":
            targets = log_odds(targets)
        proximities = proximity(masks.rows[:rows], settings.kernel_width)
        if masks.exhaustive:
            # Every mask counts as often as it would be drawn: the ridge penalty then weighs as it does among samples.
            proximities *= settings.samples / len(masks.rows)
        fitted = fit(
            masks.rows[:rows],
            targets,
            proximities,
            alpha=settings.alpha,
            unit=masks.unit,
            exhaustive=masks.exhaustive,
        )
        return fitted.expanded(self.columns, self.segmentation.count)

    def notes(self, settings: LimeSettings) -> tuple[str, ...]:
        """What a reader should know about the sampling."""
        if self.hiding.unchanged.all():
            return ("Hiding any segment changes nothing on this image, so there is nothing to explain.",)
        if self.masks.exhaustive:
            return (f"All {len(self.masks.rows)} ways of hiding segments were run: there is no sampling error.",)
        if settings.estimator == "kriging" and len(self.masks.rows) > MOST_ROWS:
            return (f"Weights by regression: kriging is for at most {MOST_ROWS} samples.",)
        return ()


def _distinct(shown: Shown) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each different row of ``shown`` [N, L] first occurs, ascending, and for every row the index of its like."""
    packed = np.packbits(np.pad(shown, ((0, 0), (0, 1))), axis=1)  # at least one byte, also for no live segment
    keys = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel()  # whole rows are compared
    _, first, like = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return first[order], np.argsort(order)[like]
