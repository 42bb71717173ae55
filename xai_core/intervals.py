"""Estimates with their 95 % intervals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval and the number of observations."""

    estimate: float
    low: float
    high: float
    n: int


def wilson(ups: int, n: int) -> Interval:
    """Share of 👍 with its Wilson score interval (Wilson 1927); without observations 0.5 in 0..1."""
    from scipy.stats import binomtest  # here, since scipy.stats takes a second that pages should not wait for

    if n == 0:
        return Interval(0.5, 0.0, 1.0, 0)
    bounds = binomtest(ups, n).proportion_ci(0.95, method="wilson")
    return Interval(ups / n, float(bounds.low), float(bounds.high), n)
