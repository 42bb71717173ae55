"""Why that answer? Asked beside a picture of the explanation that got it, for as long as it can be undone."""

from __future__ import annotations

import streamlit as st

from studio.answers import QUESTIONS, SPOKEN, TAGS
from studio.rating import Rating
from studio.shown import Shown, Step
from studio.view import View
from ui import pictures
from ui.rate.panels import chosen_palette
from ui.thumbnails import thumbnail
from xai_core.arms import arm_named

WIDTH = 112  # pixels of the picture beside the question


def why_popover(rating: Rating, *, disabled: bool) -> None:
    """The question about the last answer, in a place that is always there, so that nothing jumps."""
    step = rating.last
    if step is None or disabled:
        st.popover("Why?", disabled=True, width=105)
        return
    thumb = f" {SPOKEN[step.answer]}" if step.answer in ("up", "down") else ""  # words would be cut at this width
    with st.popover(f"Why{thumb}?", width=105, key=f"why-{step.shown.impression_id}"):
        _ask(rating, step)


def _ask(rating: Rating, step: Step) -> None:
    shown, tags, words = step.shown, f"tags-{step.shown.impression_id}", f"words-{step.shown.impression_id}"
    title = arm_named(shown.arm).title
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        picture = _picture(step)
        if picture:
            st.image(picture, width=WIDTH, alt=f"The explanation you answered last: {title}")
        st.markdown(f"You answered **{SPOKEN[step.answer]}** to this explanation  \n{title}")
    if tags not in st.session_state:
        st.session_state[tags] = [tag for tag in step.reasons if tag in TAGS[step.answer]]
    st.pills(
        f"{QUESTIONS[step.answer]} (optional, as many as fit)",
        TAGS[step.answer],
        selection_mode="multi",
        key=tags,
        on_change=lambda: rating.give_reasons(step, st.session_state[tags]),
    )
    st.text_input(
        "In your own words (optional)",
        key=words,
        max_chars=500,
        on_change=lambda: rating.comment(step, st.session_state[words]),
    )


def _picture(step: Step) -> bytes | None:
    """The explanation that got the answer; of one from before a pause its image, until it is explained again."""
    if isinstance(step.shown, Shown):
        return pictures.small(step.shown.case, step.shown.arm, View(palette=chosen_palette()), WIDTH)
    past = step.shown
    return thumbnail(past.dataset, past.split, past.image_index, past.image_id)
