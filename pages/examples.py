"""Like what, unlike what: the examples around an image, and what is typical of a class."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from db.records import Kind
from studio.gallery import Criteria, Gallery, Source
from studio.words import literal, percent
from ui.choosing import choice_controls
from ui.examples import searches
from ui.examples.class_panels import show_class
from ui.examples.criteria import criteria_controls, space_control
from ui.examples.current_case import another, current_case, prefetch
from ui.examples.differences import show_differences
from ui.examples.strips import in_numbers, strip
from ui.examples.vote_bar import example_vote_bar
from ui.missing import offer_missing
from ui.problems import stop, unsaved
from ui.session import example_votes
from ui.waiting import ready
from xai_core import overlay
from xai_core.case import Case
from xai_core.errors import XaiError
from xai_core.examples import boundary_sentence
from xai_core.examples.neighbours import Semifactual
from xai_core.examples.summary import PROTOTYPES

NEAR, TYPICAL = 5, 3
KLEOR: dict[Semifactual, str] = {"sim-miss": "nearest to the miss", "global-sim": "between image and miss"}


def ask(case: Case, kind: Kind, criteria: Criteria, rows: list[int]) -> None:
    """The thumbs for what stands above them."""
    votes = example_votes()
    example_vote_bar(votes, votes.show(case, kind, criteria.arm(kind), criteria.settings(rows)))


def show_image(case: Case) -> None:
    """The image and what the classifier says."""
    first, second = case.top[:2]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(overlay.to_png(overlay.picture(case.image)), alt="The image to be explained", width=132)
        with st.container(width="stretch"):
            st.subheader(f"Why **{literal(case.class_names[first])}**?")
            other, unsure = literal(case.class_names[second]), percent(float(case.probabilities[second]))
            st.caption(f"The model is {percent(case.confidence)} sure; its second guess is {other} ({unsure}).")
            st.button("Another image", icon=":material/shuffle:", on_click=another)


def show_near(gallery: Gallery, case: Case, criteria: Criteria) -> None:
    """Near hits, near misses, the boundary in words."""
    name = literal(case.class_names[case.prediction])
    near = searches.neighbours(gallery, case, NEAR, criteria.distance)
    sentence = boundary_sentence(near.hits, near.misses, case.class_names, by_model=criteria.labels == "model")
    if sentence:
        st.markdown(f"**{literal(sentence)}** The closer this is to 1, the closer the call.")
    hits, misses = st.columns(2, gap="large")
    with hits:
        st.markdown(f"##### Most alike and also {name}")
        strip(gallery, near.hits, "near hit")
        ask(case, "near-hits", criteria, gallery.features.rows[near.hits.indices].tolist())
    with misses:
        st.markdown(f"##### Most alike, yet not {name}")
        strip(gallery, near.misses, "near miss", near.nearest)
        ask(case, "near-misses", criteria, gallery.features.rows[near.misses.indices].tolist())
    with st.expander("What would have to change?", icon=":material/compare:", expanded=True):
        show_differences(gallery, case, near)
    with st.expander("The distances in numbers", icon=":material/straighten:"):
        in_numbers(gallery, {"near hit": near.hits, "near miss": near.misses})


def show_typical(gallery: Gallery, case: Case, criteria: Criteria) -> None:
    """Prototypes of the predicted class and of the runner-up."""
    job = searches.summaries(gallery)
    if not ready(job, "Choosing typical images"):
        return
    query = searches.query(gallery, case)
    rows: list[int] = []
    for column, label in zip(st.columns(2, gap="large"), case.top[:2], strict=True):
        if label not in job.result:
            continue
        typical = job.result[label].prototypes[:TYPICAL]
        rows += typical.tolist()
        with column:
            st.markdown(f"##### Typical of {literal(case.class_names[label])}")
            strip(gallery, gallery.as_neighbours(query, typical, criteria.distance), "prototype")
    ask(case, "prototypes", criteria, rows)


def show_even_ifs(gallery: Gallery, case: Case, criteria: Criteria) -> None:
    """Semifactuals, for those who open them."""
    name = literal(case.class_names[case.prediction])
    opened = st.expander("Even if …", icon=":material/alt_route:", on_change="rerun", key="even_if")
    if not opened.open:
        return
    with opened:
        st.caption(f"Even if it looked like these, which lie on the side of the near miss, it would be {name}.")
        kind = st.segmented_control(
            "Take those", list(KLEOR), format_func=KLEOR.__getitem__, default="sim-miss", required=True
        )
        strip(gallery, searches.even_ifs(gallery, case, NEAR, criteria.distance, kind), "semifactual")


def show_around(case: Case) -> None:
    """All examples around one image."""
    criteria = criteria_controls()
    job = searches.gallery(Source(case.dataset, case.classifier, criteria.space, criteria.labels))
    if ready(job, "Comparing with all training images"):
        show_near(job.result, case, criteria)
        show_typical(job.result, case, criteria)
        show_even_ifs(job.result, case, criteria)


def show_typical_of_class(case: Case) -> None:
    """All about one class."""
    names, key = case.class_names, f"examples_class-{case.classifier}"
    with st.grid(3, min_column_width=150, gap="small"):
        label = st.selectbox("Class", range(len(names)), case.prediction, names.__getitem__, key)
        space = space_control()
        count = st.slider("How many", 1, PROTOTYPES, NEAR, key="examples_count")
    job = searches.gallery(Source(case.dataset, case.classifier, space))
    if ready(job, "Reading all training images"):
        show_class(job.result, label, count)


VIEWS = {"Around this image": show_around, "Typical of a class": show_typical_of_class}

with st.sidebar:
    choice = choice_controls()
if offer_missing(choice):
    st.stop()
try:
    with st.spinner("Drawing an image …", show_time=True):
        case = current_case(choice)
    has_examples = searches.has_examples(case)
    votes = example_votes()
except (XaiError, StorageError) as error:
    stop(error)
show_image(case)
unsaved(votes.outbox)
if not has_examples:
    st.info("There are no training images here to compare with. Choose other images at the side.")
    st.stop()
view = st.segmented_control(
    "Show", VIEWS, default="Around this image", required=True, key="examples_view", label_visibility="collapsed"
)
VIEWS[view](case)
prefetch(choice)
