"""What the page of examples says about a class: prototypes, criticisms, how many suffice, a map."""

from __future__ import annotations

import numpy as np
import streamlit as st

from studio.gallery import Gallery
from studio.words import literal
from ui.examples import charts
from ui.examples.feature_map import class_map
from ui.examples.searches import summaries, width_search
from ui.examples.strips import pictures
from ui.session import tab
from ui.waiting import ready
from xai_core.examples.summary import ClassSummary


def show_class(gallery: Gallery, label: int, count: int) -> None:
    """Everything about one class, ``count`` examples of each kind, once its prototypes are chosen."""
    job = summaries(gallery)
    if not ready(job, "Choosing typical images of every class"):
        return
    name = gallery.data.class_names[label]
    if label not in job.result:
        st.info(f"There is no training image of {literal(name)}.")
        return
    summary = job.result[label]
    _show_images(gallery, summary, name, count)
    left, right = st.columns(2, gap="large")
    with left:
        _show_map(gallery, summary, name, count)
    with right:
        _show_choice(gallery, summary, name, count)


def _show_images(gallery: Gallery, summary: ClassSummary, name: str, count: int) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"##### Typical of {literal(name)}")
        st.caption("Prototypes: together they stand for the whole class, the first one best.")
        _numbered(gallery, summary.prototypes[:count], f"prototype of {name}")
    with right:
        st.markdown(f"##### Not covered by those: unusual {literal(name)}")
        st.caption("Criticisms: images of the class that the prototypes explain badly.")
        _numbered(gallery, summary.criticisms[:count], f"criticism of {name}")


def _numbered(gallery: Gallery, rows: np.ndarray, role: str) -> None:
    where = gallery.positions(rows)
    pictures(
        [
            (gallery.image(position), str(number), f"{role}, number {number}: training image {row}")
            for number, (position, row) in enumerate(zip(where, rows, strict=True), start=1)
        ]
    )


def _show_map(gallery: Gallery, summary: ClassSummary, name: str, count: int) -> None:
    st.markdown("##### A map of the training images")
    st.caption(
        "Alike images lie close; diamonds are prototypes, triangles criticisms. Point at one to see it. Flattened to "
        "two dimensions, so only roughly true."
    )
    dots = class_map(gallery, summary)
    st.altair_chart(
        charts.feature_map(dots, count),
        alt=f"A sample of training images on the two main axes of the feature space, those of {name} highlighted",
    )


def _show_choice(gallery: Gallery, summary: ClassSummary, name: str, count: int) -> None:
    st.markdown("##### How many are enough?")
    st.caption("How much of the class the prototypes leave unexplained. Where the curve flattens, more add little.")
    st.altair_chart(
        charts.scree(summary.mmd2, count),
        height=220,
        alt=f"MMD² of {name} falls from {summary.mmd2[0]:.3f} with one prototype to {summary.mmd2[-1]:.3f} with "
        f"{len(summary.mmd2)}",
    )
    with st.expander("How wide should one prototype reach?", icon=":material/tune:"):
        st.caption(
            "The kernel width gamma says how quickly likeness fades. The prototypes here use the median heuristic: the "
            f"usual distance within the class (gamma = {summary.gamma:.3g}). The search tries others and measures how "
            "well the nearest of three prototypes a class names images that were left out."
        )
        searched, this = tab().searched, ("width", gallery.source)
        if st.button("Search for the best width", key="examples_search"):
            searched.add(this)
        if this in searched:
            _show_search(gallery)


def _show_search(gallery: Gallery) -> None:
    job = width_search(gallery)
    if not ready(job, "Trying widths"):
        return
    best = job.result.best
    width = "the median heuristic" if best.gamma is None else f"gamma = {best.gamma:.3g}"
    sentence = f"Best: {width}, which names {best.recall:.1%} of the left-out images rightly."
    st.altair_chart(charts.widths(job.result), height=220, alt=f"Recall by kernel width. {sentence}")
    st.caption(f"{sentence} Dashed: the median heuristic. Bars: one standard deviation over five folds.")
