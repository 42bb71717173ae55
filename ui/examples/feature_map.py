"""The map of a class with a small picture of every image on it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from studio.gallery import Gallery
from ui.examples.searches import KEYS
from xai_core import overlay
from xai_core.examples.feature_map import Role, feature_map
from xai_core.examples.summary import ClassSummary

THUMBNAIL = 96  # pixels of the picture that appears under the pointer


@dataclass(frozen=True)
class Dot:
    """A point of the map as the chart takes it; ``image`` is a data URI."""

    x: float
    y: float
    role: Role
    rank: int
    name: str
    image: str


@st.cache_resource(show_spinner="Drawing the map …", max_entries=32, hash_funcs=KEYS)
def class_map(gallery: Gallery, summary: ClassSummary) -> list[Dot]:
    """A sample of the class and of all others, prototypes and criticisms among them."""
    labels = gallery.data.y_train[gallery.features.rows]
    points = feature_map(gallery.features.vectors, labels, gallery.features.rows, summary)
    names = gallery.data.class_names
    return [
        Dot(p.x, p.y, p.role, p.rank, names[labels[p.position]], data_uri(gallery.image(p.position))) for p in points
    ]


def data_uri(image: NDArray[np.uint8]) -> str:
    """A small picture of an image uint8 ``[H, W, C]`` that can stand inside a chart."""
    small = Image.fromarray(overlay.picture(image))
    crisp = min(small.size) < THUMBNAIL
    small = small.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.NEAREST if crisp else Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, format="WEBP", quality=60)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
