"""How long people take for an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xai_core.intervals import Interval


def response_times(answers: pd.DataFrame, by: str = "task") -> dict[str, Interval]:
    """Seconds from showing to answering for each value of the column ``by``; ``n`` counts answers.

    The median over people of each one's median, so that nobody who answers a lot decides it, with a distribution-free
    interval from order statistics (Conover 1999, section 3.2). With fewer than six people there is none: nan.
    """
    from scipy.stats import quantile_test  # here, since scipy.stats takes a second that other figures need not wait for

    known = answers[answers["lead_time_ms"].notna()]
    found = {}
    for name, rows in known.groupby(by, sort=True):
        medians = rows.groupby("rater")["lead_time_ms"].median().to_numpy(np.float64) / 1000
        middle = float(np.median(medians))
        bounds = quantile_test(medians, q=middle, p=0.5).confidence_interval(0.95)
        found[str(name)] = Interval(middle, float(bounds.low), float(bounds.high), len(rows))
    return found
