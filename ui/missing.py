"""What to do where a data set is not on this machine, or no classifier knows it: download one, train the other."""

from __future__ import annotations

import streamlit as st

from studio.case_queue import Choice
from studio.model_card import told_card
from studio.settings import load_settings
from studio.transfer import asked_training, seconds_of_training, training
from studio.words import literal
from ui import cache
from ui.choosing import mistyped
from ui.problems import problem_text, stop
from ui.session import tab
from ui.waiting import ready
from xai_core.datasets import DatasetInfo, ImageDataset, load_dataset
from xai_core.errors import XaiError

_TRAINED = "trained"  # the data set that this tab had a classifier trained for


def offer_missing(choice: Choice) -> bool:
    """Where something is missing for what was chosen, offer it; ``True`` if nothing can be shown until it is there."""
    mistyped()
    info = next((info for info in tab().known if info.name == choice.dataset), None)
    if info is None or (info.available and choice.classifier is not None):
        return False
    if info.available:
        _offer_training(info)
    else:
        _offer_download(info)
    return True


def new_classifier(choice: Choice) -> None:
    """The card of the classifier that this tab has just had trained for the images on screen, until it was read."""
    if choice.dataset is None or st.session_state.get(_TRAINED) != choice.dataset or choice.classifier is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="new_classifier"):
        card = " ".join(told_card(cache.card_of(choice.classifier)))
        st.markdown(
            f":material/model_training: **{literal(choice.classifier)} is ready.** {literal(card)}", width="stretch"
        )
        st.button("Got it", key="read_card", on_click=st.session_state.pop, args=(_TRAINED,))


def _offer_download(info: DatasetInfo) -> None:
    with st.container(border=True):
        st.subheader(f"{literal(info.title)} is not on this machine", icon=":material/cloud_download:")
        st.write(problem_text(info.reason))
        if info.downloadable and st.button(f"Download {info.size_mb:.0f} MB"):
            bar = st.progress(0.0, text="Connecting …")

            def report(done: float, text: str) -> None:
                bar.progress(done, text=literal(text))

            try:
                load_dataset(info.name, root=load_settings().xai_data_dir, download=True, progress=report)
            except XaiError as error:
                bar.empty()
                st.error(problem_text(error), icon=":material/error:")
            else:
                st.rerun()
        st.caption("The other data sets in the sidebar work without it.")


def _offer_training(info: DatasetInfo) -> None:
    """No classifier fits: have one trained here and now."""
    try:
        data = cache.LIBRARY.dataset(info.name)
    except XaiError as error:
        stop(error)
    with st.container(border=True, key="offer_training"):
        st.subheader(f"No classifier knows {literal(info.title)} yet", icon=":material/model_training:")
        job = asked_training(cache.jobs(), data)
        if job is None:
            st.markdown(_words(data))
            st.button("Train a classifier", type="primary", on_click=_train, args=(data,))
        elif ready(job, "Training"):
            cache.jobs().forget(job)  # what it made is found by name from now on
            st.rerun()
        if data.notes:
            st.caption("\n".join(f"- {problem_text(note)}" for note in data.notes))


def _words(data: ImageDataset) -> str:
    seconds = seconds_of_training(data)
    duration = "less than a minute" if seconds < 45 else f"about {round(seconds / 60 + 0.5)} minutes"
    return (
        f"There are {len(data.x_train):,} images of {len(data.class_names)} classes to learn from. A classifier can be "
        f"trained on them here and now, which takes {duration}; then its answers are explained as any other's."
    )


def _train(data: ImageDataset) -> None:
    settings = load_settings()
    st.session_state[_TRAINED] = data.name
    training(cache.jobs(), data, settings.xai_data_dir, settings.xai_precision)
