"""The names of the thousand ImageNet classes."""

from __future__ import annotations

import json
from importlib import resources


def imagenet_labels() -> tuple[str, ...]:
    """Short names, all different, in the order of the ILSVRC 2012 class indices 0..999."""
    text = (resources.files("xai_core.datasets") / "imagenet_labels.json").read_text(encoding="utf-8")
    return tuple(json.loads(text))
