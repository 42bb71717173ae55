"""Examples in a study: training images of one kind in a row."""

from __future__ import annotations

import streamlit as st

from studio.gallery import Gallery, Source
from studio.studies.configuration import Study
from studio.studies.examples import COUNT, SETTINGS
from ui.examples import searches
from ui.examples.strips import montage
from ui.waiting import ready
from xai_core.case import Case


def are_ready(study: Study, case: Case, waiting: str) -> bool:
    """Whether what a study shows can be drawn; while training images are searched, ``waiting`` and how far that is."""
    if not study.shows_examples:
        return True
    job = searches.gallery(Source(case.dataset, case.classifier))
    return ready(job, waiting) and ("prototypes" not in study.arms or ready(searches.summaries(job.result), waiting))


def picture(case: Case, arm: str) -> bytes:
    """The training images of an arm side by side, as PNG, once they ``are_ready``."""
    return _montage(searches.gallery(Source(case.dataset, case.classifier)).result, case, arm)


@st.cache_data(show_spinner=False, max_entries=256, hash_funcs=searches.KEYS)
def _montage(found: Gallery, case: Case, arm: str) -> bytes:
    if arm == "prototypes":
        rows = searches.summaries(found).result[case.prediction].prototypes[:COUNT]
        return montage([found.data.x_train[row] for row in rows])
    near = searches.neighbours(found, case, COUNT, str(SETTINGS["distance"]))
    chosen = near.hits if arm == "near-hits" else near.misses
    return montage([found.image(position) for position in chosen.indices])
