"""The phone of a student: the picture, and what can be answered now."""

from __future__ import annotations

import random

import streamlit as st

from db.errors import NotNow, RoomClosed, StorageError, UnknownRoom
from studio.classroom.rooms import Situation
from studio.classroom.views import Screen, screen
from studio.outbox import Outbox
from studio.words import literal
from ui import frontend
from ui.access import who
from ui.classroom import state
from ui.classroom.pictures import PHONE, show_pictures
from ui.classroom.tallies import show_reveal
from ui.problems import problem_text, unsaved
from xai_core.errors import InvalidInput

RUNS_A_SECOND = 15  # looks that a process serves without falling behind, as measured; more people look less often
SOONEST, LATEST = 2.0, 10.0


def student(code: str) -> None:
    """Join the room and follow it."""
    rater = str(who())
    if f"joined-{code}" not in st.session_state:
        state.classroom().rooms.join(code, rater)
        st.session_state[f"joined-{code}"] = Outbox()
    st.fragment(_follow, run_every=_pace(code))(code, rater)


def _pace(code: str) -> float:
    """Seconds between looks, a little different for everybody, so that they do not all come at once."""
    try:
        members = state.look(code).members
    except StorageError:  # the room says so itself, and comes back
        members = 0
    return min(LATEST, max(SOONEST, members / RUNS_A_SECOND)) * random.uniform(0.9, 1.1)


def _follow(code: str, rater: str) -> None:
    outbox: Outbox = st.session_state[f"joined-{code}"]
    try:
        situation = state.look(code)
    except StorageError as error:
        st.error(f"{problem_text(error)} This page tries again by itself.", icon=":material/cloud_off:")
        unsaved(outbox)
        return
    shown = screen(situation)
    st.caption(_where(shown))
    if shown.over:
        st.markdown("**This room is over.** Thank you.")
    elif shown.paused:
        st.markdown("**Pause.** It goes on here by itself.")
    elif shown.phase == "lobby":
        st.markdown(f"**You are in.** {shown.members} here; it begins on this page by itself.")
    else:
        if shown.ask:
            st.markdown(f"**{literal(shown.ask)}**")
        show_pictures(shown, PHONE)
        show_reveal(shown)
        _answer(situation, shown, rater, outbox)
    unsaved(outbox)


def _where(shown: Screen) -> str:
    at = f" · question {shown.number + 1} of {shown.count}" if shown.phase != "lobby" and not shown.over else ""
    left = f" · {shown.seconds_left} s left" if shown.seconds_left else ""
    return f"{literal(shown.title)}{at}{left}"


def _answer(situation: Situation, shown: Screen, rater: str, outbox: Outbox) -> None:
    mine = next((one for one in situation.answers if one.rater_id == rater and one.stage == shown.phase), None)
    key = f"answer-{shown.key}"
    if shown.answers:
        given = st.session_state.get(key, None if mine is None else mine.choice)
        st.pills(
            "Your answer",
            list(shown.answers),
            format_func=lambda choice: literal(shown.answers[choice]),
            default=given if key not in st.session_state else None,
            key=key,
            label_visibility="collapsed",
            disabled=not shown.open,
            on_change=_choose,
            args=(situation, rater, key, outbox),
        )
    elif shown.points:
        place = frontend.tapped(key) or (None if mine is None or mine.x is None else (mine.x, mine.y))
        frontend.tap(
            ".st-key-pictures [data-testid=stImage] img",
            key,
            None if place is None else {"x": float(place[0]), "y": float(place[1] or 0)},
            lambda: _point(situation, rater, key, outbox),
            is_open=shown.open,
        )
    else:
        return
    st.caption(_said(shown, key, answered=mine is not None))


def _said(shown: Screen, key: str, *, answered: bool) -> str:
    if refused := st.session_state.get(f"refused-{key}"):
        return f":material/error: {problem_text(refused)}"
    if not shown.open:
        return "Answers are closed."
    if answered or st.session_state.get(f"saved-{key}"):
        return ":material/check: Saved. You can change it as long as the question is open."
    return "Nobody sees who answered what."


def _choose(situation: Situation, rater: str, key: str, outbox: Outbox) -> None:
    choice = st.session_state[key]
    if choice is not None:  # tapped twice: the answer stands
        _store(situation, rater, key, outbox, choice=int(choice))


def _point(situation: Situation, rater: str, key: str, outbox: Outbox) -> None:
    place = frontend.tapped(key)
    if place is not None:
        _store(situation, rater, key, outbox, place=place)


def _store(
    situation: Situation,
    rater: str,
    key: str,
    outbox: Outbox,
    *,
    choice: int | None = None,
    place: tuple[float, float] | None = None,
) -> None:
    """What cannot be stored is kept and can be tried again; what comes too late is told."""
    st.session_state[f"refused-{key}"] = None

    def store() -> None:
        try:
            state.classroom().answer(situation, rater, choice=choice, place=place)
        except (NotNow, RoomClosed, UnknownRoom, InvalidInput) as error:
            st.session_state[f"refused-{key}"] = str(error)
            return
        st.session_state[f"saved-{key}"] = True

    outbox.attempt(store)
