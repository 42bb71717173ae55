"""The answers, pinned to the bottom of the screen: two equal votes, skip, undo, each with a key."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

KEYS = "Keys: **Y** convincing · **N** not convincing · **S** skip · **U** undo"


def vote_bar(
    impression: object,
    *,
    on_answer: Callable[..., None],
    on_undo: Callable[[], None],
    can_undo: bool,
    disabled: bool = False,
) -> None:
    """Draw the bar for one impression.

    Widget keys carry the impression, so that a click meant for an explanation that has just gone hits nothing.
    """
    with st.bottom, st.container(horizontal=True, horizontal_alignment="center", gap="small", key="vote_bar"):
        for label, answer, key in (
            ("👍 Convincing", "up", "y"),
            ("👎 Not convincing", "down", "n"),
            ("Skip", "skip", "s"),
        ):
            st.button(
                label,
                key=f"{answer}-{impression}",
                on_click=on_answer,
                args=(impression, answer),
                shortcut=key,
                disabled=disabled,
            )
        st.button("Undo", key=f"undo-{impression}", on_click=on_undo, shortcut="u", disabled=not can_undo)
