"""People who may not have looked: signs of careless answers, each with what it rests on (after Meade & Craig 2012)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from xai_core.analysis.answers import COUNTED_ROLES

LEAST_ANSWERS = 15
"""Of fewer answers nothing is said."""

HASTY = 0.4
"""Median seconds below this share of the typical person's are too few."""

RARE = 0.001
"""Answers that are all alike are a sign where an unusually decided person would give them less often than this."""

FAR_BELOW = 2.0
"""Standard errors by which somebody agrees less with the others than the typical person does."""

FAILED_CHECKS = 2


@dataclass(frozen=True)
class RaterCheck:
    """One person: number of answers, median seconds, share of 👍 (or right answers), correlation with the others on the
    same images, checks failed and made; nan where unknown. ``signs`` of carelessness in words, none for most people.
    """

    rater: str
    n: int
    seconds: float
    share: float
    correlation: float
    failed: int
    checks: int
    signs: tuple[str, ...]


def careless(answers: pd.DataFrame, task: str = "thumb") -> list[RaterCheck]:
    """Everybody who answered ``task``, those with most signs first.

    A flag is a reason to look, not to leave somebody out: ``benchmarks/bench_analysis.py`` states how many careless and
    how many careful people it finds. Signs: answers in less than ``HASTY`` of the typical time; all answers alike where
    even somebody two standard deviations more decided than most would hardly give them; agreement with others on the
    same images that lies ``FAR_BELOW`` the typical one; ``FAILED_CHECKS`` gold or attention items answered wrongly.
    """
    role = answers["role"]
    rows = answers[answers["task"].eq(task) & answers["repetition"].eq(0) & (role.isna() | role.isin(COUNTED_ROLES))]
    if rows.empty:
        return []
    people = rows.groupby("rater", sort=True)
    table = pd.DataFrame(
        {
            "n": people.size(),
            "seconds": people["lead_time_ms"].median() / 1000,
            "share": people["value"].mean(),
            "correlation": _correlations(rows),
        }
    )
    checked = answers[answers["passed"].notna()].groupby("rater")["passed"]
    table["checks"], table["failed"] = checked.size(), checked.size() - checked.sum()
    table = table.fillna({"checks": 0, "failed": 0})
    signs = _signs(table)
    found = [
        RaterCheck(
            rater=str(name),
            n=int(one.n),
            seconds=float(one.seconds),
            share=float(one.share),
            correlation=float(one.correlation),
            failed=int(one.failed),
            checks=int(one.checks),
            signs=tuple(sign for sign, who in signs.items() if who[at]),
        )
        for at, (name, one) in enumerate(table.iterrows())
    ]
    return sorted(found, key=lambda one: (-len(one.signs), one.rater))


def _signs(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    n = table["n"].to_numpy(np.float64)
    enough = n >= LEAST_ANSWERS
    seconds = table["seconds"].to_numpy(np.float64)
    typical = float(np.nanmedian(seconds)) if np.isfinite(seconds).any() else math.nan
    z = np.arctanh(np.clip(table["correlation"].to_numpy(np.float64), -0.999, 0.999))
    usual = float(np.median(z[enough & np.isfinite(z)])) if (enough & np.isfinite(z)).any() else math.nan
    return {
        "hasty": enough & (seconds < HASTY * typical),
        "always the same answer": enough & (_chance_of_alike(table) < RARE),
        "agrees with nobody": enough & (z < usual - FAR_BELOW / np.sqrt(np.maximum(n - 3, 1))),
        "failed checks": table["failed"].to_numpy() >= FAILED_CHECKS,
    }


def _chance_of_alike(table: pd.DataFrame) -> NDArray[np.float64]:
    """How probable a person's answers, all alike, are for somebody more decided than most; 1 where they are not."""
    n, ones = table["n"].to_numpy(np.float64), (table["share"] * table["n"]).to_numpy(np.float64)
    leaning = logit((ones + 0.5) / (n + 1))
    middle = np.median(leaning)
    spread = 1.4826 * np.median(np.abs(leaning - middle))
    chance = np.ones(len(n))
    for alike, decided in ((ones == n, expit(middle + 2 * spread)), (ones == 0, expit(2 * spread - middle))):
        chance[alike] = decided ** n[alike]
    return chance


def _correlations(rows: pd.DataFrame) -> pd.Series:
    """Of each person's answers with the mean of the others' answers to the same images; nan where it does not exist."""
    item = rows.groupby("image")["value"]
    others = item.transform("size") - 1
    mean = (item.transform("sum") - rows["value"]) / others.where(others > 0)
    both = pd.DataFrame({"rater": rows["rater"], "own": rows["value"], "others": mean}).dropna()
    centred = both[["own", "others"]] - both.groupby("rater")[["own", "others"]].transform("mean")
    products = pd.DataFrame(
        {
            "rater": both["rater"],
            "cross": centred["own"] * centred["others"],
            "own": centred["own"] ** 2,
            "others": centred["others"] ** 2,
        }
    )
    sums = products.groupby("rater").sum()
    scale = np.sqrt(sums["own"] * sums["others"])
    return sums["cross"] / scale.where(scale > 0)
