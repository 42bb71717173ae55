"""This looks like that, because …: the image beside training images, and what makes them alike to the classifier."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from studio.because_votes import Comparison, Likeness
from studio.because_words import question
from studio.gallery import Gallery, Source
from ui import frontend
from ui.because.likeness import offered
from ui.because.panels import alone, choose, numbers, pair, reasons, task, why
from ui.because.sliders import change_it, unchanged
from ui.because.vote_bar import because_vote_bar, news
from ui.choosing import choice_controls
from ui.examples import searches
from ui.examples.current_case import current_case, prefetch
from ui.missing import offer_missing
from ui.problems import stop, unsaved
from ui.session import because_votes
from ui.waiting import ready
from xai_core.case import Case
from xai_core.errors import XaiError


def show(gallery: Gallery, shown: Comparison) -> None:
    """Everything about one comparison."""
    with heading:
        task(shown, unchanged(gallery, shown))
    pair(gallery, shown)
    because_vote_bar(votes, shown)
    choose(votes, shown)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("##### Why they look alike")
        reasons(shown)
    with right:
        st.markdown("##### Change this image yourself")
        change_it(gallery, shown)
    numbers(gallery, shown)
    frontend.news(shown.impression_id, question(shown), news(votes, question(shown), why(shown.likeness)))


def likenesses(case: Case) -> tuple[Gallery, tuple[Likeness, ...]] | None:
    """What the image can be put beside; ``None`` while that is being found out."""
    job = searches.gallery(Source(case.dataset, case.classifier))
    if not ready(job, "Comparing with all training images"):
        return None
    typical = searches.summaries(job.result)
    if not ready(typical, "Choosing typical images"):
        return None
    return job.result, offered(job.result, case, typical.result.get(case.prediction))


frontend.keys(frontend.KEYS)
with st.sidebar:
    choice = choice_controls()
if offer_missing(choice):
    st.stop()
try:
    votes = because_votes()
    with st.spinner("Drawing an image …", show_time=True):
        case = current_case(choice)
    has_examples = searches.has_examples(case)
except (XaiError, StorageError) as error:
    stop(error)
unsaved(votes.outbox)
if not has_examples:
    st.info("There are no training images here that the image could look like. Choose other images at the side.")
    st.stop()
heading = st.container(gap="xsmall")
try:
    found = likenesses(case)
except XaiError as error:
    stop(error)
if found is None:
    with heading:
        alone(case)
elif found[1]:
    show(found[0], votes.show(case, found[1]))
else:
    st.info("No training image has a class, so there is nothing that the image could look like.")
prefetch(choice)
