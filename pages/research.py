"""What researchers read off the answers: figures with intervals, each with its n, its numbers and its code."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from studio.roles import Role
from ui.access import require
from ui.problems import stop
from ui.research import parts
from ui.research.answers import answers
from ui.research.figure import Answers
from ui.research.planning import show_plan
from ui.research.ranking import show_ranking
from ui.research.reasons import export_button, show_reasons
from ui.research.selecting import select

ANSWERS = {
    "Answers": parts.show_answers,
    "People": parts.show_people,
    "Tasks": parts.show_tasks,
    "Effects": parts.show_effects,
    "Reasons": show_reasons,
}
RANKING, PLAN = "Ranking", "Plan"

st.header("What people answered, and what was learned from it", icon=":material/query_stats:")
access = require(Role.RESEARCHER)
try:
    table = answers(access)
except StorageError as error:
    stop(error, icon="cloud_off")
part = st.segmented_control(
    "Show",
    [*ANSWERS, RANKING, PLAN],
    default="Answers",
    required=True,
    key="research-part",
    label_visibility="collapsed",
)
if part == PLAN:
    show_plan()
    st.stop()
if table.empty:
    with st.container(border=True):
        st.markdown(":material/thumbs_up_down: No thumbs yet. Rate a few explanations, and what they teach shows here.")
        st.page_link("pages/explain.py", label="Rate explanations", icon=":material/arrow_forward:")
    st.stop()
if part == RANKING:
    try:
        show_ranking(access)
    except StorageError as error:
        stop(error, icon="cloud_off")
    st.stop()
selection = select(table)
chosen = selection.of(table)
with st.grid(3, gap="small"):
    st.metric("Answers", len(chosen), border=True)
    st.metric("People", chosen["rater"].nunique(), border=True)
    st.metric("Images", chosen["image"].nunique(), border=True)
if chosen.empty:
    st.info("No answer is left by these filters. Choose fewer of them.", icon=":material/filter_alt_off:")
    st.stop()
ANSWERS[part](Answers(selection, chosen))
export_button(access)
