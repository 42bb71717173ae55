"""A closing questionnaire: statements on one scale, an open question, and where the scale is from."""

from __future__ import annotations

import streamlit as st

from studio.studies.configuration import Instrument
from studio.studies.sitting import Sitting
from studio.words import literal
from ui.studies.entry import unanswered

LONGEST = 5000  # characters of an open answer


def questionnaire(sitting: Sitting, instrument: Instrument) -> None:
    """The form; what was chosen stays while something is missing."""
    texts = sitting.texts
    asked = texts.questionnaire(instrument)
    keys = {item: f"{instrument}-{item}" for item in asked.items}
    open_key = f"{instrument}-open"

    def send() -> None:
        given = {item: st.session_state[key] for item, key in keys.items()}
        missing = sum(answer is None for answer in given.values())
        if missing:
            st.session_state.unanswered = texts("questionnaire_missing", count=missing)
            return
        answers: dict[str, int | str] = {item: 1 + asked.scale.index(answer) for item, answer in given.items()}
        if words := st.session_state.get(open_key, "").strip():
            answers["open"] = words[:LONGEST]
        sitting.fill_in(instrument, answers)

    st.header(asked.title)
    with st.form(instrument, border=False):
        for item, statement in asked.items.items():
            st.radio(f"**{literal(statement)}**", asked.scale, index=None, key=keys[item], horizontal=True)
        if asked.open_question:
            st.text_area(asked.open_question, key=open_key, max_chars=LONGEST)
        unanswered()
        st.form_submit_button(texts("questionnaire_send"), on_click=send)
    st.caption(literal(asked.citation))
