"""What a rater did in this session, and what worked."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from db.records import RatedItem, SessionSummary
from ui.thumbnails import thumbnail
from xai_core.arms import arm_named

MOST_PICTURES = 24


def session_summary(summary: SessionSummary) -> None:
    """Counts, approval by kind of explanation, and the last answers."""
    with st.grid(4, min_column_width=120, gap="small"):
        st.metric("Images", summary.images_seen, border=True)
        st.metric("👍", summary.thumbs_up, border=True)
        st.metric("👎", summary.thumbs_down, border=True)
        st.metric("Skipped", summary.skipped, border=True)
    if not summary.rated:
        st.caption("No answers yet. Each one you give is counted here at once.")
        return
    st.subheader("What worked for you")
    for arm in summary.approval:
        st.progress(arm.rate, text=f"{arm_named(arm.arm).title}: {arm.up} of {arm.up + arm.down} convinced")
    if summary.none_convinced:
        images = "one image" if summary.none_convinced == 1 else f"{summary.none_convinced} images"
        st.caption(f"For {images} no explanation convinced you.")
    st.subheader("Your answers, latest first")
    _gallery(summary.rated)


def _gallery(rated: Iterable[RatedItem]) -> None:
    """A picture an image with what was answered about it."""
    answers: dict[str, list[RatedItem]] = {}
    for item in rated:
        answers.setdefault(item.image_id, []).append(item)
    with st.grid("auto", min_column_width=120, gap="small"):
        for image, items in list(answers.items())[:MOST_PICTURES]:
            said = "  \n".join(f"{'👍' if item.value > 0 else '👎'} {arm_named(item.arm).title}" for item in items)
            place = items[0]
            with st.container(gap="xsmall"):
                picture = thumbnail(place.dataset, place.split, place.image_index, image)
                if picture:
                    st.image(picture, alt=f"An image of {place.dataset} that you rated", width=96)
                st.caption(said)
    left = len(answers) - MOST_PICTURES
    if left > 0:
        st.caption(f"… and {left} more images.")
