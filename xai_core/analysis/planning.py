"""How many people and images the next study needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t

from xai_core.analysis.planted import conditional
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval, wilson

STUDIES = 2000
MOST_RATERS = 2000


@dataclass(frozen=True, kw_only=True)
class Design:
    """A study of two arms: who judges what, and what there is to find.

    ``items`` answers of each person; ``within``: half of them on each arm, else each person sees one arm only.
    ``baseline`` share of 👍 and the ``difference`` added to it. ``rater_sd`` and ``effect_sd`` say how far people
    differ in leaning and in the effect (log odds). ``comparisons`` are made, so that each is tested at 5 % divided by
    their number.
    """

    items: int = 20
    baseline: float = 0.5
    difference: float = 0.1
    rater_sd: float = 0.7
    effect_sd: float = 0.3
    within: bool = True
    comparisons: int = 1

    def __post_init__(self) -> None:
        for share in (self.baseline, self.baseline + self.difference):
            if not 0 < share < 1:
                raise InvalidInput(f"A share of 👍 of {share:.2f} is impossible; change baseline or difference.")
        if self.items < 2 or self.comparisons < 1:
            raise InvalidInput(f"{self.items} items and {self.comparisons} comparisons are too few to compare arms.")


def power(design: Design, raters: int, *, studies: int = STUDIES, rng: np.random.Generator) -> Interval:
    """The share of ``studies`` simulated studies with ``raters`` people that find the difference; ``n`` counts studies.

    Each study is tested by t over people: of their differences between arms, or of two groups of people with unequal
    variances (Welch 1947). Raises ``InvalidInput`` with too few people.
    """
    least = 2 if design.within else 4
    if raters < least:
        raise InvalidInput(f"A study with {raters} people cannot be tested; plan at least {least}.")
    spread = np.hypot(design.rater_sd, design.effect_sd / 2)
    low, high = (conditional(share, spread) for share in (design.baseline, design.baseline + design.difference))
    leaning = rng.normal(0, design.rater_sd, (studies, raters))
    effect = high - low + rng.normal(0, design.effect_sd, (studies, raters))
    centre = (low + high) / 2 + leaning
    if design.within:
        half = design.items // 2
        first, second = (rng.binomial(half, expit(centre + sign * effect / 2)) / half for sign in (-1, 1))
        gaps = second - first
        statistic, freedom = _over_people(gaps.mean(axis=1), gaps.var(axis=1, ddof=1) / raters), raters - 1.0
    else:
        seen = np.where(np.arange(raters) % 2, 1, -1)
        shares = rng.binomial(design.items, expit(centre + seen * effect / 2)) / design.items
        groups = [shares[:, seen == sign] for sign in (-1, 1)]
        variances = [group.var(axis=1, ddof=1) / group.shape[1] for group in groups]
        statistic = _over_people(groups[1].mean(axis=1) - groups[0].mean(axis=1), variances[0] + variances[1])
        freedom = min(group.shape[1] for group in groups) - 1.0
    found = np.abs(statistic) > t.ppf(1 - 0.025 / design.comparisons, freedom)
    return wilson(int(found.sum()), studies)


def _over_people(gap: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """t statistics; 0 where nobody differs from anybody."""
    return np.divide(gap, np.sqrt(variance), out=np.zeros_like(gap), where=variance > 0)


def raters_needed(
    design: Design, target: float = 0.8, *, studies: int = STUDIES, rng: np.random.Generator
) -> tuple[int, Interval]:
    """The smallest number of people whose power reaches ``target``, and that power.

    Raises ``InvalidInput`` where ``MOST_RATERS`` people do not reach it.
    """
    enough = 4
    while (reached := power(design, enough, studies=studies, rng=rng)).estimate < target:
        enough *= 2
        if enough > MOST_RATERS:
            raise InvalidInput(f"{MOST_RATERS} people would not find this difference with power {target:.0%}.")
    too_few = enough // 2
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        tried = power(design, middle, studies=studies, rng=rng)
        if tried.estimate >= target:
            enough, reached = middle, tried
        else:
            too_few = middle
    return enough, reached
