"""Two equal thumbs below a kind of examples, and undo."""

from __future__ import annotations

import streamlit as st

from studio.example_votes import Ballot, ExampleVotes

HELPS, HELPS_NOT = "👍 Helps", "👎 Does not help"


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
                disabled=votes.outbox.problem is not None,
            )
