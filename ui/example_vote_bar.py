"""Two equal thumbs below a kind of examples, and undo."""

from __future__ import annotations

import streamlit as st

from ui import cache
from ui.example_votes import Ballot, ExampleVotes
from ui.identity import current_rater

HELPS, HELPS_NOT = "👍 Helps", "👎 Does not help"


def example_votes() -> ExampleVotes:
    """The votes of this tab, in the session of the rating page. Raises ``StorageUnavailable``."""
    if "example_votes" not in st.session_state:
        rating = st.session_state.get("rating")
        session = rating.session_id if rating else None
        st.session_state.example_votes = ExampleVotes(cache.feedback(), str(current_rater()), session)
    votes: ExampleVotes = st.session_state.example_votes
    return votes


def example_vote_bar(votes: ExampleVotes, ballot: Ballot) -> None:
    """Ask whether the examples above help, or say what was answered."""
    shown = ballot.impression
    answered = {None: "Does this help you see why?", 1: f"Saved: {HELPS}", -1: f"Saved: {HELPS_NOT}"}
    st.caption(answered[ballot.value])
    with st.container(horizontal=True, gap="small", key=f"ask-{ballot.key}-{ballot.value}"):
        if ballot.value is not None:
            st.button(
                "Undo",
                key=f"undo-{ballot.key}",
                on_click=votes.undo,
                args=(shown.impression_id, ballot.revision),
            )
            return
        for label, value in ((HELPS, 1), (HELPS_NOT, -1)):
            st.button(
                label,
                key=f"{value}-{ballot.key}",
                on_click=votes.answer,
                args=(shown.impression_id, value, ballot.revision),
                disabled=votes.problem is not None,
            )


def unsaved(votes: ExampleVotes) -> None:
    """Say what could not be stored, with a way to try again."""
    if votes.problem:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.error(f"Not saved yet: {votes.problem}", icon=":material/cloud_off:")
            st.button("Save again", on_click=votes.retry, type="primary")
