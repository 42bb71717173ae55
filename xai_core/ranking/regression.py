"""The log of thumbs as a logistic regression: one row a thumb, then one row a comparison.

Many thumbs on one explanation say much about it and little about features: all share what is special to it. With an
effect of the explanation of variance s² and ψ the same in all n of them, they weigh as much as ``n / (1 + n s²/4)``
independent ones (Kish 1965, section 5.4, the design effect; 1/4 is the largest variance of a thumb).

A comparison is made of two thumbs that are in the log already. As raters go on until the first 👍, the explanation
shown first loses all its comparisons: its victories end the image. Weighting by 1 / propensity of what was shown first
makes both orders count alike (Horvitz & Thompson 1952).
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from xai_core.ranking.design import Landmarks, Name, Space, choose_landmarks, rows
from xai_core.ranking.events import Event, Sitting, current, opposites
from xai_core.ranking.laplace import ALONE
from xai_core.ranking.prior import Prior

MOST_WEIGHT = 10.0
"""Bound of a comparison's inverse propensity: rare explorations must not outvote everything else."""


@dataclass(frozen=True, eq=False)
class Regression:
    """The log of thumbs as a regression problem, before any belief about the sizes of effects.

    One row for each thumb, then one for each comparison: ``design`` ``[rows, d]``, ``y`` and ``weights`` ``[rows]``,
    ``group`` ``[rows]`` codes of sittings."""

    events: tuple[Event, ...]
    index: Mapping[Name, int]
    landmarks: Mapping[Space, Landmarks]
    design: sparse.csr_array
    y: NDArray[np.float64]
    weights: NDArray[np.float64]
    group: NDArray[np.int64]
    sittings: tuple[Sitting, ...]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A large log makes the garbage collector go through all events again and again, and find nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_collector_paused()
def as_regression(events: Iterable[Event], prior: Prior, seed: int = 0) -> Regression:
    """The log as a regression; of ``prior`` only what is no standard deviation matters."""
    log = current(events)
    landmarks = choose_landmarks(log, prior.landmarks, seed)
    pairs = opposites(log) if prior.pair_weight else []
    # neighbours in the matrix touch the same coefficients: that is what makes the Hessian cheap
    grouped = sorted(log, key=attrgetter("dataset", "classifier", "arm"))
    pairs.sort(key=lambda pair: (pair[0].dataset, pair[0].classifier, pair[0].arm, pair[1].arm))
    row = {id(event): position for position, event in enumerate(grouped)}

    index: dict[Name, int] = {}
    thumbs = rows(grouped, index, landmarks, prior.rho)
    ups, downs = [row[id(up)] for _, up in pairs], [row[id(down)] for down, _ in pairs]
    sittings = [event.sitting for event in grouped]
    code = {sitting: position for position, sitting in enumerate(dict.fromkeys(sittings))}
    explanations = [event.explanation for event in grouped]
    several = Counter(explanations)
    shares = 1 / (1 + np.array([several[one] for one in explanations]) * prior.explanation_sd**2 / 4)
    counts = np.concatenate([shares, [pair_weight(pair, prior) for pair in pairs]])
    return Regression(
        events=tuple(log),
        index=index,
        landmarks=landmarks,
        design=sparse.vstack([thumbs, thumbs[ups] - thumbs[downs]], format="csr"),
        y=np.array([*(float(event.value) for event in grouped), *np.ones(len(pairs))]),
        weights=counts * _fading(grouped, pairs, prior.half_life),
        group=np.array([*(code[sitting] for sitting in sittings), *[ALONE] * len(pairs)], dtype=np.int64),
        sittings=tuple(code),
    )


def added_share(events: Iterable[Event], event: Event, prior: Prior) -> float:
    """What one more thumb on the same explanation weighs, 0..1."""
    before = sum(other.explanation == event.explanation for other in events)
    special = prior.explanation_sd**2 / 4
    return 1 / ((1 + before * special) * (1 + (before + 1) * special))


def pair_weight(pair: tuple[Event, Event], prior: Prior) -> float:
    """What a comparison of one rater counts beside its thumbs."""
    first = min(pair, key=lambda event: event.sequence)
    return prior.pair_weight * min(1 / max(first.propensity, 1e-9), MOST_WEIGHT)


def _fading(
    events: Sequence[Event], pairs: Sequence[tuple[Event, Event]], half_life: float | None
) -> NDArray[np.float64]:
    """Weight of every event and pair: halves with each ``half_life`` further events (1 without)."""
    if half_life is None or not events:
        return np.ones(len(events) + len(pairs))
    orders = np.sort([event.sequence for event in events])
    moments = [event.sequence for event in events] + [max(down.sequence, up.sequence) for down, up in pairs]
    age = len(orders) - np.searchsorted(orders, moments, side="right")
    return np.asarray(0.5 ** (age / half_life))
