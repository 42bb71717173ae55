"""Charts of a class: scree curve, search for the kernel width, map of the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt
import numpy as np
from numpy.typing import NDArray

from ui.charts import GOLD, GREY, ROSE, VIOLET
from ui.examples.feature_map import Dot
from xai_core.examples.kernel_width import WidthSearch

ROLES = ("other class", "this class", "criticism", "prototype")  # drawn in this order: the rare ones on top


def scree(mmd2: NDArray[np.float64], shown: int) -> alt.LayerChart:
    """MMD² over the number of prototypes, with a mark at the number shown."""
    rows = [{"prototypes": count, "gap": float(gap)} for count, gap in enumerate(mmd2, start=1)]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("prototypes:Q", title="number of prototypes", axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y("gap:Q", title="left unexplained (MMD²)"),
        tooltip=[alt.Tooltip("prototypes:Q"), alt.Tooltip("gap:Q", title="MMD²", format=".4f")],
    )
    marked = base.transform_filter(f"datum.prototypes == {shown}").mark_point(filled=True, size=120, color=ROSE)
    return alt.layer(base.mark_line(color=VIOLET, point=alt.OverlayMarkDef(color=VIOLET, size=30)), marked)


def widths(search: WidthSearch) -> alt.LayerChart:
    """Recall over gamma with one standard deviation to each side; the median heuristic as a dashed line."""
    rows = [
        {"gamma": s.gamma, "recall": s.recall, "low": s.recall - s.deviation, "high": s.recall + s.deviation}
        for s in search.scores
        if s.gamma is not None
    ]
    heuristic = [{"recall": s.recall} for s in search.scores if s.gamma is None]
    recall = alt.Scale(zero=False)
    percent = alt.Axis(format="%")
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "gamma:Q",
            title="gamma (larger: each prototype speaks for less)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(format=".0e", tickCount=5),
        )
    )
    dashed = alt.Chart(alt.Data(values=heuristic)).mark_rule(color=GREY, strokeDash=[4, 4])
    return alt.layer(
        dashed.encode(y="recall:Q"),
        base.mark_rule(color=VIOLET).encode(y=alt.Y("low:Q", title="recall", scale=recall, axis=percent), y2="high:Q"),
        base.mark_point(filled=True, size=60, color=VIOLET, opacity=1).encode(
            y=alt.Y("recall:Q", scale=recall),
            tooltip=[alt.Tooltip("gamma:Q", format=".1e"), alt.Tooltip("recall:Q", format=".1%")],
        ),
    )


def feature_map(dots: Sequence[Dot], shown: int) -> alt.LayerChart:
    """Images as points, alike ones near each other; the picture appears under the pointer.

    The first ``shown`` prototypes and criticisms are marked.
    """
    rows = [asdict(dot) | {"role": dot.role if dot.rank <= shown else ROLES[1]} for dot in dots]
    base = alt.Chart(alt.Data(values=rows), height=420).encode(
        x=alt.X("x:Q", axis=None),
        y=alt.Y("y:Q", axis=None),
        color=alt.Color(
            "role:N",
            title=None,
            scale=alt.Scale(domain=ROLES, range=[GREY, VIOLET, GOLD, ROSE]),
            legend=alt.Legend(orient="bottom", symbolSize=90, symbolOpacity=1),
        ),
        tooltip=[alt.Tooltip("image:N"), alt.Tooltip("name:N", title="class"), alt.Tooltip("role:N", title="is")],
    )
    layers = [
        base.transform_filter(f"datum.role == '{role}'").mark_point(
            filled=True, shape=shape, size=size, opacity=opacity, stroke="white", strokeWidth=edge
        )
        for role, shape, size, opacity, edge in zip(
            ROLES,
            ("circle", "circle", "triangle", "diamond"),
            (25, 35, 160, 220),
            (0.4, 0.6, 1, 1),
            (0, 0, 1, 1),
            strict=True,
        )
    ]
    return alt.layer(*layers)
