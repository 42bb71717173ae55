"""The answer just given: the truth once its image is gone, and reasons for a 👎."""

from __future__ import annotations

import streamlit as st

from studio.rating import Rating, Shown

REASONS = ("misses the object", "marks the background", "too coarse", "too fine", "confusing")


def last_answer(rating: Rating, shown: Shown) -> None:
    """Say what was answered last, tell the truth about an image that is gone, and ask why after a 👎."""
    step = rating.last
    if step is None:
        return
    case = step.shown.case
    thumb = {"up": "👍", "down": "👎", "skip": "skipped"}[step.answer]
    parts = [f"Last answer: {thumb} {step.shown.arm}"]
    if case is not shown.case:
        guess = case.class_names[case.prediction]
        if case.truth < 0:
            parts.append(f"the model said **{guess}**; nobody recorded the truth")
        elif case.truth == case.prediction:
            parts.append(f"it was **{guess}**, the model was right")
        else:
            parts.append(f"it was **{case.class_names[case.truth]}**, the model said {guess}")
    st.caption(" · ".join(parts))
    if step.answer == "down":
        key = f"reasons-{step.shown.impression_id}"
        st.pills(
            "What was wrong with it? (optional)",
            REASONS,
            selection_mode="multi",
            key=key,
            on_change=lambda: rating.explain_why(step, st.session_state[key]),
        )
