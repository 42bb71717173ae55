"""Explained images of a study, shared by all its participants, and what draws their orders."""

from __future__ import annotations

from concurrent.futures import Future

import streamlit as st

from db.studies import Studies
from db.study_records import Assignment
from studio.learning import Learner
from studio.settings import load_settings
from studio.studies.configuration import Study
from studio.studies.showing import classifier_of
from ui import cache
from xai_core.case import Case

KEPT = 200  # cases in memory


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _case(
    place: tuple[str, str, int],
    classifier: str | None,
    arms: tuple[str, ...],
    samples: int | None,  # noqa: ARG001
) -> Future[Case]:
    return cache.source().same(*place, classifier, f"study item {place}", arms=arms or None).result


def case_of(study: Study, assignment: Assignment) -> Future[Case]:
    """The case of an item, being prepared; a computation that failed is tried again."""
    item = assignment.item
    place = (item.dataset, item.split, item.image_index)
    key = (place, classifier_of(study, assignment), study.computed_arms, load_settings().xai_samples)
    found = _case(*key)
    if found.done() and found.exception() is not None:
        _case.clear(*key)
        found = _case(*key)
    return found


def learner_of(study: Study, version: int) -> Learner:
    """What draws orders for a version of a study, by its policy. Raises ``StorageUnavailable``."""
    if study.policy != "frozen":
        return cache.learner(study.policy)
    return cache.learner("frozen", Studies(cache.feedback().database).version(study.code, version).created_at)
