"""Persuasion against truth: do people approve of what the classifier really goes by?"""

from __future__ import annotations

import altair as alt
import streamlit as st

from ui.charts import PERCENT, ROSE, SHARE, VIOLET
from xai_core.intervals import Interval
from xai_core.ranking.persuasion import RIGHT, WRONG, Persuasion
from xai_core.ranking.report import Report

COLOURS = alt.Scale(domain=[f"{RIGHT} predictions", f"{WRONG} predictions"], range=[VIOLET, ROSE])


def show_persuasion(log: Persuasion, found: Report) -> None:
    """Approval beside faithfulness: of thumbs, by whether the prediction was right, and of policies."""
    st.subheader("Persuasion against truth")
    st.caption(
        "Faithfulness is insertion - deletion: how far the answer goes by the marked pieces, asked of the classifier "
        "itself. Raters who go by it approve more to the right; approval of wrong predictions is persuasion alone."
    )
    _approval(log)
    if any(log.by_gap.values()):
        st.altair_chart(_by_gap(log))
    if log.correlation is not None:
        st.markdown(f"Rank correlation of thumbs and faithfulness: **{_figure(log.correlation)}**.")
    if log.unmeasured:
        st.caption(f"{log.unmeasured} thumbs are from before faithfulness was measured; they are left out.")
    if found.gaps:
        _policies(found)


def _approval(log: Persuasion) -> None:
    with st.grid(2, gap="small"):
        for name, share in log.approval.items():
            figure = f"{share.estimate:.0%}" if share.n else "–"
            st.metric(f"Approval of {name} predictions", figure, border=True, help=_figure(share) if share.n else None)


def _by_gap(log: Persuasion) -> alt.LayerChart:
    """Approval with intervals over mean faithfulness, a colour for right and for wrong predictions."""
    data = [
        {
            "prediction": f"{name} predictions",
            "faithfulness": group.gap,
            "approval": group.approval.estimate,
            "low": group.approval.low,
            "high": group.approval.high,
            "thumbs": group.approval.n,
        }
        for name, groups in log.by_gap.items()
        for group in groups
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X("faithfulness:Q", title="faithfulness (insertion - deletion)"),
        color=alt.Color("prediction:N", scale=COLOURS, title=None),
    )
    return alt.layer(
        base.mark_rule().encode(y=alt.Y("low:Q", title="share of 👍", scale=SHARE, axis=PERCENT), y2="high:Q"),
        base.mark_point(filled=True, size=60).encode(
            y="approval:Q", shape="prediction:N", tooltip=["prediction:N", "approval:Q", "thumbs:Q"]
        ),
    )


def _policies(found: Report) -> None:
    st.caption("What policies would show first: how often people approve (doubly robust), and how faithful it is.")
    st.dataframe(
        [
            {
                "policy": name,
                "approval": _figure(policy.dr),
                "faithfulness": _figure(found.gaps[name]),
                "first shown": found.gaps[name].n,
            }
            for name, policy in found.policies.items()
            if name in found.gaps
        ],
        hide_index=True,
    )


def _figure(found: Interval) -> str:
    return f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f}, n = {found.n})"
