"""What would have to change: the image beside a near miss, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from ui.example_strips import distance_text
from ui.gallery import KEYS, Gallery
from xai_core import overlay
from xai_core.examples.difference import Difference, pixel_difference, relevance_difference
from xai_core.examples.neighbours import NearExamples
from xai_core.lime.engine import explain
from xai_core.precompute import Case

SHARED_ARM = "grid-7"  # both images are cut in the same places, whatever they show
SAMPLES = 128
CLEAR = 0.25  # share of full scale from which a pixel counts as changed


@dataclass(frozen=True, eq=False)
class Comparison:
    """The three pictures with their captions, and the finding in a sentence."""

    difference: Difference
    captions: tuple[str, str, str]
    sentence: str


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=KEYS)
def compare(found: Gallery, case: Case, position: int) -> Comparison:
    """The case beside the training image at a position of the gallery."""
    example = found.image(position)
    name = case.class_names[case.prediction]
    other = found.data.class_names[found.index.labels[position]]
    if case.image.shape[2] == 1:
        return _of_pixels(pixel_difference(case.image, example), other)
    ours = case.explanations[SHARED_ARM]
    theirs = explain(
        example,
        found.model,
        segments=ours.segments,
        classes=[case.prediction],
        samples=SAMPLES,
        masks="hadamard",
        estimator="kriging",
    )[0]
    difference = relevance_difference(case.image, example, ours.relevance(0), theirs.relevance(0))
    return Comparison(
        difference,
        (
            f"this image: what speaks for (red) and against (blue) {name}",
            f"near miss: {other}, likewise",
            "the difference",
        ),
        f"Red squares speak more for {name} in the near miss than in this image, blue squares less: "
        f"the blue ones are what it lacks for the model to call it {name}.",
    )


def _of_pixels(difference: Difference, other: str) -> Comparison:
    lighter, darker = (float(np.mean(sign * difference.change > CLEAR)) for sign in (1, -1))
    return Comparison(
        difference,
        ("this image", f"near miss: {other}", "red: lighter there, blue: darker"),
        f"To turn into that image of {other}, {lighter:.0%} of the pixels would have to be clearly lighter (red) and "
        f"{darker:.0%} clearly darker (blue).",
    )


def show_differences(found: Gallery, case: Case, near: NearExamples) -> None:
    """Let the person choose a near miss, the nearest of each class, and draw the comparison of the case with it."""
    labels, first = np.unique(near.misses_by_class.labels, return_index=True)
    misses, which = (near.misses_by_class, np.sort(first)) if len(labels) > 1 else (near.misses, slice(None))
    titles = {
        int(position): f"{found.data.class_names[label]} · {distance_text(apart)}"
        for position, label, apart in zip(
            misses.indices[which], misses.labels[which], misses.distances[which], strict=True
        )
    }
    if not titles:
        return
    chosen = st.pills(
        "Compare with", list(titles), format_func=titles.__getitem__, default=next(iter(titles)), required=True
    )
    result = compare(found, case, chosen)
    pictures = (result.difference.query, result.difference.example, result.difference.picture)
    with st.grid(3, min_column_width=84, gap="xsmall"):
        for picture, caption in zip(pictures, result.captions, strict=True):
            st.image(overlay.to_png(picture), caption=caption, alt=f"Comparison, {caption}", width="stretch")
    st.markdown(result.sentence)
