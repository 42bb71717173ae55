"""What came of a room: figures to be printed, and the table of all answers."""

from __future__ import annotations

import streamlit as st

from studio.classroom.results import results_csv, summary
from studio.classroom.views import Picture
from studio.roles import Access
from studio.words import literal, percent
from ui.classroom import state
from ui.classroom.pictures import PHONE, plain
from ui.classroom.tallies import bars, before_and_after, in_alpha

KINDS = {"pair": "A or B", "thumb": "👍 or 👎"}


def results(code: str, access: Access) -> None:
    """A page for the printer. Raises ``StorageError``."""
    situation = state.look(code, now=True)
    rooms = state.classroom().rooms
    found = summary(access, rooms, situation)
    st.header(literal(situation.room.title))
    st.caption(f"Room {code}, {situation.room.opened_at:%Y-%m-%d %H:%M} UTC, {found.members} people.")
    st.download_button(
        "Table of all answers (CSV)",
        results_csv(access, rooms, situation),
        file_name=f"room-{code}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    for kind, alphas in found.alphas.items():
        st.markdown(f"**{KINDS[kind]}**: {in_alpha(alphas)}")
    for result in found.questions:
        question = result.question
        st.subheader(f"Question {result.number + 1}")
        left, right = st.columns([1, 3])
        image = Picture(question.dataset, question.index, question.classifier, ())
        left.image(plain(image, PHONE), alt="The image of the question", width="stretch")
        with right:
            truth = f" It is {literal(question.true_name)}." if question.truth is not None else ""
            st.markdown(f"The network said {literal(question.predicted)} ({percent(question.confidence)} sure).{truth}")
            names = question.answers_of("rate")
            if result.guesses is not None:
                st.markdown("**Guesses**")
                bars(result.guesses, dict(question.options), question.truth)
            if names and result.change is not None:
                before_and_after(result.change, names, (None, None))
            elif names and result.votes is not None:
                st.markdown("**Votes**")
                bars(result.votes, names)
            elif result.votes is not None:
                st.markdown(f"{len(result.votes.places)} people tapped the image.")
