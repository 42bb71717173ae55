"""Simulated studies whose truth is known, by which intervals, flags and plans are judged.

Each rater has a leaning and each image its own difficulty, both normal on the scale of log odds; each rater meets every
image once, under an arm drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from xai_core.analysis.answers import complete

Manner = Literal["random", "hasty", "constant"]
"""Ways of not caring: coin tosses at a usual pace, coin tosses at a click a second, the same answer to everything."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
USUAL_SECONDS, HASTY_SECONDS = 6.0, 1.0


@dataclass(frozen=True, eq=False)
class Planted:
    """A table of answers, the expected share of ones by arm (other raters, the same images), and who does not care."""

    answers: pd.DataFrame
    shares: dict[str, float]
    careless: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a study is made of.

    ``arms``: log odds of a 👍 at an average image for an average rater. ``likes_wrong`` is added for explanations of
    wrong predictions, of which there is a share ``wrong``. ``careless`` has an entry for each rater who does not care.
    """

    raters: int = 30
    items: int = 40
    arms: Mapping[str, float]
    rater_sd: float = 0.7
    item_sd: float = 0.7
    wrong: float = 0.2
    likes_wrong: Mapping[str, float] | None = None
    careless: Sequence[Manner] = ()


def marginal(log_odds: NDArray[np.float64] | float, sd: float) -> NDArray[np.float64]:
    """Share of ones over people whose log odds are normal around ``log_odds`` with ``sd``; of the same shape."""
    share: NDArray[np.float64] = expit(np.asarray(log_odds)[..., None] + sd * _NODES) @ (_WEIGHTS / _WEIGHTS.sum())
    return share


def conditional(share: float, sd: float) -> float:
    """The log odds of an average rater where the share over all raters is ``share`` in (0, 1); undoes ``marginal``."""
    return float(brentq(lambda log_odds: float(marginal(log_odds, sd)) - share, -30, 30))


def planted_thumbs(plan: Plan, rng: np.random.Generator) -> Planted:
    """Thumbs; ``value`` is 1 for 👍."""
    return _planted(plan, rng, "thumb")


def planted_reliance(plan: Plan, rng: np.random.Generator) -> Planted:
    """Answers to "is the model right?", where what would be a 👍 is belief; ``value`` is 1 where that is right."""
    return _planted(plan, rng, "reliance")


def _planted(plan: Plan, rng: np.random.Generator, task: str) -> Planted:
    names = list(plan.arms)
    rater, item = (grid.ravel() for grid in np.meshgrid(range(plan.raters), range(plan.items), indexing="ij"))
    arm = rng.integers(len(names), size=rater.size)
    right = np.arange(plan.items) >= round(plan.wrong * plan.items)
    extra = np.array([(plan.likes_wrong or {}).get(name, 0.0) for name in names])
    of_arm = np.array([plan.arms[name] for name in names])
    difficulty = rng.normal(0, plan.item_sd, plan.items)
    expected = of_arm[:, None] + difficulty + extra[:, None] * ~right  # [arms, items]
    leaning = rng.normal(0, plan.rater_sd, plan.raters)
    says_yes = rng.random(rater.size) < expit(expected[arm, item] + leaning[rater])
    seconds = USUAL_SECONDS * np.exp(rng.normal(0, 0.3, plan.raters)[rater] + rng.normal(0, 0.5, rater.size))
    for one, manner in enumerate(plan.careless):
        theirs = rater == one
        says_yes[theirs] = True if manner == "constant" else rng.random(theirs.sum()) < 0.5
        if manner == "hasty":
            seconds[theirs] = HASTY_SECONDS * np.exp(rng.normal(0, 0.3, theirs.sum()))
    believed = marginal(expected, plan.rater_sd)
    value, shares = (says_yes, believed) if task == "thumb" else (says_yes == right[item], _right(believed, right))
    table = pd.DataFrame(
        {
            "sequence": rng.permutation(rater.size) + 1,
            "rater": [f"rater-{number}" for number in rater],
            "task": task,
            "image": [f"image-{number}" for number in item],
            "kind": "lime",
            "arm": np.array(names)[arm],
            "correct": right[item].astype(int),
            "value": value.astype(float),
            "repetition": 0,
            "current": 1,
            "lead_time_ms": (1000 * seconds).round(),
        }
    )
    return Planted(
        complete(table),
        dict(zip(names, shares.mean(axis=1).tolist(), strict=True)),
        frozenset(f"rater-{one}" for one in range(len(plan.careless))),
    )


def _right(believed: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(right, believed, 1 - believed)
