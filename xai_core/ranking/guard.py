"""Which explanations may come first: those that the classifier really goes by.

A ranking that learns from thumbs alone learns to persuade. What convinces is therefore put in order *among* what is
about as faithful as the best explanation of the image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xai_core.quality.faithfulness import WEAK, Faithfulness
from xai_core.ranking.events import Candidate

MARGIN = 0.05
"""Insertion - deletion by which an explanation may trail the best of its image and still come first."""

GAP, EFFECT = "gap", "effect"


def guard_features(found: Faithfulness) -> dict[str, float]:
    """What the guard reads of a candidate: ``gap``, and ``effect``, what hiding the marked pieces takes away."""
    return {GAP: found.gap, EFFECT: found.whole - found.without_marked}


def faithful(candidates: Sequence[Candidate]) -> NDArray[np.bool_]:
    """Which candidates of one image may come first, bool ``[N]``; at least one of them.

    Those whose gap is within ``MARGIN`` of the best. Where the marked pieces of some move the answer by an amount that
    a person would call an effect, the others stay behind. Candidates of logs that do not know the figures all may.
    """
    gaps, effects = (_column(candidates, name) for name in (GAP, EFFECT))
    known = np.isfinite(gaps) & np.isfinite(effects)
    if not known.any():
        return np.ones(len(candidates), bool)
    pool = known & (effects >= WEAK)
    if not pool.any():
        pool = known
    return np.asarray(pool & (gaps >= gaps[pool].max() - MARGIN))


def faithful_first(orders: NDArray[np.intp], allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Orders ``[M, N]`` with the candidates that are ``allowed`` before the others, each group in the order it had."""
    return np.take_along_axis(orders, np.argsort(~allowed[orders], axis=1, kind="stable"), axis=1)


def _column(candidates: Sequence[Candidate], name: str) -> NDArray[np.float64]:
    values: list[Mapping[str, float]] = [candidate.features for candidate in candidates]
    return np.array([row.get(name, np.nan) for row in values], np.float64)
