"""What all tabs of a room share on this server: where the room is, and its image explained."""

from __future__ import annotations

import logging
from concurrent.futures import Future

import streamlit as st

from db.errors import StorageError
from db.rooms import Rooms
from studio.classroom.ranking import pass_on
from studio.classroom.rooms import Classroom, Situation
from studio.classroom.views import Picture
from studio.settings import load_settings
from ui import cache
from xai_core.arms import ARMS
from xai_core.case import Case
from xai_core.errors import XaiError

log = logging.getLogger(__name__)
FRESH = 0.5  # seconds for which one look at the database serves all tabs


def classroom() -> Classroom:
    """The rooms of the database. Raises ``StorageUnavailable``."""
    return Classroom(Rooms(cache.feedback().database))


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _look(url: str, code: str) -> Situation:  # noqa: ARG001 (the cache's key)
    return classroom().look(code)


def look(code: str, *, now: bool = False) -> Situation:
    """The room as it stood at most ``FRESH`` seconds ago, or ``now``. Raises ``StorageError``."""
    if now:
        _look.clear()
    return _look(load_settings().database, code)


def explained(picture: Picture) -> Future[Case]:
    """The image of a question with the explanations that are shown of it, in the making where it is not there yet."""
    arms = tuple(name for name in picture.shown if name in ARMS)
    return _explained(picture.dataset, picture.index, picture.classifier, arms)


@st.cache_resource(show_spinner=False, max_entries=40)
def _explained(dataset: str, index: int, classifier: str, arms: tuple[str, ...]) -> Future[Case]:
    # the map of all combined needs all of them
    wanted = arms if arms and all(ARMS[arm].method == "lime" for arm in arms) else None
    return cache.source().same(dataset, "test", index, classifier, f"class {dataset} {index}", arms=wanted).result


def teach(situation: Situation) -> None:
    """Let the ranking learn, in the background, from the votes on a question where the room allows it."""
    if any(answer.into_ranking for answer in situation.answers):
        cache.threads().submit(_teach, situation)


def _teach(situation: Situation) -> None:
    question = situation.question
    if question is None:
        return
    try:
        case = explained(Picture(question.dataset, question.index, question.classifier, question.show)).result()
        count = pass_on(cache.feedback(), situation, case)
    except (StorageError, XaiError) as error:  # done again when the room is led on
        log.warning("votes of the room %s did not reach the ranking: %s", situation.room.code, error)
    else:
        log.info("votes of a class: room=%s new thumbs=%d", situation.room.code, count)
