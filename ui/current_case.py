"""The image on the page of examples: the one being rated, until the person asks for another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from ui import cache
from ui.case_queue import CaseQueue, Choice
from xai_core.precompute import Case


@dataclass(frozen=True, eq=False)
class Held:
    """The case on this page, what it was chosen by, and what was being rated when it was.

    Without a case another one is to be drawn.
    """

    case: Case | None
    choice: Choice
    rated: Case | None


def current_case(choice: Choice) -> Case:
    """The case to show. Raises what drawing an image raises.

    Going on to the next image on the rating page, or choosing other images, brings another one here too.
    """
    held: Held | None = st.session_state.get("held_case")
    rated = _being_rated(choice)
    if held is None or held.choice != choice or (rated is not None and held.rated is not rated):
        case = rated or _draw(choice)
    else:
        case = held.case or _draw(choice)
    st.session_state.held_case = Held(case, choice, rated)
    return case


def another() -> None:
    """Have another image drawn in place of the present one; a callback."""
    st.session_state.held_case = replace(st.session_state.held_case, case=None)


def prefetch(choice: Choice) -> None:
    """Have the next image ready before it is asked for."""
    _queue().prefetch(choice, _seen())


def _being_rated(choice: Choice) -> Case | None:
    rating = st.session_state.get("rating")
    if rating is None or rating.shown is None or st.session_state.get("choice") != choice:
        return None
    case: Case = rating.shown.case
    return case


def _draw(choice: Choice) -> Case:
    return _queue().take(choice, _seen())


def _seen() -> dict[str, set[int]]:
    rating = st.session_state.get("rating")
    return rating.seen if rating is not None else {}


def _queue() -> CaseQueue:
    if "queue" not in st.session_state:
        st.session_state.queue = CaseQueue(cache.prepare, cache.workers())
    queue: CaseQueue = st.session_state.queue
    return queue
