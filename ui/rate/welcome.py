"""For people who are new here: one worked example, an image for practice, and thanks at the end."""

from __future__ import annotations

import streamlit as st

from studio.rating import Rating
from studio.view import View
from ui import cache, pictures
from ui.rate.panels import chosen_palette
from ui.session import tab
from xai_core.findings import describe


def welcome(rating: Rating) -> None:
    """What to do, by an example, on the first visit and whenever somebody asks for it."""
    mine = tab()
    if rating.practising or not (rating.is_new if mine.welcome is None else mine.welcome):
        return
    palette = chosen_palette()
    supports, _ = View(palette=palette).colours
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="welcome"):
        example = cache.worked()
        if example is not None:
            alternative = describe(example.explanation, example.class_names)
            picture = pictures.worked(example, palette)
            st.image(picture, width=80, alt=f"A worked example, a drawn 7: {alternative}")
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(
                f":small[**New here?** The model called this drawing a 7, and {supports} lies on strokes that make it "
                f"one: a good reason, 👍. Had {supports} missed them, it would be 👎.]"
            )
            with st.container(horizontal=True, gap="small"):
                st.button("Practise first", on_click=_practise, args=(rating,), help="One image that does not count.")
                st.button("Got it", on_click=mine.hide_welcome)


def _practise(rating: Rating) -> None:
    tab().hide_welcome()
    rating.practise()


def practice(rating: Rating) -> None:
    """Say that this image does not count."""
    if rating.practising:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            words = "**Practice: this one does not count.** Answer it as you like."
            st.markdown(f":material/school: {words}", width="stretch")
            st.button("Start rating", on_click=rating.end_practice)


def thanks(rating: Rating) -> None:
    """Say thank you when the day's goal has just been reached."""
    if rating.reached_goal:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            words = f"**Thank you: {rating.today} images today.** That was the goal; stop here or go on."
            st.markdown(f":material/celebration: {words}", width="stretch")
            if st.button("See what you did"):
                st.switch_page("pages/summary.py")
