"""Rows of training images with what they are and how far away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from studio.distances import distance_text, times_as_far
from studio.gallery import Gallery, Source
from studio.words import literal
from ui.examples import searches
from ui.waiting import ready
from xai_core import overlay
from xai_core.case import Case
from xai_core.examples.index import Neighbours

SMALLEST = 112  # pixels of a picture's shorter side
MONTAGE = 4  # images of a class in the strip of the rating page
GAP = 2  # transparent pixels between them


def pictures(shown: Iterable[tuple[NDArray[np.uint8], str, str]]) -> None:
    """Images uint8 ``[H, W, C]`` in a row that wraps, each with its caption and its alternative text."""
    with st.grid("auto", min_column_width=64, gap="xsmall"):
        for image, caption, alternative in shown:
            png = overlay.to_png(overlay.picture(image), SMALLEST)
            st.image(png, caption=caption, alt=alternative, width="stretch")


def strip(gallery: Gallery, neighbours: Neighbours, role: str, nearest: float | None = None) -> None:
    """Draw neighbours from near to far, each with its class and its distance compared with ``nearest``.

    ``nearest`` is by default the distance of the first; ``role`` says in words what they are.
    """
    if len(neighbours.indices) == 0:
        st.caption("There is none.")
        return
    nearest = float(neighbours.distances[0]) if nearest is None else nearest
    rows = []
    for position, label, apart in zip(neighbours.indices, neighbours.labels, neighbours.distances, strict=True):
        name, away = gallery.data.class_names[label], times_as_far(apart, nearest)
        alternative = f"{role}: {name}, training image {gallery.features.rows[position]}, {away}"
        rows.append((gallery.image(position), f":small[{literal(name)}]  \n:small[{away}]", alternative))
    pictures(rows)
    for note in neighbours.notes:
        st.caption(literal(note))


def in_numbers(gallery: Gallery, groups: Mapping[str, Neighbours]) -> None:
    """The distances behind the words, for those who work with them."""
    rows = [
        {
            "is a": role,
            "class": gallery.data.class_names[label],
            "training image": int(gallery.features.rows[position]),
            f"{neighbours.distance} distance": distance_text(apart),
        }
        for role, neighbours in groups.items()
        for position, label, apart in zip(neighbours.indices, neighbours.labels, neighbours.distances, strict=True)
    ]
    st.dataframe(rows, hide_index=True)


def example_strip(case: Case) -> None:
    """The training images nearest to the image, of its predicted class and of the runner-up, in the model's eyes.

    Starts building the gallery if nobody has, and draws its progress meanwhile. Nothing where there is none.
    """
    if not searches.has_examples(case):
        return
    st.page_link("pages/because.py", label="This looks like that", icon=":material/join_inner:")
    job = searches.gallery(Source(case.dataset, case.classifier))
    if not ready(job, "Looking for similar training images"):
        return
    nearest: float | None = None
    with st.grid(2, min_column_width=150, gap="small"):
        for label in case.top[:2]:
            found = searches.nearest_of(job.result, case, int(label), MONTAGE)
            if len(found.indices) == 0:
                continue
            name = case.class_names[label]
            away = "" if nearest is None else f", {times_as_far(found.distances[0], nearest)}"
            nearest = nearest or float(found.distances[0])
            st.image(
                _montage_of(job.result, case, int(label)),
                caption=f"the most similar **{literal(name)}**{away}",
                alt=f"The {len(found.indices)} training images of {name} that the classifier finds most alike{away}",
                width="stretch",
            )


@st.cache_data(show_spinner=False, max_entries=256, hash_funcs=searches.KEYS)
def _montage_of(gallery: Gallery, case: Case, label: int) -> bytes:
    return montage([gallery.image(position) for position in searches.nearest_of(gallery, case, label, MONTAGE).indices])


def montage(images: Sequence[NDArray[np.uint8]]) -> bytes:
    """Images uint8 ``[H, W, C]`` of one size side by side as PNG, enlarged, with see-through gaps."""
    pieces: list[NDArray[np.uint8]] = []
    for image in images:
        shown = overlay.picture(image)
        opaque = np.full((*shown.shape[:2], 1), 255, np.uint8)
        pieces += [np.concatenate([shown, opaque], axis=2), np.zeros((shown.shape[0], GAP, 4), np.uint8)]
    return overlay.to_png(np.concatenate(pieces[:-1], axis=1), SMALLEST)
