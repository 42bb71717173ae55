"""Spaces, distances and labels of examples in words, and the controls that choose among them."""

from __future__ import annotations

import streamlit as st

from studio.gallery import Criteria

SPACES = {
    "model": "the classifier itself",
    "imagenet": "a network that knows photographs",
    "pixels": "a comparison pixel by pixel",
}
DISTANCES = {
    "cosine": "angle (cosine)",
    "euclidean": "straight line (Euclidean)",
    "manhattan": "sum of differences (Manhattan)",
    "ssim": "structure of the picture (SSIM)",
}
LABELS = {"truth": "what they truly are", "model": "what the classifier calls them"}


def space_control() -> str:
    """Let the person choose the feature space; the choice holds across pages."""
    return st.selectbox(
        "Alike in the eyes of",
        list(SPACES),
        format_func=SPACES.__getitem__,
        key="examples_space",
        persist_state="session",
        help="The classifier itself: by what its last layer but one sees. A network that knows photographs: by "
        "what a network trained on 1,000 kinds of things sees, which knows nothing of this classifier. "
        "Pixel by pixel: by brightness and colour alone.",
    )


def criteria_controls() -> Criteria:
    """Let the person choose how examples are picked; the choice holds across pages."""
    with st.grid(3, min_column_width=150, gap="small"):
        space = space_control()
        distance = st.selectbox(
            "Distance measured as",
            list(DISTANCES),
            format_func=DISTANCES.__getitem__,
            key="examples_distance",
            persist_state="session",
            help="Angle: do the same features stand out? Straight line and sum of differences: how far apart are "
            "all features? Structure: do the pictures' edges and shades coincide, whatever the features?",
        )
        labels = st.selectbox(
            "Sorted into classes by",
            list(LABELS),
            format_func=LABELS.__getitem__,
            key="examples_labels",
            persist_state="session",
            help="The classifier's own labels show where *its* boundary runs, mistakes included.",
        )
    return Criteria(space, distance, labels)
