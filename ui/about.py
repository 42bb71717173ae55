"""About the images and the classifier that were chosen: where they come from, what was left out, how good it is."""

from __future__ import annotations

import streamlit as st

from studio.model_card import told_card
from studio.words import literal
from ui import cache
from ui.problems import problem_text


def about(dataset: str, classifier: str) -> None:
    """A fold-out below the choice."""
    data = cache.LIBRARY.dataset(dataset)
    with st.popover("About images and classifier", icon=":material/info:", width="stretch"):
        shape = " × ".join(map(str, data.image_shape[:2]))
        st.markdown(
            f"**{literal(data.title)}**: {len(data.x_train):,} images to learn from and {len(data.x_test):,} to "
            f"explain, {shape} pixels, {len(data.class_names)} classes."
        )
        st.caption(literal(f"From {data.source}. Licence: {data.licence}. {data.citation}"))
        if data.notes:
            st.markdown("\n".join(f"- {problem_text(note)}" for note in data.notes))
        card = told_card(cache.card_of(classifier)) or ["Nothing is recorded about how often it is right."]
        st.markdown(f"**{literal(classifier)}**: {literal(' '.join(card))}")
