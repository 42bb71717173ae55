"""Galleries and searches in them as the pages ask for them: built in the background, found again in caches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

import streamlit as st

from studio.gallery import Gallery, Source, build_gallery, relabelled
from studio.jobs import Job
from studio.settings import load_settings
from ui import cache
from xai_core.case import UPLOAD, Case
from xai_core.examples import Query, near_examples, near_hits, semifactuals
from xai_core.examples.index import NearExamples, Neighbours
from xai_core.examples.kernel_width import WidthSearch, search_gamma
from xai_core.examples.neighbours import Semifactual
from xai_core.examples.summary import ClassSummary, class_summaries


def has_examples(case: Case) -> bool:
    """Whether the image's data set has training images at all; photographs and uploads have none."""
    return case.dataset != UPLOAD and len(cache.LIBRARY.dataset(case.dataset).x_train) > 0


def gallery(source: Source) -> Job[Gallery]:
    """The gallery of a source, from disk or built in the background; fails as loading and embedding fail.

    The classifier's own labels are a second step: as long as the first is not done, it is the job to wait for.
    """
    root = load_settings().xai_data_dir
    plain = cache.jobs().ask(
        replace(source, labels="truth"), lambda progress: build_gallery(source, cache.LIBRARY, root, progress)
    )
    if source.labels == "truth" or not plain.ready:
        return plain
    return cache.jobs().ask(source, lambda progress: relabelled(plain.result, root, progress))


def summaries(gallery: Gallery) -> Job[dict[int, ClassSummary]]:
    """Prototypes and criticisms of every class by ground truth, from disk or chosen in the background."""
    root = load_settings().xai_data_dir
    return cache.jobs().ask(
        ("prototypes", replace(gallery.source, labels="truth")),
        lambda progress: class_summaries(gallery.data, gallery.features, root=root, progress=progress),
    )


def width_search(gallery: Gallery) -> Job[WidthSearch]:
    """The grid search for the kernel width, in the background."""
    labels, points = gallery.data.y_train[gallery.features.rows], gallery.features.space.points
    return cache.jobs().ask(
        ("width", replace(gallery.source, labels="truth")),
        lambda progress: search_gamma(gallery.features.vectors, labels, scale=points, progress=progress),
    )


KEYS: dict[str | type[Any], Callable[[Any], object]] = {
    Gallery: lambda gallery: astuple(gallery.source),
    Case: lambda case: (case.image_id, case.classifier_version, case.precision),
    ClassSummary: lambda summary: summary.label,
}
"""How caches tell galleries and cases apart: by what they are, never by pixels."""


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def query(gallery: Gallery, case: Case) -> Query:
    """The image of a case as a query against a gallery."""
    if gallery.source.space == "model":
        return Query(case.embedding, case.image)
    return gallery.features.space.query(case.image)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=KEYS)
def neighbours(gallery: Gallery, case: Case, count: int, distance: str) -> NearExamples:
    """Near hits and near misses of a case, ``count`` each, under the predicted class."""
    return near_examples(query(gallery, case), gallery.index, case.prediction, count, distance)


@st.cache_resource(show_spinner=False, max_entries=128, hash_funcs=KEYS)
def nearest_of(gallery: Gallery, case: Case, label: int, count: int) -> Neighbours:
    """The ``count`` nearest training images of one class, by cosine distance."""
    return near_hits(query(gallery, case), gallery.index, label, count)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def even_ifs(gallery: Gallery, case: Case, count: int, distance: str, kind: Semifactual) -> Neighbours:
    """Semifactuals of a case: still the predicted class, though on the side of the boundary."""
    return semifactuals(query(gallery, case), gallery.index, case.prediction, count, distance, kind=kind)
