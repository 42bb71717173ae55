"""What images look like, as the page asks for it: found in caches, or in the background."""

from __future__ import annotations

import logging

import streamlit as st

from studio.because import learned_likenesses, likenesses, usual_importance
from studio.because_votes import Likeness
from studio.gallery import Gallery
from studio.jobs import Job
from ui import cache
from ui.examples import searches
from xai_core.attributes import Means
from xai_core.attributes.protopnet import PrototypeNetwork, load_prototypes
from xai_core.case import Case
from xai_core.errors import XaiError
from xai_core.examples.summary import ClassSummary

log = logging.getLogger(__name__)

MISSES = 5  # whose mean stands beside the nearest of them
KEYS = searches.KEYS | {Likeness: lambda likeness: (likeness.arm, likeness.position, likeness.prototype)}


def network_of(case: Case) -> PrototypeNetwork | None:
    """The classifier of a case as a prototype network, ``None`` where it has not learned parts of these images."""
    card = cache.card_of(case.classifier)
    return _network(case.dataset, case.classifier) if card and "prototypes" in card else None


@st.cache_resource(show_spinner=False, max_entries=4)
def _network(dataset: str, classifier: str) -> PrototypeNetwork | None:
    data = cache.LIBRARY.dataset(dataset)
    try:
        network = load_prototypes(classifier)
        network.check(data)
    except XaiError as error:
        log.warning("whole images are compared instead of parts: classifier=%s problem=%s", classifier, error)
        return None
    return network if network.classifier.input_shape == data.image_shape else None


@st.cache_resource(show_spinner="Asking what makes them alike …", max_entries=64, hash_funcs=searches.KEYS)
def offered(gallery: Gallery, case: Case, typical: ClassSummary | None) -> tuple[Likeness, ...]:
    """What an image is put beside, the most alike first, and why they are alike: learned parts where there are any."""
    near = searches.neighbours(gallery, case, MISSES, "cosine").misses_by_class
    misses = near.of(near.labels[0]) if len(near.labels) else near
    whole = likenesses(gallery, case, searches.query(gallery, case), typical, misses)
    network = network_of(case)
    learned = learned_likenesses(gallery, case, network) if network else ()
    return (*learned, *(one for one in whole if one.is_miss)) if learned else whole


def usual(gallery: Gallery, case: Case, likeness: Likeness) -> Job[Means]:
    """What likeness to a training image usually rests on, computed in the background."""
    network = network_of(case)
    return cache.jobs().ask(
        ("because", gallery.source, likeness.position, likeness.prototype),
        lambda progress: usual_importance(gallery, likeness, network, progress),
    )
