"""Explain, rate, next: the main page."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from ui import cache
from ui.case_queue import CaseQueue, Choice
from ui.choosing import choice_controls, offer_missing
from ui.example_strips import example_strip
from ui.identity import current_rater
from ui.panels import case_pictures, legend, probability_bars, view_controls, weight_table
from ui.rating import Rating, Shown
from ui.session_summary import session_summary
from ui.vote_bar import KEYS, vote_bar
from ui.why_first import why_first
from xai_core.errors import XaiError

REASONS = ("misses the object", "marks the background", "too coarse", "too fine", "confusing")


def loop() -> Rating:
    """The rating loop of this tab."""
    if "rating" not in st.session_state:
        st.session_state.rating = Rating(cache.feedback(), cache.shared_learner(), str(current_rater()))
    rating: Rating = st.session_state.rating
    return rating


def queue() -> CaseQueue:
    """The images prepared ahead for this tab."""
    if "queue" not in st.session_state:
        st.session_state.queue = CaseQueue(cache.prepare, cache.workers())
    prepared: CaseQueue = st.session_state.queue
    return prepared


def show_summary(rating: Rating) -> None:
    """The session so far, with the ways on."""
    st.header("Your session", icon=":material/summarize:")
    session_summary(cache.feedback().session_summary(rating.session_id))
    with st.container(horizontal=True):
        st.button("Go on rating", type="primary", on_click=st.session_state.update, args=({"summary": False},))
        st.button("Start over", on_click=start_over, help="A new session; what you have answered stays stored.")


def start_over() -> None:
    """Begin a new session; everything stored stays."""
    st.session_state.pop("rating", None)
    st.session_state.summary = False


def show_problem(rating: Rating) -> None:
    """Say what could not be stored and keep it until it is."""
    if rating.problem:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.error(f"Not saved yet: {rating.problem}", icon=":material/cloud_off:")
            st.button("Try again", on_click=rating.retry, type="primary")


def show_last(rating: Rating, shown: Shown) -> None:
    """The answer just given: the truth once its image is gone, and reasons for a 👎."""
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


def show_case(rating: Rating, shown: Shown) -> None:
    """The question and the pictures."""
    case = shown.case
    with title:
        st.subheader(f"Why **{case.class_names[case.prediction]}**?")
        st.caption(
            f"{case.classifier} is {case.confidence:.0%} sure · explanation {shown.position + 1} of "
            f"{len(shown.ordering.arms)}: {shown.arm}"
        )
    with pictures:
        case_pictures(case, shown.arm, view)
        st.caption(legend(view, case, shown.arm))
        show_last(rating, shown)


def show_details(shown: Shown) -> None:
    """Everything else that helps to judge."""
    case, explanation = shown.case, shown.case.explanations[shown.arm]
    with details:
        example_strip(case)
    left, right = details.columns(2)
    with left:
        st.markdown("**What the classifier says**")
        probability_bars(case)
    with right:
        st.markdown("**Every segment in numbers**")
        weight_table(case, shown.arm)
        for note in explanation.notes:
            st.caption(note)
    why = details.expander("Why this one first?", icon=":material/psychology_alt:", key="why", on_change="rerun")
    if why.open:
        with why:
            why_first(shown)
    posterior = cache.shared_learner().refresh()
    details.caption(f"Learned from {len(posterior.events)} thumbs by {len(posterior.raters)} people. {KEYS}")


with st.sidebar:
    choice: Choice = choice_controls()
    view = view_controls()
    st.button(
        "Session summary",
        icon=":material/summarize:",
        on_click=st.session_state.update,
        args=({"summary": True},),
    )

try:
    rating = loop()
except StorageError as error:
    st.error(str(error), icon=":material/cloud_off:")
    st.button("Try again", type="primary")
    st.stop()

if st.session_state.get("summary"):
    show_summary(rating)
    st.stop()
if offer_missing(choice):
    st.stop()
if st.session_state.setdefault("choice", choice) != choice:
    st.session_state.choice = choice
    rating.leave()

show_problem(rating)
title, pictures, details = st.container(), st.container(), st.container()
if rating.shown is None:
    try:
        with pictures, st.spinner("Explaining the next image …", show_time=True):
            rating.open(queue().take(choice, rating.seen))
    except XaiError as error:
        st.error(str(error), icon=":material/error:")
        st.button("Try another image", type="primary")
        st.stop()
    show_problem(rating)

shown = rating.shown
assert shown is not None
queue().prefetch(choice, rating.seen)
show_case(rating, shown)
vote_bar(
    shown.impression_id,
    on_answer=rating.answer,
    on_undo=rating.undo,
    can_undo=bool(rating.steps),
    disabled=rating.problem is not None,
)
show_details(shown)
