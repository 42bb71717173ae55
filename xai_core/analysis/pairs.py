"""Which explanation wins when two stand side by side."""

from __future__ import annotations

from dataclasses import dataclass

import choix
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from xai_core.analysis.answers import counted
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

RIDGE = 0.01
"""Added to every comparison, so that an arm that always won has a finite strength."""

MOST_GROUPS = 100
"""Of more people several are left out together."""


@dataclass(frozen=True, eq=False)
class Strengths:
    """Bradley-Terry strengths (log odds of winning against an average arm, they add up to 0), strongest first.

    ``intervals`` by arm; ``n`` of each counts the comparisons it took part in. ``comparisons`` of ``raters`` people.
    """

    intervals: dict[str, Interval]
    comparisons: int
    raters: int


def bradley_terry(answers: pd.DataFrame) -> Strengths:
    """Strengths of the arms in the answers to pairs (Bradley & Terry 1952); a tie is half a win of each.

    Maximum likelihood by Luce spectral ranking (``choix``; Maystre & Grossglauser 2015). Intervals by the jackknife
    over people, since the answers of one person go together (Efron & Stein 1981), with t quantiles; with a single
    person, over groups of comparisons. Raises ``InvalidInput`` without comparisons.
    """
    pairs = counted(answers, "pair")
    if pairs.empty:
        raise InvalidInput("Nobody has compared two explanations yet.")
    arms = sorted(set(pairs["left_arm"]) | set(pairs["right_arm"]))
    place = {arm: at for at, arm in enumerate(arms)}
    left, right = pairs["left_arm"].map(place).to_numpy(), pairs["right_arm"].map(place).to_numpy()
    people = pairs["rater"].nunique()
    unit = (pd.factorize(pairs["rater"])[0] if people > 1 else np.arange(len(pairs))) % MOST_GROUPS
    value = pairs["value"].to_numpy(np.float64)
    wins = np.zeros((unit.max() + 1, len(arms), len(arms)))
    np.add.at(wins, (unit, left, right), value)
    np.add.at(wins, (unit, right, left), 1 - value)
    whole = wins.sum(axis=0)
    estimate, half = strengths(whole), np.full(len(arms), np.nan)
    groups = len(wins)
    if groups > 1:
        without = np.array([strengths(whole - one) for one in wins])
        half = t.ppf(0.975, groups - 1) * np.sqrt((groups - 1) * without.var(axis=0))
    played = np.bincount(left, minlength=len(arms)) + np.bincount(right, minlength=len(arms))
    found = {
        arm: Interval(float(e), float(e - h), float(e + h), int(n))
        for arm, e, h, n in zip(arms, estimate, half, played, strict=True)
    }
    return Strengths(dict(sorted(found.items(), key=lambda item: -item[1].estimate)), len(pairs), people)


def strengths(wins: NDArray[np.float64], ridge: float = RIDGE) -> NDArray[np.float64]:
    """Maximum-likelihood strengths float64 ``[K]``, mean 0, from ``wins[i, j]``, how often i won against j."""
    found: NDArray[np.float64] = choix.ilsr_pairwise_dense(wins, alpha=ridge)
    return np.asarray(found - found.mean())
