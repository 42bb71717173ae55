"""The answers to a likeness, pinned to the bottom of the screen as those to every explanation."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from studio.because_votes import Answer, BecauseVotes, Comparison
from ui.rate.vote_bar import ANSWERS


def because_vote_bar(votes: BecauseVotes, shown: Comparison) -> None:
    """Draw the bar; keys of its buttons are those of the rating page (``ui.frontend.KEYS``)."""
    impression = shown.impression_id
    with st.bottom, st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="vote_bar"):
        for answer in get_args(Answer):
            st.button(
                ANSWERS[answer],
                key=f"answer_{answer}-{impression}",
                on_click=votes.answer,
                args=(impression, answer),
                disabled=votes.outbox.problem is not None,
            )
        st.button("Undo", key=f"answer_undo-{impression}", on_click=votes.undo, disabled=not votes.steps)


def news(votes: BecauseVotes, *said: str) -> list[str]:
    """What a screen reader says after an answer: what was stored, then what is on screen now."""
    stored = [f"Saved: {ANSWERS[votes.steps[-1].answer]}."] if votes.steps else []
    return [*stored, *said]
