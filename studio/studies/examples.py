"""Examples as what a study shows: training images that speak for the model's answer, instead of a map of the image."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from db.records import Kind

COUNT = 4
"""Training images of an arm."""

EXAMPLE_ARMS: Mapping[str, Kind] = MappingProxyType(
    {"near-hits": "near-hits", "near-misses": "near-misses", "prototypes": "prototypes"}
)
"""Arms of examples with the kind of explanation that they are stored as."""

SETTINGS = {"space": "model", "distance": "cosine", "labels": "truth", "count": COUNT}
"""How they are picked: as the page of examples does unless told otherwise."""
