"""What would have to change: the image beside a near miss, and where they differ."""

from __future__ import annotations

import numpy as np
import streamlit as st

from studio.gallery import Gallery
from studio.words import literal
from ui.examples.searches import KEYS
from ui.examples.strips import times_as_far
from ui.rate.panels import PALETTES, chosen_palette
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
    captions, sentence = _words(difference, case, gallery.data.class_names[gallery.index.labels[chosen]], palette)
    with st.grid(3, min_column_width=84, gap="xsmall"):
        for picture, caption in zip((difference.query, difference.example, difference.picture), captions, strict=True):
            st.image(overlay.to_png(picture), caption=literal(caption), alt=f"Comparison, {caption}", width="stretch")
    st.markdown(literal(sentence))


def _words(difference: Difference, case: Case, other: str, palette: PaletteName) -> tuple[tuple[str, str, str], str]:
    """Captions of the three pictures, and the finding."""
    if case.image.shape[2] == 1:
        return (
            ("this image", f"near miss: {other}", "gold: lighter there, purple: darker"),
            f"To turn into that image of {other}, {difference.clearly_more:.0%} of the pixels would have to be clearly "
            f"lighter (gold) and {difference.clearly_less:.0%} clearly darker (purple).",
        )
    name = case.class_names[case.prediction]
    supports, opposes = PALETTES[palette].lower().split(" / ")
    return (
        (
            f"this image: what speaks for ({supports}) and against ({opposes}) {name}",
            f"near miss: {other}, likewise",
            "the difference",
        ),
        f"{supports.capitalize()} squares speak more for {name} in the near miss than in this image, {opposes} squares "
        f"less: the {opposes} ones are what it lacks for the model to call it {name}.",
    )
