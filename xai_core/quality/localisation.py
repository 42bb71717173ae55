"""Does the relevance lie on the true evidence, where that is known?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

Floats = NDArray[np.float64]


def matched_iou(relevance: Floats, truth: NDArray[np.bool_]) -> float:
    """Overlap of the true evidence with as many of the most relevant pixels.

    Ties at the border count by their share, so that segments larger than the evidence are not favoured by pixel order.

    Parameters
    ----------
    relevance : float64 array [H, W]
        Relevance of each pixel.
    truth : bool array [H, W]
        The true evidence.

    Returns
    -------
    float
        0..1.

    Raises
    ------
    InvalidInput
        If there is no true evidence or the sizes differ.
    """
    _check_truth(relevance, truth)
    wanted = int(truth.sum())
    border = np.partition(relevance.ravel(), -wanted)[-wanted]
    above, tied = relevance > border, relevance == border
    part = (wanted - above.sum()) / tied.sum()
    shared = (truth & above).sum() + part * (truth & tied).sum()
    return float(shared / (2 * wanted - shared))


def pointing(relevance: Floats, truth: NDArray[np.bool_]) -> float:
    """Share of the most relevant pixels (a whole segment) that are true evidence.

    The pointing game asks for one pixel; all pixels of a segment are equal, so this is its expected score.

    Parameters
    ----------
    relevance : float64 array [H, W]
        Relevance of each pixel.
    truth : bool array [H, W]
        The true evidence.

    Returns
    -------
    float
        0..1.

    Raises
    ------
    InvalidInput
        If there is no true evidence or the sizes differ.

    References
    ----------
    Zhang et al. 2018, "Top-down neural attention by excitation backprop".
    """
    _check_truth(relevance, truth)
    return float(truth[relevance == relevance.max()].mean())


def _check_truth(relevance: Floats, truth: NDArray[np.bool_]) -> None:
    if relevance.shape != truth.shape or not truth.any():
        raise InvalidInput(
            f"The true evidence ({int(truth.sum())} pixels of {list(truth.shape)}) must be a mask "
            f"with at least one pixel, of the relevance map's size {list(relevance.shape)}."
        )
