"""What would have to change: the image beside a near miss, and where they differ."""

from __future__ import annotations

import numpy as np
import streamlit as st

from studio.differences import in_words
from studio.distances import times_as_far
from studio.gallery import Gallery
from studio.view import colour_names
from studio.words import literal
from ui.examples.searches import KEYS
from ui.rate.panels import chosen_palette
from xai_core import overlay
from xai_core.case import Case
from xai_core.colours import PaletteName
from xai_core.examples.difference import Difference, compare
from xai_core.examples.index import NearExamples


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def _compared(gallery: Gallery, case: Case, position: int, palette: PaletteName) -> Difference:
    return compare(case, gallery.image(position), gallery.model, palette)


def show_differences(gallery: Gallery, case: Case, near: NearExamples) -> None:
    """Let the person choose a near miss, the nearest of each class, and draw the comparison of the case with it."""
    labels, first = np.unique(near.misses_by_class.labels, return_index=True)
    misses, which = (near.misses_by_class, np.sort(first)) if len(labels) > 1 else (near.misses, slice(None))
    titles = {
        int(position): f"{literal(gallery.data.class_names[label])} · {times_as_far(apart, near.nearest or 0.0)}"
        for position, label, apart in zip(
            misses.indices[which], misses.labels[which], misses.distances[which], strict=True
        )
    }
    if not titles:
        return
    chosen = st.pills(
        "Compare with", list(titles), format_func=titles.__getitem__, default=next(iter(titles)), required=True
    )
    palette = chosen_palette()
    difference = _compared(gallery, case, chosen, palette)
    other = gallery.data.class_names[gallery.index.labels[chosen]]
    captions, sentence = in_words(difference, case, other, colour_names(palette))
    with st.grid(3, min_column_width=84, gap="xsmall"):
        for picture, caption in zip((difference.query, difference.example, difference.picture), captions, strict=True):
            st.image(overlay.to_png(picture), caption=literal(caption), alt=f"Comparison, {caption}", width="stretch")
    st.markdown(literal(sentence))
