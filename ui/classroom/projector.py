"""The wall: large type, nothing to press, up to date by itself."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import segno
import streamlit as st

from db.errors import StorageError
from studio.classroom.views import Screen, screen
from studio.words import literal
from ui.classroom import state
from ui.classroom.pictures import WALL, show_pictures
from ui.classroom.tallies import progress, show_reveal
from ui.problems import problem_text

EVERY = 1.0  # seconds between looks
TYPE = """<style>
[data-testid=stHeader], [data-testid=stSidebar], .st-key-wall [data-testid=stElementToolbar] { display: none; }
[data-testid=stMainBlockContainer] { padding-top: 1rem; max-width: none; }
.st-key-wall :is(p, li, [data-testid=stMarkdownContainer], [data-testid=stImageCaption] *) {
  font-size: clamp(40px, 2.6vw, 64px) !important; line-height: 1.25; color: inherit !important; opacity: 1 !important; }
.st-key-wall h1 { font-size: clamp(48px, 4vw, 96px) !important; }
.st-key-code p { font-size: clamp(80px, 10vw, 220px) !important; letter-spacing: .12em; font-weight: 700; }
.st-key-wall [data-testid=stProgress] [role=progressbar] > div { height: 1.5rem; }
</style>"""


def join_address(code: str) -> str:
    """Where phones join, as seen from this browser."""
    parts = urlsplit(st.context.url or "http://localhost:8501/classroom")
    return f"{parts.scheme}://{parts.netloc}{parts.path}?room={code}"


@st.cache_data(show_spinner=False, max_entries=100)
def qr(address: str) -> bytes:
    """A QR code as PNG."""
    file = io.BytesIO()
    segno.make(address, micro=False).save(file, kind="png", scale=10, border=4)
    return file.getvalue()


def projector(code: str) -> None:
    """Show the room to everybody."""
    st.html(TYPE)
    _wall(code)


@st.fragment(run_every=EVERY)
def _wall(code: str) -> None:
    with st.container(key="wall"):
        try:
            shown = screen(state.look(code))
        except StorageError as error:
            st.markdown(f"{problem_text(error)} This page tries again by itself.")
            return
        if shown.over:
            st.title(literal(shown.title))
            st.markdown("This room is over. Thank you.")
        elif shown.phase == "lobby":
            _lobby(shown)
        elif shown.paused:
            st.title("Pause")
        else:
            _question(shown)


def _lobby(shown: Screen) -> None:
    st.title(literal(shown.title))
    address = join_address(shown.code)
    left, right = st.columns([1, 2], vertical_alignment="center")
    left.image(qr(address), alt=f"QR code of {address}", width="stretch")
    with right:
        with st.container(key="code"):
            st.markdown(shown.code)
        st.markdown(f"{literal(address.partition('?')[0])}  \n{shown.members} here")


def _question(shown: Screen) -> None:
    st.title(literal(shown.ask or shown.title))
    left, right = st.columns([3, 2])
    with left:
        show_pictures(shown, WALL)
    with right:
        show_reveal(shown)
        if shown.phase == "guess":
            st.markdown(" · ".join(literal(name) for name in shown.answers.values()))
        if so_far := progress(shown):
            st.markdown(so_far)
        st.markdown(f"Room **{shown.code}**")
