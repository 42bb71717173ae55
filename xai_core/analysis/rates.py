"""Shares with intervals that know that the answers of one person resemble each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit  # not scipy.stats, which the first figure would wait a second for

from xai_core.analysis.answers import counted
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

Z = float(ndtri(0.975))


@dataclass(frozen=True)
class Rate(Interval):
    """A share of ``n`` answers by ``raters`` people, which are worth ``effective`` independent answers."""

    raters: int
    effective: float


def rate(values: ArrayLike, raters: ArrayLike | None = None) -> Rate:
    """Share of ones among ``values`` ``[N]`` in 0..1, with a 95 % Wilson interval for clustered answers.

    Without ``raters`` ``[N]``, or with one, every answer counts as independent: the plain Wilson score interval (Wilson
    1927). With several, n is divided by the design effect, which is the variance of the share between raters over that
    of independent answers, and reduced once more for estimating that from few of them (Korn & Graubard 1998, with
    Wilson's interval after Dean & Pagano 2015). Where all answers agree, nothing is known of the design effect, and it
    counts as 1. Raises ``InvalidInput`` where there is no answer.
    """
    given = np.asarray(values, np.float64)
    if not given.size:
        raise InvalidInput("A share of no answers cannot be told.")
    n, share = given.size, float(given.mean())
    which, clusters = pd.factorize(np.zeros(n) if raters is None else pd.Series(raters))
    effective = float(n)
    simple = share * (1 - share) / n
    if len(clusters) > 1 and simple > 0:
        surplus = np.bincount(which, given - share)
        between = len(clusters) / (len(clusters) - 1) * float(surplus @ surplus) / n**2
        effective = n / max(1.0, between / simple) * float(Z / stdtrit(len(clusters) - 1, 0.975)) ** 2
    low, high = _wilson(share, effective)
    return Rate(share, low, high, n, raters=len(clusters) if raters is not None else 1, effective=effective)


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's bounds for a number of answers that need not be whole."""
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def approval(answers: pd.DataFrame, by: str = "arm") -> dict[str, Rate]:
    """Share of 👍 among the thumbs that count, for each value of the column ``by``, the best first."""
    found = rates(counted(answers, "thumb"), by)
    return dict(sorted(found.items(), key=lambda item: (-item[1].estimate, item[0])))


def rates(answers: pd.DataFrame, by: str) -> dict[str, Rate]:
    """The share of ones in the column ``value`` for each value of the column ``by``, in the order of their names."""
    return {str(name): rate(rows["value"], rows["rater"]) for name, rows in answers.groupby(by, sort=True)}


def difference(first: Interval, second: Interval) -> Interval:
    """First share minus second, of different people, with the interval that theirs imply.

    Newcombe 1998, method 10; with intervals for clustered answers the "method of variance estimates recovery" of Zou &
    Donner 2008.
    """
    gap = first.estimate - second.estimate
    low = gap - math.hypot(first.estimate - first.low, second.high - second.estimate)
    high = gap + math.hypot(first.high - first.estimate, second.estimate - second.low)
    return Interval(gap, low, high, first.n + second.n)
