"""Does one kind of explanation convince more than another, beyond what people and chance explain?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from xai_core.analysis.answers import counted
from xai_core.errors import InvalidInput

CERTAIN = 1e-6
"""A fitted share this close to 0 or 1 belongs to odds that grow without end."""


@dataclass(frozen=True)
class Contrast:
    """One arm against the reference: log odds ratio of a 👍 with its 95 % interval, and p values.

    ``p`` is two-sided for this comparison alone, ``adjusted_p`` holds for all of them together (Holm 1979). ``n``
    thumbs by ``raters`` people are about the two arms.
    """

    arm: str
    reference: str
    log_odds: float
    low: float
    high: float
    p: float
    adjusted_p: float
    n: int
    raters: int


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """Coefficients float64 ``[K]``, their covariance ``[K, K]`` and the degrees of freedom of t quantiles."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    freedom: int


def clustered_logistic(
    design: NDArray[np.float64], successes: ArrayLike, trials: ArrayLike, clusters: ArrayLike
) -> ClusteredFit:
    """Logistic regression by generalised estimating equations (Liang & Zeger 1986), working correlation independent.

    ``design`` float64 ``[N, K]``; row i stands for ``trials[i]`` answers of cluster ``clusters[i]``, of which
    ``successes[i]`` are ones, so that a person's answers to one arm can stand in one row. The covariance is the
    sandwich over clusters, corrected for its bias with few of them (Mancl & DeRouen 2001); t quantiles have as many
    degrees of freedom as there are clusters beyond the coefficients. Raises ``InvalidInput`` with too few clusters, and
    where an arm got the same answer from everybody, so that its odds are infinite.
    """
    won, asked = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    names, which = np.unique(np.asarray(clusters), return_inverse=True)
    freedom = len(names) - design.shape[1]
    if freedom < 1:
        raise InvalidInput(f"{design.shape[1]} coefficients need answers of more than {len(names)} people.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # said below in words that tell what to do
        fitted = sm.GLM(np.column_stack([won, asked - won]), design, family=sm.families.Binomial()).fit()
    mean = fitted.fittedvalues
    if min(mean.min(), 1 - mean.max()) < CERTAIN:
        raise InvalidInput("All answers to one of the arms agree; collect more before comparing.")
    weight = asked * mean * (1 - mean)
    bread = np.linalg.inv(design.T @ (weight[:, None] * design))
    meat = np.zeros_like(bread)
    for cluster in range(len(names)):
        rows = which == cluster
        score = design[rows].T @ (won - asked * mean)[rows]
        leverage = design[rows].T @ (weight[rows, None] * design[rows]) @ bread
        corrected = np.linalg.solve(np.eye(len(bread)) - leverage, score)
        meat += np.outer(corrected, corrected)
    return ClusteredFit(np.asarray(fitted.params), bread @ meat @ bread, freedom)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """P values float64 ``[K]`` that hold for all K tests together (Holm 1979, step-down).

    Not by statsmodels' ``multipletests``, which collects the garbage of the whole process at every call.
    """
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted


def contrasts(answers: pd.DataFrame, reference: str | None = None, by: str = "arm") -> list[Contrast]:
    """Every value of the column ``by`` against ``reference`` (by default the one with most thumbs), strongest first.

    Raises ``InvalidInput`` with fewer than two arms or an unknown reference, and as ``clustered_logistic``.
    """
    thumbs = counted(answers, "thumb")
    cells = thumbs.groupby(["rater", by], sort=True)["value"].agg(["sum", "size"]).reset_index()
    sizes = cells.groupby(by)["size"].sum()
    base = reference or (str(sizes.idxmax()) if len(sizes) else "")
    others = [name for name in sizes.index if name != base]
    if base not in sizes.index or not others:
        raise InvalidInput(f"Thumbs on {base or 'two kinds'} and on another kind are needed to compare them.")
    design = np.column_stack([np.ones(len(cells)), *(cells[by].eq(name).to_numpy(np.float64) for name in others)])
    fit = clustered_logistic(design, cells["sum"], cells["size"], cells["rater"])
    errors = np.sqrt(np.diag(fit.covariance))[1:]
    effects = fit.coefficients[1:]
    p = 2 * t.sf(np.abs(effects / errors), fit.freedom)
    adjusted = holm(p)
    half = t.ppf(0.975, fit.freedom) * errors
    both = {name: cells[cells[by].isin([name, base])] for name in others}
    found = [
        Contrast(
            arm=str(name),
            reference=base,
            log_odds=float(effects[at]),
            low=float(effects[at] - half[at]),
            high=float(effects[at] + half[at]),
            p=float(p[at]),
            adjusted_p=float(adjusted[at]),
            n=int(both[name]["size"].sum()),
            raters=int(both[name]["rater"].nunique()),
        )
        for at, name in enumerate(others)
    ]
    return sorted(found, key=lambda one: -one.log_odds)
