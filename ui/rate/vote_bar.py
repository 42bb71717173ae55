"""The answers, pinned to the bottom of the screen: two equal votes, the ways around them, and the question why."""

from __future__ import annotations

import streamlit as st

from studio.rating import Rating
from studio.shown import Shown
from ui.rate.reasons import why_popover

ANSWERS = {"up": "👍 Convincing", "down": "👎 Not convincing", "unclear": "Cannot judge", "skip": "Skip"}


def vote_bar(rating: Rating, shown: Shown) -> None:
    """Draw the bar for the impression on screen.

    Widget keys carry the impression, so that a click meant for an explanation that has just gone hits nothing; keys of
    the keyboard find the buttons by the beginning of theirs (``ui.frontend.KEYS``).
    """
    impression, disabled = shown.impression_id, rating.outbox.problem is not None
    with st.bottom, st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="vote_bar"):
        for answer, label in ANSWERS.items():
            st.button(
                label,
                key=f"answer_{answer}-{impression}",
                on_click=rating.answer,
                args=(impression, answer),
                disabled=disabled,
            )
        cannot = not rating.steps or rating.practising
        st.button("Undo", key=f"answer_undo-{impression}", on_click=rating.undo, disabled=cannot)
        why_popover(rating, disabled=cannot)
