"""The science of XAI Feedback Studio, usable from a notebook: data, classifiers, explanations, ranking.

The names below are loaded on first use, so that ``import xai_core`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_core.classifiers import load_classifier
    from xai_core.datasets import load_dataset
    from xai_core.lime.engine import explain
    from xai_core.ranked import ranked_explanations
    from xai_core.segmenters import SEGMENTERS

__all__ = ["SEGMENTERS", "explain", "load_classifier", "load_dataset", "ranked_explanations"]

_HOMES = {
    "SEGMENTERS": "xai_core.segmenters",
    "explain": "xai_core.lime.engine",
    "load_classifier": "xai_core.classifiers",
    "load_dataset": "xai_core.datasets",
    "ranked_explanations": "xai_core.ranked",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the module's attributes have no common type
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
