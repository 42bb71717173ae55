"""What a person did in this session: a page of its own, so that every way back leads to rating."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError
from ui import cache, frontend
from ui.choosing import choice_controls
from ui.problems import stop
from ui.rate.session_summary import session_summary
from ui.session import rating as rating_loop
from ui.session import tab

RATING = "pages/explain.py"

frontend.keys(frontend.LEAVE)
with st.sidebar:
    before = tab().choice
    if choice_controls() != before and before is not None:  # who chooses other images wants to see them
        st.switch_page(RATING)
try:
    rating = rating_loop()
    summary = cache.feedback().session_summary(rating.session_id)
except StorageError as error:
    stop(error, icon="cloud_off")

st.header("Your session", icon=":material/summarize:")
if rating.today >= rating.goal:
    st.success(
        f"Thank you: {rating.today} images today, the goal of {rating.goal} is reached.", icon=":material/celebration:"
    )
with st.container(horizontal=True):
    if st.button("Go on rating", key="leave-summary"):
        st.switch_page(RATING)
    if st.button("Start over", help="A new session; what you have answered stays stored."):
        tab().rating, tab().fresh = None, True
        st.switch_page(RATING)
session_summary(summary)
st.page_link("pages/my_data.py", label="What is stored about you", icon=":material/shield_person:")
