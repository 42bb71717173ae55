"""Does another seed give the same explanation?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

Floats = NDArray[np.float64]


def stability(weights: Sequence[Floats]) -> float:
    """Mean Spearman correlation over all pairs of weight vectors found with different seeds.

    Equal vectors agree fully, also where they do not vary; otherwise a vector that does not vary agrees with none.

    Parameters
    ----------
    weights : sequence of float64 array [K]
        Weights of the same segments, one vector for each seed.

    Returns
    -------
    float
        -1..1.

    Raises
    ------
    InvalidInput
        If there are fewer than two vectors, or their lengths differ.
    """
    if len(weights) < 2 or len({len(vector) for vector in weights}) > 1:
        raise InvalidInput(
            f"Stability needs two or more weight vectors of one length, not {[len(w) for w in weights]}."
        )
    pairs = [(a, b) for i, a in enumerate(weights) for b in weights[i + 1 :]]
    return float(np.mean([_agreement(a, b) for a, b in pairs]))


def _agreement(a: Floats, b: Floats) -> float:
    from scipy.stats import spearmanr  # here, since scipy.stats takes a second that pages should not wait for

    if np.array_equal(a, b):
        return 1.0
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearmanr(a, b).statistic)
