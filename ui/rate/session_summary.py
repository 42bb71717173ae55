"""What a rater did in this session, and what worked."""

from __future__ import annotations

import streamlit as st

from db.records import SessionSummary


def session_summary(summary: SessionSummary) -> None:
    """Counts, approval by kind of explanation, and the last answers."""
    with st.grid(4, gap="small"):
        st.metric("Images", summary.images_seen, border=True)
        st.metric("👍", summary.thumbs_up, border=True)
        st.metric("👎", summary.thumbs_down, border=True)
        st.metric("Skipped", summary.skipped, border=True)
    if not summary.rated:
        st.caption("No answers yet. Each one you give is counted here at once.")
        return
    st.subheader("What worked for you")
    for arm in summary.approval:
        st.progress(arm.rate, text=f"{arm.arm}: {arm.up} of {arm.up + arm.down} convinced")
    if summary.none_convinced:
        st.caption(f"For {summary.none_convinced} images no explanation convinced you.")
    st.subheader("Your answers, latest first")
    st.dataframe(
        [
            {
                "": "👍" if item.value > 0 else "👎",
                "explanation": item.arm,
                "images": item.dataset,
                "image": item.image_id,
            }
            for item in summary.rated
        ],
        hide_index=True,
        width="stretch",
    )
