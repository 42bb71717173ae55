"""Draw a background job: a bar while it runs, a sentence and a button to try again when it failed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from studio.jobs import Job
from studio.words import literal
from ui import cache
from ui.problems import problem_text

POLL_SECONDS = 1.0


def ready(job: Job[Any], what: str) -> bool:
    """Whether the job's result is there. If not, draw its progress or its problem; the page reruns when it is done.

    ``what`` says in words what is being computed.
    """
    if job.ready:
        return True
    if job.problem:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.error(problem_text(job.problem), icon=":material/error:")
            st.button("Try again", key=f"retry {what}", on_click=cache.jobs().forget, args=(job,))
        return False
    _progress(job, what)
    return False


@st.fragment(run_every=POLL_SECONDS)
def _progress(job: Job[Any], what: str) -> None:
    if job.done:
        st.rerun()
    st.progress(job.share, text=f"{what} … {literal(job.text)}")
