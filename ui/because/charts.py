"""Why two images look alike: a bar for each attribute."""

from __future__ import annotations

import altair as alt

from studio.because_votes import Likeness
from ui.charts import GREY, ROSE, VIOLET
from xai_core.attributes import ATTRIBUTES

NOT_APPLICABLE = "not applicable"
TITLE = "likeness lost when it is changed"


def bars(likeness: Likeness) -> alt.LayerChart:
    """How much of the likeness goes with each attribute, and the mean over all that are alike with its interval."""
    scores = {name: likeness.importance.scores[name] for name in ATTRIBUTES}
    order = sorted(scores, key=lambda name: float("inf") if (score := scores[name]) is None else -score)
    known = [{"attribute": name, "lost": score} for name in order if (score := scores[name]) is not None]
    missing = [{"attribute": name, "lost": 0.0, "text": NOT_APPLICABLE} for name in order if scores[name] is None]
    means = [
        {"attribute": name, "mean": found.estimate, "low": found.low, "high": found.high}
        for name in order
        if (found := likeness.together[name])
    ]
    rows = alt.Y("attribute:N", sort=order, title=None, axis=alt.Axis(labelLimit=0))
    lost = alt.X("lost:Q", title=TITLE)
    together = alt.Chart(alt.Data(values=means)).encode(y=rows)
    return alt.layer(
        alt.Chart(alt.Data(values=known)).mark_bar(color=VIOLET, opacity=0.5, height=14).encode(x=lost, y=rows),
        together.mark_rule(color=ROSE, strokeWidth=2).encode(x=alt.X("low:Q", title=TITLE), x2="high:Q"),
        together.mark_point(filled=True, size=50, color=ROSE, opacity=1).encode(x=alt.X("mean:Q", title=TITLE)),
        alt.Chart(alt.Data(values=[{"lost": 0.0}])).mark_rule(color=GREY).encode(x=lost),
        alt.Chart(alt.Data(values=missing))
        .mark_text(align="left", dx=6, color=GREY)
        .encode(x=lost, y=rows, text="text:N"),
    )
