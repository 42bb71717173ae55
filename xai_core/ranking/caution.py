"""When to trust a learned order: once it beats the best single arm, as far as the thumbs can tell.

An order has much to learn, an arm's record little. Until the posterior says with ``SURE`` that what the order would
show first convinces more, on the average image of a data set, than the one arm that is best there, that arm comes
first, and exploration goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erf, sqrt

import numpy as np
from scipy import linalg

from xai_core.numerics import one_blas_thread
from xai_core.ranking.events import Candidate
from xai_core.ranking.model import Posterior

SURE = 0.9
IMAGES = 40
"""So many images of a data set tell what an order does there on average."""


@dataclass(frozen=True)
class Advantage:
    """By how much, in log odds of a 👍, the order's first explanation beats the best single ``arm`` on the average
    image: posterior ``mean`` and ``sd``."""

    arm: str
    mean: float
    sd: float
    images: int

    @property
    def probability(self) -> float:
        """That the order is the better choice, 0..1."""
        return 0.5 * (1 + erf(self.mean / (sqrt(2) * self.sd))) if self.sd > 0 else float(self.mean > 0)

    @property
    def sure(self) -> bool:
        """Whether the order may decide what comes first."""
        return self.probability >= SURE


def advantage(posterior: Posterior, images: Sequence[Sequence[Candidate]]) -> Advantage:
    """The advantage over images of one data set, each with its candidates; at least one image.

    The best single arm is the one of the greatest mean log odds among those that every image has.
    """
    recent = images[-IMAGES:]
    everywhere = set.intersection(*({candidate.arm for candidate in each} for each in recent))
    arms = [candidate.arm for candidate in recent[-1] if candidate.arm in everywhere]
    if not arms:  # images with other arms each: only the latest can be spoken of
        return advantage(posterior, recent[-1:])
    grown, X = posterior.covering([candidate for each in recent for candidate in each])
    utility = X @ grown.mean
    starts = np.cumsum([0, *(len(each) for each in recent)])
    first = [start + int(utility[start:end].argmax()) for start, end in pairwise(starts.tolist())]
    places = {
        arm: [
            start + next(at for at, candidate in enumerate(each) if candidate.arm == arm)
            for start, each in zip(starts, recent, strict=False)
        ]
        for arm in arms
    }
    best = max(arms, key=lambda arm: float(utility[places[arm]].mean()))
    gain = np.asarray(X[first].mean(axis=0) - X[places[best]].mean(axis=0))
    with one_blas_thread():
        variance = float(gain @ linalg.cho_solve(grown.factor, gain))
    return Advantage(best, float(gain @ grown.mean), sqrt(max(variance, 0.0)), len(recent))


def arm_first(candidates: Sequence[Candidate], order: np.ndarray, arm: str) -> np.ndarray:
    """The order ``[N]`` of candidates with those of ``arm`` before the others."""
    return np.asarray(sorted(order.tolist(), key=lambda at: candidates[at].arm != arm))
