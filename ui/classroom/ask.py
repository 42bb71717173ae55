"""A question on the fly."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from db.errors import StorageError
from studio.classroom.questions import question_of
from studio.lessons import SHOWABLE, RoundPlan
from studio.roles import Access
from ui import cache
from ui.classroom import state
from ui.problems import problem_text
from xai_core.errors import XaiError

PICKS = {"unsure": "a close call", "wrong": "a wrong answer", "sure": "a right answer"}
RATES = {"pair": "A or B", "thumb": "👍 or 👎", "point": "tap the image", "none": "no rating"}


def ask_another(code: str, access: Access) -> None:
    """A form for one more question, put behind the others."""
    with st.expander("Ask another question", icon=":material/add:"), st.form("another", border=False):
        names = [info.name for info in cache.known_datasets() if info.available]
        dataset = st.selectbox("Images", names, key="another-images")
        pick = st.selectbox("Which image", list(PICKS), format_func=PICKS.__getitem__, key="another-pick")
        number = st.number_input("The first, the second …", 1, 50, key="another-number")
        guess = st.toggle("Let them guess first", value=True, key="another-guess")
        rate = st.selectbox("What they rate", list(RATES), format_func=RATES.__getitem__, key="another-rate")
        show = st.multiselect("What is shown", SHOWABLE, default=["slic-medium", "grid-7"], key="another-show")
        if st.form_submit_button("Add the question"):
            plan = {
                "image": {"dataset": dataset, "pick": pick, "number": int(number) - 1},
                "guess": guess,
                "rate": None if rate == "none" else rate,
                "show": show,
            }
            _add(code, access, plan)


def _add(code: str, access: Access, plan: dict[str, Any]) -> None:
    try:
        question = question_of(RoundPlan.model_validate(plan), cache.LIBRARY)
        state.classroom().add_question(access, state.look(code, now=True), question)
    except ValidationError as error:
        st.error("; ".join(problem_text(one["msg"].removeprefix("Value error, ")) for one in error.errors()))
    except (XaiError, StorageError) as error:
        st.error(problem_text(error), icon=":material/error:")
    else:
        state.look(code, now=True)
        st.success("Added behind the others.")
