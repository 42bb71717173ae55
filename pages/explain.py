"""Explain, rate, next: the main page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import streamlit as st

from db.errors import StorageError
from studio.answers import truth
from studio.case_queue import Choice
from studio.rating import Rating
from studio.shown import Shown
from studio.view import View, legend
from studio.words import literal
from ui import cache, frontend
from ui.choosing import choice_controls
from ui.examples.strips import example_strip
from ui.missing import new_classifier, offer_missing
from ui.problems import problem_text, stop, unsaved
from ui.rate.panels import case_pictures, pointing, probability_bars, view_controls, weight_table
from ui.rate.task import effect, goal, news, position, question, task
from ui.rate.try_it import how_good, try_it
from ui.rate.vote_bar import vote_bar
from ui.rate.welcome import practice, thanks, welcome
from ui.rate.why_first import why_first
from ui.session import rating as rating_loop
from ui.session import tab
from xai_core.errors import XaiError


def show_case(rating: Rating, shown: Shown, view: View) -> None:
    """The question and the pictures."""
    with heading, st.container(gap="xsmall"):
        task(shown, view)
    with pictures:
        case_pictures(shown.case, shown.arm, view)
        effect(shown, view)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            position(shown)
            goal(rating)
        st.caption(" ".join(filter(None, [legend(view, shown.case), truth(rating.last, rating.shown)])))


@contextmanager
def fold_out(title: str, icon: str, key: str) -> Iterator[bool]:
    """A part of the details that is computed only for those who open it; tells whether it is open."""
    found = details.expander(title, icon=f":material/{icon}:", key=key, on_change="rerun")
    with found:
        yield bool(found.open)


def show_details(shown: Shown, view: View) -> None:
    """Everything else that helps to judge."""
    case, explanation = shown.case, shown.case.explanations[shown.arm]
    with details:
        example_strip(case)
    left, right = details.columns(2)
    with left:
        st.markdown("**What the classifier says**")
        probability_bars(case)
    with right:
        weight_table(case, shown.arm, shown.impression_id)
        for note in explanation.notes:
            st.caption(literal(note))
    with fold_out("Try it yourself", "touch_app", "try_open") as opened:
        if opened:
            try_it(case, shown.arm, view, shown.impression_id)
    with fold_out("How good is it?", "fact_check", "good_open") as opened:
        if opened:
            how_good(case, shown.arm, shown.impression_id)
    with fold_out("Why this one first?", "psychology_alt", "why") as opened:
        if opened:
            why_first(shown)
    learner = cache.learner()
    posterior = learner.refresh()
    with details:
        pointing(case, shown.arm, view, shown.impression_id)
    if posterior.events:
        details.caption(f"Learned from {len(posterior.events)} thumbs by {len(posterior.raters)} people.")
    if learner.problem:
        details.caption(f":material/sync_problem: The order is not up to date: {problem_text(learner.problem)}")


def bring_back(rating: Rating, choice: Choice) -> None:
    """What was on screen before a pause or a step back, if it belongs to the images chosen and can still be had."""
    past = rating.wanted
    if past is None:
        return
    try:
        chosen = past.dataset if choice.dataset is None else cache.LIBRARY.dataset(choice.dataset).name
        fits = chosen == past.dataset and choice.classifier in (None, past.classifier)
        if fits or past.answer is not None:  # a step back leads to wherever it was
            rating.reopen(cache.again(past, str(mine.rater)))
    except XaiError:  # its set or classifier is gone
        pass
    rating.wanted = None


frontend.keys(frontend.KEYS)
mine = tab()
with st.sidebar:
    choice = choice_controls()
    view = view_controls()
    if st.button("Session summary", icon=":material/summarize:"):
        st.switch_page("pages/summary.py")
    st.button("How it works", icon=":material/help:", on_click=mine.show_welcome)

try:
    rating = rating_loop()
except StorageError as error:
    stop(error, icon="cloud_off")
rating.view = asdict(view) | {"interesting": choice.interesting}
if offer_missing(choice):
    st.stop()
if mine.choice != choice:
    if mine.choice is not None:
        rating.leave()
    mine.choice = choice

unsaved(rating.outbox)
thanks(rating)
new_classifier(choice)
welcome(rating)
heading, pictures, details = st.container(), st.container(), st.container()
if rating.shown is None:
    try:
        with pictures, st.spinner("Explaining the next image …", show_time=True):
            bring_back(rating, choice)
            if rating.shown is None:
                rating.open(mine.queue.take(choice, rating.seen))
    except XaiError as error:
        stop(error, "Try another image")
    unsaved(rating.outbox)

shown = rating.shown
assert shown is not None
mine.queue.prefetch(choice, rating.seen)
with heading:
    practice(rating)
show_case(rating, shown, view)
vote_bar(rating, shown)
frontend.news(shown.impression_id, question(shown, view), news(rating, shown, view))
show_details(shown, view)
