"""The features ψ of an explanation: which there are, what they say to a person, and how they are standardised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

TYPICAL = "typical "  # before the name of a feature: its mean over all explanations of the image
AMPLE = "ample "  # before the name of a feature: its effect where whatever is marked gives the answer
ENOUGH = (0.75, 1.0)  # mean sufficiency of an image's explanations, from where and up to where they count as ample


@dataclass(frozen=True)
class Feature:
    """One entry of ψ: how it is standardised, and how a person would say that it is high or low.

    ``centre`` and ``scale`` are constants, not statistics of the log: a stored event gives the same number for ever,
    whatever was collected after it. ``high`` and ``low`` complete "it stands here because ...".
    """

    name: str
    centre: float
    scale: float
    high: str
    low: str


FEATURES: Mapping[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("segments", 3.3, 1.0, "the image is cut into many small pieces", "the image is cut into few pieces"),
        Feature("area", -2.5, 1.0, "a large part of the image is marked", "only a small part of the image is marked"),
        Feature("components", 1.1, 0.6, "the marks fall into several patches", "the marks form one patch"),
        Feature(
            "border", 0.1, 0.15, "the marks touch the image's border", "the marks keep clear of the image's border"
        ),
        Feature("top3_share", 0.6, 0.25, "three pieces carry most of the evidence", "many pieces share the evidence"),
        Feature("entropy", 0.7, 0.2, "the evidence is spread evenly", "the evidence is concentrated"),
        Feature(
            "r2",
            0.7,
            0.25,
            "it predicts well what the model says when pieces are hidden",
            "it predicts poorly what the model says when pieces are hidden",
        ),
        Feature("relative_error", 0.05, 0.05, "its colours are uncertain", "its colours are certain"),
        Feature(
            "settled", 0.5, 0.3, "most pieces clearly speak for or against", "few pieces clearly speak for or against"
        ),
        Feature("edges", 0.8, 0.4, "the pieces follow the edges in the image", "the pieces cut across edges"),
        Feature(
            "contrast", 0.6, 0.5, "the marks differ in brightness from the rest", "the marks are as bright as the rest"
        ),
        Feature("consensus", 0.5, 0.2, "other explanations point to the same place", "the others point elsewhere"),
        Feature(
            "overlap", -1.8, 0.8, "the marks are what all explanations share", "the explanations share something else"
        ),
        Feature(
            "overlap_core",
            -2.8,
            0.8,
            "the marks are the very heart of what all explanations share",
            "the marks miss the heart of what all explanations share",
        ),
        Feature(
            "visible",
            -2.6,
            0.6,
            "what is marked stands out to the eye",
            "little of what is marked stands out",
        ),
        Feature(
            "visible_overlap",
            -2.7,
            0.6,
            "the marks fit what stands out to the eye",
            "the marks fit nothing that stands out",
        ),
        Feature(
            "coverage",
            0.8,
            0.3,
            "the marks contain all that the explanations share",
            "the marks miss some of what the explanations share",
        ),
        Feature("margin", 0.7, 0.3, "the classifier is sure", "the classifier wavers"),
        Feature("gap", 0.3, 0.1, "the answer follows the marks closely", "the answer hardly follows the marks"),
        Feature(
            "sufficiency",
            0.5,
            0.25,
            "the marked pieces alone nearly give the answer",
            "the marked pieces alone do not give the answer",
        ),
        Feature(
            "necessity",
            0.4,
            0.2,
            "without the marked pieces the answer falls",
            "without the marked pieces the answer hardly changes",
        ),
        Feature("strongest", -2.0, 0.7, "one piece moves the answer far", "no single piece moves the answer far"),
        Feature(
            "disagreement",
            0.15,
            0.1,
            "how much it explains depends on what hidden pieces are painted with",
            "it holds whatever hidden pieces are painted with",
        ),
        Feature(
            "alike",
            0.7,
            0.15,
            "the classifier sees in the marked pieces what it sees in the whole image",
            "the classifier sees something else in the marked pieces than in the whole image",
        ),
        Feature("agreement", 0.3, 0.1, "most other explanations mark the same", "other explanations mark other places"),
        Feature(
            "distinct_overlap",
            -1.5,
            0.5,
            "the marks fit what differs in colour from the background",
            "the marks do not fit what differs in colour from the background",
        ),
        Feature(
            "distinct_cover",
            0.25,
            0.15,
            "the marks cover what differs in colour from the background",
            "the marks miss much of what differs in colour from the background",
        ),
        Feature(
            "distinct_inside",
            0.6,
            0.2,
            "what is marked differs in colour from the background",
            "the marks spill over the background",
        ),
        Feature(
            "object_overlap",
            -1.7,
            0.5,
            "the marks fit what looks like the object",
            "the marks do not fit what looks like the object",
        ),
        Feature(
            "central_overlap",
            -1.6,
            0.5,
            "the marks fit the middle of the image",
            "the marks lie away from the middle of the image",
        ),
        Feature(
            "tinted_overlap",
            -1.3,
            0.4,
            "the marks fit what the explanations see on average",
            "the marks do not fit what the explanations see on average",
        ),
        Feature(
            "focus_overlap",
            -1.4,
            0.4,
            "the marks fit the object where the explanations see it",
            "the marks do not fit the object where the explanations see it",
        ),
        Feature("compact", 0.5, 0.2, "the marks fill a compact area", "the marks are scattered or thin"),
    )
}


EFFECTS = (*FEATURES, *(AMPLE + name for name in FEATURES))
"""ψ has two effects. Where the classifier needs all that is marked, marks are the better the more they cover; where a
part of any of them would do, the evidence is small, and they are the better the less they spill."""


def words(effect: str) -> str:
    """How a person would say that what one of ``EFFECTS`` is about is high."""
    if effect.startswith(AMPLE):
        return f"{FEATURES[effect.removeprefix(AMPLE)].high}, where any marks suffice"
    return FEATURES[effect].high


def ample(rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """How far any marks of an image give the answer, for each of N explanations: float64 ``[N]`` in 0..1; 0 where it is
    not known."""
    low, high = ENOUGH
    typical = np.array([row.get(TYPICAL + "sufficiency", np.nan) for row in rows])
    return np.where(np.isfinite(typical), np.clip((typical - low) / (high - low), 0, 1), 0.0)


def standardise(rows: Sequence[Mapping[str, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ψ of N explanations in units of scale, two float64 ``[N, len(FEATURES)]`` clipped to ±3.

    The first is relative to the other explanations of the image: what an order can go by. The second is the image's
    mean: how easily its explanations convince, whichever is shown. Without a stored mean an explanation is compared
    with ``centre``. A missing or non-finite feature counts as average, 0, in both.
    """
    own = _table(rows, list(FEATURES))
    typical = _table(rows, [TYPICAL + name for name in FEATURES])
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    known = np.isfinite(own)
    reference = np.where(np.isfinite(typical), typical, centres)
    relative = np.where(known, (own - reference) / scales, 0.0)
    return np.clip(relative, -3, 3), np.clip((reference - centres) / scales, -3, 3)


def count_missing(rows: Sequence[Mapping[str, float]]) -> int:
    """How many entries of ψ are missing or not finite."""
    return int((~np.isfinite(_table(rows, list(FEATURES)))).sum())


def with_typical(rows: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """ψ of all explanations of one image, each with the image's means under ``TYPICAL`` + name."""
    seen = {name: [row[name] for row in rows if np.isfinite(row.get(name, np.nan))] for name in FEATURES}
    typical = {TYPICAL + name: float(np.mean(values)) for name, values in seen.items() if values}
    return [{**row, **typical} for row in rows]


def _table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    complete = itemgetter(*names)

    def values(row: Mapping[str, float]) -> Sequence[float]:
        try:
            return complete(row)  # type: ignore[no-any-return]
        except KeyError:
            return [row.get(name, np.nan) for name in names]

    # number by number: a hundred thousand tuples at once would set off the garbage collector again and again
    flat = np.fromiter(chain.from_iterable(map(values, rows)), np.float64, len(rows) * len(names))
    return flat.reshape(-1, len(names))
