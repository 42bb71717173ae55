"""What went wrong, in a sentence, with a button to go on."""

from __future__ import annotations

import logging
from typing import NoReturn

import streamlit as st

from studio.outbox import Outbox
from studio.places import without_folders
from studio.words import literal

log = logging.getLogger(__name__)


def problem_text(problem: object) -> str:
    """A problem as Markdown, word by word; folders of this machine are for the log alone."""
    whole = str(problem)
    shown = without_folders(whole)
    if shown != whole:
        log.warning("shown without its folders: %s", whole)
    return literal(shown)


def unsaved(outbox: Outbox) -> None:
    """Say what could not be stored and keep it until it is."""
    if outbox.problem:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.error(f"Not saved yet: {problem_text(outbox.problem)}", icon=":material/cloud_off:")
            st.button("Save again", on_click=outbox.retry)


def stop(problem: Exception, retry_label: str = "Try again", *, icon: str = "error") -> NoReturn:
    """Show the problem and a button that runs the page again; nothing else of the page is drawn."""
    st.error(problem_text(problem), icon=f":material/{icon}:")
    st.button(retry_label)
    st.stop()
