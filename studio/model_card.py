"""What a model card says of a classifier, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def told_card(entries: Mapping[str, Any] | None) -> list[str]:
    """How often the classifier is right, on what, and what it was made from; empty where nothing is recorded.

    ``entries`` are those of its card, as ``xai_core.classifiers.transfer_training`` or ``training`` write them.
    """
    if not entries:
        return []
    tests = [
        f"Right on {100 * test['accuracy']:.4g} % of {test['images']:,} test images ({name})."
        for name, test in entries.get("test", {}).items()
    ]
    return [*_cross_validated(entries), *tests, *_origin(entries)]


def _cross_validated(entries: Mapping[str, Any]) -> list[str]:
    if "cross_validation" not in entries:
        return []
    images = entries["images"]
    total, most = sum(images.values()), max(images.values())
    found = entries["cross_validation"]
    if found["accuracy"] is None:
        return ["How often it is right is not known: a class has a single image, and one cannot be learned and tried."]
    return [
        f"Right on {100 * found['accuracy']:.0f} % of images that it had not learned from (cross-validation in "
        f"{found['folds']} parts, {total:,} images of {len(images)} classes; naming always the largest class would be "
        f"right on {100 * most / total:.0f} %)."
    ]


def _origin(entries: Mapping[str, Any]) -> list[str]:
    base, date = entries.get("base"), entries.get("date")
    if base:
        return [f"Trained on {date}: logistic regression on what {base} sees."]
    return [f"Trained on {date}."] if date else []
