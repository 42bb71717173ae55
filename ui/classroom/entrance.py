"""Before a room: join one, open one, go on with one."""

from __future__ import annotations

import streamlit as st

from studio.classroom.codes import is_code, typed
from studio.classroom.questions import question_of
from studio.lessons import Lesson, lessons
from studio.roles import Access, Role
from studio.settings import load_settings
from studio.words import literal
from ui import cache
from ui.access import access, require, who
from ui.classroom import state
from ui.problems import problem_text
from xai_core.errors import BrokenFile, XaiError

NO_LESSON = "no lesson: questions on the fly"


def enter(code: str, view: str | None = None) -> None:
    """Go into a room; the address says where, so that a reload leads there again."""
    st.query_params["room"] = code
    if view:
        st.query_params["view"] = view
    st.rerun()


def join_form(problem: str | None = None) -> None:
    """Ask for a code."""
    if problem:
        st.error(problem_text(problem), icon=":material/error:")
    with st.form("join", border=False):
        text = st.text_input("Code of the room", key="code", max_chars=40, autocomplete="off", placeholder="BCDFGH")
        if st.form_submit_button("Join", type="primary"):
            code = typed(text)
            if is_code(code):
                enter(code)
            st.error("A code has six letters, as the screen shows them; check what you typed.")


def instructors() -> None:
    """Open a room or go on with one; whoever has no role is asked for it, if they want to."""
    may = access()
    if Role.INSTRUCTOR not in may.roles and not st.toggle("I am the instructor", key="instructor"):
        return
    may = require(Role.INSTRUCTOR)
    for room in state.classroom().open_rooms(may):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{room.code}** · {literal(room.title)}")
            if st.button("Go on", key=f"go-on-{room.code}"):
                enter(room.code, "desk")
    _open_form(may)


def _open_form(may: Access) -> None:
    known = lessons(load_settings().xai_data_dir)
    st.subheader("Open a room")
    name = st.selectbox("Lesson", [*known, NO_LESSON], format_func=lambda key: _title(known, key), key="lesson")
    chosen = known.get(name)
    if isinstance(chosen, BrokenFile):
        for line in str(chosen).splitlines():
            st.error(problem_text(line), icon=":material/error:")
        return
    if chosen is not None and chosen.about:
        st.caption(literal(chosen.about))
    title = st.text_input("Title", value=chosen.title if chosen else "", max_chars=200, key=f"title-{name}")
    usual = chosen or Lesson.model_construct(rounds=())
    first = st.toggle("Show the tally before the second vote", usual.show_first_tally, key=f"first-{name}")
    into = st.toggle("Let the votes teach the ranking", usual.into_ranking, key=f"into-{name}")
    if st.button("Open the room", type="primary", key="open"):
        try:
            with st.spinner("Looking for the images …", show_time=True):
                questions = [question_of(plan, cache.LIBRARY) for plan in usual.rounds]
            room = state.classroom().open(
                may,
                questions,
                title=title,
                opened_by=str(who()),
                hours=usual.hours,
                show_first_tally=first,
                into_ranking=into,
            )
        except XaiError as error:
            st.error(problem_text(error), icon=":material/error:")
            return
        enter(room.code, "desk")


def _title(known: dict[str, Lesson | BrokenFile], name: str) -> str:
    found = known.get(name)
    if isinstance(found, Lesson):
        return literal(found.title)
    return name if found is None else f"{literal(name)} (has mistakes)"
