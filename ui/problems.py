"""What went wrong, in a sentence with a way on."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from studio.outbox import Outbox


def unsaved(outbox: Outbox) -> None:
    """Say what could not be stored and keep it until it is."""
    if outbox.problem:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.error(f"Not saved yet: {outbox.problem}", icon=":material/cloud_off:")
            st.button("Save again", on_click=outbox.retry)


def stop(problem: Exception, way_on: str = "Try again", *, icon: str = "error") -> NoReturn:
    """Show the problem and a button that runs the page again; nothing else of the page is drawn."""
    st.error(str(problem), icon=f":material/{icon}:")
    st.button(way_on)
    st.stop()
