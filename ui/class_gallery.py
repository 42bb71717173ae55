"""What is typical of a class and what is not: computed in the background, kept, drawn as pictures and charts."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ui import cache
from ui.gallery import KEYS, Gallery
from ui.jobs import Job
from ui.settings import load_settings
from xai_core import overlay
from xai_core.examples import ExampleIndex, nearest
from xai_core.examples.neighbours import Neighbours, Query
from xai_core.examples.summary import ClassSummary, class_summaries, plane
from xai_core.examples.tuning import WidthSearch, search_gamma

Role = Literal["other class", "this class", "criticism", "prototype"]
MAP_OWN, MAP_OTHERS = 300, 300  # images of the class, and of all others, on the map
THUMBNAIL = 96  # pixels of the picture that appears under the pointer


@dataclass(frozen=True)
class Dot:
    """An image on the map. ``rank`` counts prototypes and criticisms from 1 and is 0 for all others."""

    x: float
    y: float
    role: Role
    rank: int
    name: str
    image: str


def summaries(found: Gallery) -> Job[dict[int, ClassSummary]]:
    """Prototypes and criticisms of every class by ground truth, from disk or chosen in the background."""
    root = load_settings().xai_data_dir
    return cache.jobs().ask(
        ("prototypes", found.source.dataset, found.source.classifier, found.source.space),
        lambda progress: class_summaries(found.data, found.features, root=root, progress=progress),
    )


def width_search(found: Gallery) -> Job[WidthSearch]:
    """The grid search for the kernel width, in the background."""
    labels = found.data.y_train[found.features.rows]
    return cache.jobs().ask(
        ("width", found.source.dataset, found.source.classifier, found.source.space),
        lambda progress: search_gamma(
            found.features.vectors, labels, scale=found.features.space.points, progress=progress
        ),
    )


def positions(found: Gallery, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where training images lie in the gallery."""
    return np.asarray(np.searchsorted(found.features.rows, rows), dtype=np.int64)


def as_neighbours(found: Gallery, query: Query, rows: NDArray[np.int64], distance: str) -> Neighbours:
    """The given training images from near to far, with their distances from ``query``."""
    where = positions(found, rows)
    some = ExampleIndex(found.features.vectors[where], found.index.images[where], found.data.y_train[rows])
    near = nearest(query, some, len(where), distance)
    return Neighbours(where[near.indices], near.distances, near.labels, distance)


@st.cache_resource(
    show_spinner="Drawing the map …", max_entries=32, hash_funcs=KEYS | {ClassSummary: lambda summary: summary.label}
)
def class_map(found: Gallery, summary: ClassSummary) -> list[Dot]:
    """A sample of the class and of all others on the two main axes of the feature space, prototypes among them."""
    labels = found.data.y_train[found.features.rows]
    rng = np.random.default_rng(0)
    own, others = np.flatnonzero(labels == summary.label), np.flatnonzero(labels != summary.label)
    marks: dict[int, tuple[Role, int]] = {}
    marks |= dict.fromkeys(rng.permutation(others)[:MAP_OTHERS].tolist(), ("other class", 0))
    marks |= dict.fromkeys(rng.permutation(own)[:MAP_OWN].tolist(), ("this class", 0))
    for role, rows in (("criticism", summary.criticisms), ("prototype", summary.prototypes)):
        marks |= {place: (role, rank) for rank, place in enumerate(positions(found, rows).tolist(), start=1)}
    places = plane(found.features.vectors[np.array(list(marks))])
    return [
        Dot(float(x), float(y), role, rank, found.data.class_names[labels[place]], data_uri(found.image(place)))
        for (x, y), (place, (role, rank)) in zip(places, marks.items(), strict=True)
    ]


def data_uri(image: NDArray[np.uint8]) -> str:
    """A small picture of an image uint8 ``[H, W, C]`` that can stand inside a chart."""
    small = Image.fromarray(overlay.picture(image))
    crisp = min(small.size) < THUMBNAIL
    small = small.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.NEAREST if crisp else Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, format="WEBP", quality=60)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
