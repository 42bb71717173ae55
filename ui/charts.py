"""Charts with intervals, in one look for all pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from xai_core.colours import UNSETTLED, hex_code
from xai_core.intervals import Interval
from xai_core.ranking.evaluation import CalibrationBin
from xai_core.ranking.model import Effect

VIOLET, ROSE, GOLD = "#9467BD", "#D6409F", "#C9A200"  # no evidence, hence in no colour of any palette of pictures
GREY = hex_code(UNSETTLED)
PERCENT = alt.Axis(format="%")
SHARE = alt.Scale(domain=[0, 1])


def intervals(rows: Mapping[str, Interval], label: str, value: str, *, share: bool = True) -> alt.LayerChart:
    """A dot with its 95 % interval for each name, in the order given, with its n; an axis of 0..1 for a ``share``."""
    data = [{label: f"{name} (n = {found.n})", value: found.estimate} | _bounds(found) for name, found in rows.items()]
    order = [row[label] for row in data]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=0))
    )
    return _whiskers(base, value, SHARE, PERCENT) if share else _whiskers(base, value, alt.Undefined, alt.Undefined)


def _bounds(found: Interval) -> dict[str, float]:
    """Where an interval does not exist, none is drawn."""
    known = math.isfinite(found.low) and math.isfinite(found.high)
    return {"low": found.low, "high": found.high} if known else {"low": found.estimate, "high": found.estimate}


def effects(found: Sequence[Effect], words: Mapping[str, str]) -> alt.LayerChart:
    """Coefficients with two posterior standard deviations to each side, the strongest first."""
    title = "makes a 👍 less likely  ←   effect (log odds)   →  more likely"
    data = [
        {"feature": words[e.name[1]], title: e.mean, "low": e.mean - 2 * e.sd, "high": e.mean + 2 * e.sd}
        for e in sorted(found, key=lambda e: -abs(e.mean))
    ]
    order = [row["feature"] for row in data]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("feature:N", sort=order, title=None, axis=alt.Axis(labelLimit=0))
    )
    return _whiskers(base, title, alt.Undefined, alt.Undefined) + _line_at_zero()


def over_time(values: NDArray[np.float64], window: int) -> alt.LayerChart:
    """Running share of 👍, each point the mean of the last ``window`` thumbs, and the single thumbs behind it."""
    means = np.convolve(values, np.ones(window) / window, mode="valid")
    line = [{"thumbs": window + at, "approval": float(mean)} for at, mean in enumerate(means)]
    chart = alt.Chart(alt.Data(values=line)).mark_line(color=VIOLET)
    return alt.layer(
        chart.encode(
            x=alt.X("thumbs:Q", title="thumbs so far"),
            y=alt.Y("approval:Q", title=f"share of 👍 (last {window})", scale=SHARE, axis=PERCENT),
        )
    )


def calibration(bins: Sequence[CalibrationBin]) -> alt.LayerChart:
    """Observed against predicted approval; on the diagonal a prediction means what it says."""
    data = [
        {"predicted": b.predicted, "observed": b.observed.estimate, "low": b.observed.low, "high": b.observed.high}
        for b in bins
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X("predicted:Q", title="predicted approval", scale=SHARE, axis=PERCENT)
    )
    diagonal = alt.Chart(alt.Data(values=[{"v": 0}, {"v": 1}])).mark_line(color=GREY, strokeDash=[4, 4])
    return alt.layer(
        diagonal.encode(x="v:Q", y="v:Q"),
        base.mark_rule(color=VIOLET).encode(y=alt.Y("low:Q", title="observed approval", axis=PERCENT), y2="high:Q"),
        base.mark_point(filled=True, size=60, color=VIOLET).encode(y="observed:Q"),
    )


def _whiskers(base: alt.Chart, value: str, scale: Any, axis: Any) -> alt.LayerChart:  # noqa: ANN401
    return alt.layer(
        base.mark_rule(color=VIOLET).encode(x=alt.X("low:Q", title=value, scale=scale, axis=axis), x2="high:Q"),
        base.mark_point(filled=True, size=60, color=VIOLET).encode(x=alt.X(f"{value}:Q", title=value)),
    )


def _line_at_zero() -> alt.Chart:
    return alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY, strokeDash=[4, 4]).encode(x="zero:Q")
