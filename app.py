"""Entry of the pages. Run it through ``make app``, which serves it by ``server.py``."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "ui/icon.svg"  # a named icon would be fetched from its maker's server

st.set_page_config(page_title="XAI Feedback Studio", page_icon=ICON, layout="wide")

if "study" in st.query_params:  # participants see their study alone
    st.navigation([st.Page("pages/study.py", title="Study", default=True)], position="hidden").run()
    st.stop()

st.navigation(
    [
        st.Page(
            "pages/explain.py",
            title="Explain and rate",
            icon=":material/thumbs_up_down:",
            help="A random image, what a classifier says, where it looked: say whether the explanation convinces.",
            default=True,
        ),
        st.Page("pages/summary.py", title="Your session", icon=":material/summarize:", visibility="hidden"),
        st.Page("pages/my_data.py", title="Your data", icon=":material/shield_person:", visibility="hidden"),
        st.Page(
            "pages/examples.py",
            title="Examples",
            icon=":material/compare:",
            help="What is typical of a class, and which training images the current one resembles or narrowly misses.",
        ),
        st.Page(
            "pages/because.py",
            title="This looks like that",
            icon=":material/join_inner:",
            help="Which training images the current one looks like, and what makes them alike: colour, shape, texture.",
        ),
        st.Page(
            "pages/classroom.py",
            title="Classroom",
            icon=":material/school:",
            help="A class votes on explanations: join with a code, or open a room.",
        ),
        st.Page(
            "pages/research.py",
            title="Research",
            icon=":material/query_stats:",
            help="What the thumbs have taught: approval by segmentation, effects of features, evaluation, export.",
        ),
        st.Page(
            "pages/studies.py",
            title="Studies",
            icon=":material/science:",
            help="Studies with their links: how far they are, and new ones from their files.",
        ),
    ],
    position="top",
).run()
