"""The instructor's desk: where the room is, how the vote stands, and everything that leads it on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from db.errors import StorageError
from db.room_records import STAGES
from studio.classroom import acts
from studio.classroom.rooms import Act, Situation
from studio.classroom.tally import tally
from studio.classroom.views import Picture, Screen, screen
from studio.roles import Access
from studio.words import literal
from ui.classroom import state
from ui.classroom.ask import ask_another
from ui.classroom.pictures import PHONE, show_pictures
from ui.classroom.projector import join_address, qr
from ui.classroom.tallies import bars, progress, show_reveal
from ui.problems import problem_text

EVERY = 1.0  # seconds between looks
NEXT = {
    "guess": "Let them guess",
    "prediction": "Reveal the prediction",
    "rate": "Let them rate",
    "tally": "Reveal the tally",
    "revote": "Vote again",
    "result": "Show the result",
}
SWITCHES: dict[acts.Switch, str] = {
    "show_first_tally": "Show the first tally",
    "into_ranking": "Votes teach the ranking",
}
_PROBLEM = "desk-problem"


def desk(code: str, access: Access) -> None:
    """Lead the room of ``code``; from any device, as all of it stands in the database."""
    _live(code, access)
    ask_another(code, access)


@st.fragment(run_every=EVERY)
def _live(code: str, access: Access) -> None:
    try:
        situation = state.look(code)
    except StorageError as error:
        st.error(f"{problem_text(error)} This page tries again by itself.", icon=":material/cloud_off:")
        return
    shown = screen(situation)
    _prefetch(situation)
    st.subheader(f"{literal(shown.title)} · {code}")
    at = "before the first question" if shown.phase == "lobby" else f"question {shown.number + 1} of {shown.count}"
    st.caption(f"{shown.members} here · {at} · expires {situation.room.expires_at:%H:%M} UTC")
    if problem := st.session_state.get(_PROBLEM):
        st.warning(problem_text(problem), icon=":material/sync_problem:")
    if not shown.over:
        _controls(situation, shown, access)
    left, right = st.columns(2)
    with left:
        if shown.ask:
            st.markdown(f"**{literal(shown.ask)}**")
        show_pictures(shown, PHONE, key="desk-pictures")
        show_reveal(shown)
    with right:
        if so_far := progress(shown):
            st.markdown(so_far)
        _privately(situation)
        _ways(code, shown)


def _controls(situation: Situation, shown: Screen, access: Access) -> None:
    room = situation.room
    coming = acts.forward(room, situation.questions)
    tell = _leader(situation, access)
    at = f"-{room.revision}"  # a click that arrives twice, or late, hits a button that is gone
    with st.container(horizontal=True, gap="small"):
        following = coming.get("phase", "")
        label = NEXT.get(str(following), "That was all")
        st.button(label, type="primary", key=f"forward{at}", disabled=not coming, on_click=tell, args=(acts.forward,))
        st.button("Back", key=f"back{at}", disabled=shown.phase == "lobby", on_click=tell, args=(acts.back,))
        if shown.paused:
            st.button("Go on", key=f"pause{at}", on_click=tell, args=(_at_once(acts.go_on),))
        else:
            st.button("Pause", key=f"pause{at}", on_click=tell, args=(_at_once(acts.pause),))
        locking = partial(acts.lock, locked=not shown.locked)
        st.button("Unlock" if shown.locked else "Lock", key=f"lock{at}", on_click=tell, args=(locking,))
        last = shown.number + 1 >= shown.count
        st.button("Skip", key=f"skip{at}", disabled=last, on_click=tell, args=(acts.skip,))
        st.button("Reset", key=f"reset{at}", disabled=shown.phase == "lobby", on_click=tell, args=(acts.reset, True))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if shown.phase in STAGES:
            for seconds in acts.COUNTDOWNS:
                st.button(
                    f"{seconds} s",
                    key=f"countdown-{seconds}{at}",
                    on_click=tell,
                    args=(_at_once(acts.count_down, seconds=seconds),),
                )
        for name, label in SWITCHES.items():
            turned = not getattr(room, name)
            icon = ":material/check_box:" if not turned else ":material/check_box_outline_blank:"
            st.button(label, key=f"{name}{at}", icon=icon, on_click=tell, args=(acts.switch(name, on=turned),))
        st.button("End the room", key=f"end{at}", on_click=_end, args=(situation, access))


def _at_once(act: Callable[..., acts.Changes], **how: int) -> Act:
    """The act at the moment of the click, not of the drawing."""
    return lambda room, questions: act(room, questions, now=datetime.now(UTC), **how)


def _leader(situation: Situation, access: Access) -> Callable[..., None]:
    def tell(act: Act, resets: bool = False) -> None:
        _try(lambda: state.classroom().lead(access, situation, act, resets=resets), situation)

    return tell


def _end(situation: Situation, access: Access) -> None:
    _try(lambda: state.classroom().close(access, situation), situation)


def _try(act: Callable[[], None], situation: Situation) -> None:
    """Do it; where it cannot be done, nothing is, and the desk says why."""
    st.session_state[_PROBLEM] = None
    try:
        act()
        state.look(situation.room.code, now=True)
        state.teach(state.classroom().with_answers(situation))
    except StorageError as error:
        st.session_state[_PROBLEM] = str(error)


def _prefetch(situation: Situation) -> None:
    """Have this and the next question explained before they are asked."""
    for question in situation.questions[situation.room.round_number :][:2]:
        if question.show:
            state.explained(Picture(question.dataset, question.index, question.classifier, question.show))


def _privately(situation: Situation) -> None:
    """How the vote stands, for the instructor alone."""
    question, phase = situation.question, situation.room.phase
    stage = next((stage for stage in STAGES if stage == phase), None)
    if question is None or stage is None:
        return
    names = question.answers_of(stage)
    if names:
        st.caption("Only you see this")
        bars(tally(situation.answers, stage, names), names, question.truth if stage == "guess" else None)


def _ways(code: str, shown: Screen) -> None:
    address = join_address(code)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(qr(address), alt=f"QR code of {address}", width=120)
        with st.container():
            st.markdown(f"Join: {literal(address)}")
            st.link_button("Projector", f"?room={code}&view=projector", icon=":material/cast:")
            st.link_button("Results", f"?room={code}&view=results", icon=":material/table:")
    if "//localhost" in address or "//127." in address:
        st.caption("Phones do not reach this address: start with “make app HOST=0.0.0.0” and open the machine's name.")
    if shown.count == 0:
        st.caption("There is no question yet: ask one below.")
