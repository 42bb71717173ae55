"""Examples as what a study shows: training images that speak for the model's answer, instead of a map of the image."""

from __future__ import annotations

COUNT = 4
"""Training images of an arm."""

EXAMPLE_ARMS = ("near-hits", "near-misses", "prototypes")
"""Arms of examples, each named after the kind that it is stored as."""

SETTINGS = {"space": "model", "distance": "cosine", "labels": "truth", "count": COUNT}
"""How they are picked: as the page of examples does unless told otherwise."""
