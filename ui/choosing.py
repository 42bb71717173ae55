"""Which images: data set, classifier, only the barely wrong ones."""

from __future__ import annotations

from difflib import get_close_matches
from urllib.parse import quote

import streamlit as st

from studio.case_queue import Choice
from studio.words import literal
from ui import cache
from ui.about import about
from ui.problems import problem_text
from ui.session import tab
from xai_core.datasets import DatasetInfo
from xai_core.errors import XaiError

SURPRISE = "surprise"
SYNTHETIC = "-synthetic"


def choice_controls() -> Choice:
    """The sidebar's choice. An unavailable data set can be chosen: ``ui.missing`` then says what to do."""
    mine = tab()  # brings back what this person chose before, which cannot be done once the widgets are drawn
    mine.known = cache.known_datasets()
    known = {info.name: info for info in mine.known}
    options = [*known, SURPRISE]
    _follow_address(options)
    name = st.selectbox(
        "Images",
        options,
        format_func=lambda key: "Surprise me" if key == SURPRISE else _label(known[key]),
        key="images",
        persist_state="session",
        on_change=_write_address,
    )
    model = upload = None
    if name != SURPRISE and known[name].available:
        try:
            with st.spinner("Reading the images …", show_time=True):
                names = cache.classifiers_for(name)
        except XaiError as error:
            st.caption(f":material/error: {problem_text(error)}")
            names = []
        if names:
            if st.session_state.get(f"classifier-{name}") not in names:
                st.session_state[f"classifier-{name}"] = names[0]
            model = st.selectbox("Classifier", names, key=f"classifier-{name}", persist_state="session")
            about(name, model)
    if name == cache.PHOTOS:
        upload = st.file_uploader("Your own photograph", type=["png", "jpg", "jpeg", "webp", "bmp"], key="upload")
    interesting = st.toggle(
        "Only interesting ones",
        key="interesting",
        persist_state="session",
        help="Barely wrong: the true class is the second guess and trails by at most 50 percentage points.",
    )
    return Choice(
        None if name == SURPRISE else name, model, interesting, upload.getvalue() if upload is not None else None
    )


def _follow_address(options: list[str]) -> None:
    """Choose what the address says when it is opened, and when somebody goes back to it."""
    asked = st.query_params.get("images")
    if asked is not None and asked != st.session_state.get("images_address"):
        if asked in options:
            st.session_state.images = asked
        st.session_state.images_address = asked
    current = st.session_state.get("images")
    if current not in options:
        stand_in = str(current).removesuffix(SYNTHETIC)  # which goes by the name of what it stands in for
        st.session_state.images = stand_in if stand_in in options else options[0]


def _write_address() -> None:
    """Let the address name the choice; only on a change, so that one step back is one choice back."""
    st.query_params["images"] = st.session_state.images_address = st.session_state.images


def mistyped() -> None:
    """Say so where the address asks for images that there are none of."""
    asked = st.query_params.get("images")
    known = [*(info.name for info in tab().known), SURPRISE]
    if asked is None or asked in known:
        return
    near = get_close_matches(asked.lower(), known, n=1)
    guess = f" Did you mean [{literal(near[0])}](?images={quote(near[0])})?" if near else ""
    st.warning(
        f"There are no images called “{literal(asked)}”.{guess} You can choose others at the side.",
        icon=":material/search_off:",
    )


def _label(info: DatasetInfo) -> str:
    return info.title if info.available else f"{info.title} (not here yet)"
