"""Do people agree with each other, and each with themselves?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xai_core.analysis.answers import COUNTED_ROLES, counted
from xai_core.analysis.rates import Rate, rate
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

Level = Literal["nominal", "ordinal", "interval", "ratio"]

ITEM = ["image", "classifier", "kind", "arm"]
"""What makes two thumbs answers to the same question."""

RESAMPLES = 1000


@dataclass(frozen=True)
class SelfAgreement:
    """How often people gave the same answer when they met the same again, and Krippendorff's alpha of the two."""

    same: Rate
    alpha: Interval


def krippendorff_alpha(
    counts: NDArray[np.int64],
    domain: list[float] | None = None,
    *,
    level: Level = "nominal",
    resamples: int = RESAMPLES,
    rng: np.random.Generator,
) -> Interval:
    """Krippendorff's alpha (Krippendorff 2011) with a bootstrap interval over items; ``n`` counts items.

    ``counts`` int64 ``[items, values]``: how many people gave an item each of the values in ``domain`` (0, 1, 2, ...
    by default). Items with fewer than two answers say nothing about agreement and are left out. Percentiles of
    ``resamples`` draws of items (Hayes & Krippendorff 2007 draw pairs of answers instead, which counts the pairs of one
    item as independent). Raises ``InvalidInput`` where no two answers to one item, or no two different answers, are
    left: alpha does not exist then.
    """
    compared = np.asarray(counts)[np.asarray(counts).sum(axis=1) >= 2]
    if not len(compared) or (compared.sum(axis=0) > 0).sum() < 2:
        raise InvalidInput("Agreement needs two answers to one item, and answers that are not all the same.")
    values = np.arange(compared.shape[1]) if domain is None else np.asarray(domain)
    estimate = krippendorff.alpha(value_counts=compared, value_domain=values, level_of_measurement=level)
    draws = [
        krippendorff.alpha(value_counts=drawn, value_domain=values, level_of_measurement=level)
        for _ in range(resamples)
        if ((drawn := compared[rng.integers(len(compared), size=len(compared))]).sum(axis=0) > 0).sum() >= 2
    ]
    low, high = np.percentile(draws, [2.5, 97.5]) if draws else (np.nan, np.nan)
    return Interval(float(estimate), float(low), float(high), len(compared))


def rater_agreement(answers: pd.DataFrame, *, resamples: int = RESAMPLES, rng: np.random.Generator) -> Interval:
    """Alpha of the thumbs of different people on the same explanation of the same image. Raises ``InvalidInput``."""
    thumbs = counted(answers, "thumb")
    return krippendorff_alpha(_counts(thumbs, ITEM), resamples=resamples, rng=rng)


def self_agreement(answers: pd.DataFrame, *, resamples: int = RESAMPLES, rng: np.random.Generator) -> SelfAgreement:
    """Each person's first and second thumb on the same. Raises ``InvalidInput`` where nobody met anything twice."""
    role = answers["role"]
    thumbs = answers[answers["task"].eq("thumb") & (role.isna() | role.isin(COUNTED_ROLES))]
    key = ["rater", *ITEM]
    both = thumbs[thumbs["repetition"] < 2]
    twice = both[both.groupby(key, dropna=False)["value"].transform("size") == 2]
    if twice.empty:
        raise InvalidInput("Nobody has answered the same twice.")
    sums = twice.groupby(key, dropna=False, sort=False)["value"].sum().reset_index()
    same = rate(sums["value"] != 1, sums["rater"])
    try:
        alpha = krippendorff_alpha(_counts(twice, key), resamples=resamples, rng=rng)
    except InvalidInput:  # all of them were alike
        alpha = Interval(np.nan, np.nan, np.nan, len(sums))
    return SelfAgreement(same, alpha)


def _counts(thumbs: pd.DataFrame, key: list[str]) -> NDArray[np.int64]:
    """int64 ``[items, 2]``: how many 👎 and 👍 each item got."""
    grouped = thumbs.groupby(key, dropna=False, sort=False)["value"].agg(["size", "sum"]).to_numpy(np.int64)
    return np.column_stack([grouped[:, 0] - grouped[:, 1], grouped[:, 1]])
