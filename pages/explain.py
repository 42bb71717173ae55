"""Explain, rate, next: the main page."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from studio.rating import Rating, Shown
from ui import cache
from ui.choosing import choice_controls, offer_missing
from ui.examples.strips import example_strip
from ui.problems import stop, unsaved
from ui.rate.last_answer import last_answer
from ui.rate.panels import case_pictures, legend, probability_bars, view_controls, weight_table
from ui.rate.session_summary import session_summary
from ui.rate.vote_bar import KEYS, vote_bar
from ui.rate.why_first import why_first
from ui.session import rating as rating_loop
from ui.session import tab
from xai_core.errors import XaiError


def show_summary(rating: Rating) -> None:
    """The session so far, with the ways on."""
    st.header("Your session", icon=":material/summarize:")
    session_summary(cache.feedback().session_summary(rating.session_id))
    with st.container(horizontal=True):
        st.button("Go on rating", type="primary", on_click=summarise, args=(False,))
        st.button("Start over", on_click=start_over, help="A new session; what you have answered stays stored.")


def summarise(wanted: bool) -> None:
    """Show the summary or go back to rating."""
    tab().summary = wanted


def start_over() -> None:
    """Begin a new session; everything stored stays."""
    tab().rating = None
    tab().summary = False


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
        last_answer(rating, shown)


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
    learner = cache.learner()
    posterior = learner.refresh()
    details.caption(f"Learned from {len(posterior.events)} thumbs by {len(posterior.raters)} people. {KEYS}")
    if learner.problem:
        details.caption(f":material/sync_problem: The order is not up to date: {learner.problem}")


with st.sidebar:
    choice = choice_controls()
    view = view_controls()
    st.button("Session summary", icon=":material/summarize:", on_click=summarise, args=(True,))

try:
    rating = rating_loop()
except StorageError as error:
    stop(error, icon="cloud_off")

mine = tab()
if mine.summary:
    show_summary(rating)
    st.stop()
if offer_missing(choice):
    st.stop()
if mine.choice != choice:
    if mine.choice is not None:
        rating.leave()
    mine.choice = choice

unsaved(rating.outbox)
title, pictures, details = st.container(), st.container(), st.container()
if rating.shown is None:
    try:
        with pictures, st.spinner("Explaining the next image …", show_time=True):
            rating.open(mine.queue.take(choice, rating.seen))
    except XaiError as error:
        stop(error, "Try another image")
    unsaved(rating.outbox)

shown = rating.shown
assert shown is not None
mine.queue.prefetch(choice, rating.seen)
show_case(rating, shown)
vote_bar(
    shown.impression_id,
    on_answer=rating.answer,
    on_undo=rating.undo,
    can_undo=bool(rating.steps),
    disabled=rating.outbox.problem is not None,
)
show_details(shown)
