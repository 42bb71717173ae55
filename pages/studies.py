"""Studies of this studio, for researchers: how far each is, its link, and new ones from their files."""

from __future__ import annotations

from datetime import UTC

import streamlit as st

from db.errors import StorageError
from studio.roles import Role
from studio.studies import service
from studio.studies.files import EXAMPLE, parse_study
from studio.studies.service import Overview
from studio.words import literal
from ui import cache
from ui.access import require
from ui.problems import problem_text, stop
from xai_core.errors import XaiError

access = require(Role.RESEARCHER)


def create() -> None:
    """Store the study in the uploaded file."""
    file = st.session_state.study_file
    if file is None:
        st.session_state.study_said = (False, "Choose a file first.")
        return
    try:
        study = parse_study(file.getvalue(), file.name)
        version = service.create(access, cache.feedback().database, cache.LIBRARY, study)
        st.session_state.study_said = (True, f"{study.code}: version {version} is in force.")
    except (XaiError, StorageError) as error:
        st.session_state.study_said = (False, str(error))


def close(code: str) -> None:
    """Admit nobody new."""
    try:
        service.close(access, cache.feedback().database, code)
        st.session_state.study_said = (True, f"{code} is closed: nobody new is admitted, who has begun may finish.")
    except (XaiError, StorageError) as error:
        st.session_state.study_said = (False, str(error))


def say() -> None:
    """What became of the last click, a line for each thing that was wrong."""
    good, words = st.session_state.pop("study_said", (True, ""))
    if words:
        lines = "  \n".join(problem_text(line) for line in words.splitlines())
        (st.success if good else st.error)(lines)


def show(overview: Overview) -> None:
    """One study: its link, and how far it is."""
    study, progress = overview.study, overview.progress
    with st.container(border=True):
        st.subheader(literal(study.title))
        closed = overview.closed_at
        state = f"closed on {closed.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if closed else "running"
        st.caption(
            f"{literal(study.code)} · version {overview.version} · {study.task} · {literal(study.dataset)} · {state}"
        )
        with st.grid(3, gap="small"):
            st.metric("People", sum(progress.participants.values()), border=True)
            st.metric("Finished", progress.finished, border=True)
            st.metric("Answers", progress.answers, border=True)
        for condition, counts in progress.overlap.items():
            reached = [count for count, items in counts.items() if items]
            spread = f"{min(reached)} to {max(reached)}" if len(set(reached)) > 1 else str(reached[0])
            people = progress.participants.get(condition, 0)
            st.caption(f"{condition}: {people} people, {spread} of {study.overlap} answers an item")
        st.code(service.link(st.context.url or "", study.code), language=None)
        st.caption("Append &pid=… with each participant's id, as recruiting services do; PROLIFIC_PID is read as well.")
        if closed is None:
            st.button("Close", key=f"close-{study.code}", on_click=close, args=(study.code,))


st.header("Studies", icon=":material/science:")
say()
try:
    found = service.overviews(access, cache.feedback().database)
except (XaiError, StorageError) as error:
    stop(error, icon="cloud_off")
if not found:
    with st.container(border=True):
        st.markdown(":material/science: No studies yet. A study is a file: what is shown to whom, and what is asked.")
        st.download_button("An example to start from", EXAMPLE.read_bytes(), EXAMPLE.name, icon=":material/download:")
for overview in found:
    show(overview)
with st.form("new-study"):
    st.file_uploader("A study file (YAML)", type=["yaml", "yml"], key="study_file")
    st.form_submit_button("Create or change", on_click=create, help="A file of a study that runs makes a new version.")
