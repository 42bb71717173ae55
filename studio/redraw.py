"""Computing an explanation again from its impression alone, and comparing it with what was shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.records import RANKED_KINDS, Impression
from xai_core.case import Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset
from xai_core.errors import DatasetUnavailable, InvalidInput
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.precompute import prepare_case

"""Kinds of explanations that an impression tells how to compute."""

CLOSE = 1e-3
"""Figures that differ by less, absolutely or relatively, are the same: processors round differently."""


@dataclass(frozen=True)
class Compared:
    """One figure as it was shown and as it comes out now."""

    name: str
    shown: Any
    now: Any

    @property
    def same(self) -> bool:
        """Whether they agree; numbers within ``CLOSE``."""
        if isinstance(self.shown, float) and isinstance(self.now, int | float):
            return math.isclose(self.shown, self.now, rel_tol=CLOSE, abs_tol=CLOSE)
        return bool(self.shown == self.now)


def redraw(shown: Impression, data: ImageDataset, model: Classifier) -> Case:
    """The image of an impression, explained with the settings and the seed that it names.

    Raises ``InvalidInput`` for examples, which are found and not computed, and for an arm that is no longer there;
    ``DatasetUnavailable`` where the data set has no such image; and as ``prepare_case``.
    """
    if shown.kind not in RANKED_KINDS:
        raise InvalidInput(f"{shown.impression_id} shows {shown.kind}, which are looked up and not drawn.")
    if shown.image_index >= len(data.x_test if shown.split == "test" else data.x_train):
        raise DatasetUnavailable(f"{data.title} no longer has an image number {shown.image_index}.")
    case = prepare_case(
        data,
        model,
        shown.image_index,
        split=shown.split,
        samples=shown.settings.get("samples") or shown.settings.get("evaluations"),
        fill=_fill(shown.settings, data, model),
        seed=shown.seed,
    )
    if shown.arm not in case.explanations:
        raise InvalidInput(f"This version of the program does not explain such an image by {shown.arm}.")
    return case


def compared(shown: Impression, case: Case) -> list[Compared]:
    """Everything that the impression says of image, prediction and explanation, beside what comes out now."""
    explanation, faithfulness = case.explanations[shown.arm], case.faithfulness.get(shown.arm)
    settings = explanation.settings.as_dict() | {"samples_used": explanation.samples}
    plain: dict[str, Any] = {
        "image_id": case.image_id,
        "classifier_version": case.classifier_version,
        "precision": case.precision,
        "prediction": case.prediction,
        "confidence": case.confidence,
        "margin": case.margin,
    }
    return [
        *(Compared(name, getattr(shown, name), now) for name, now in plain.items()),
        *_each("settings", shown.settings, settings),
        *_each("features", shown.features, case.features[shown.arm]),
        *_each("quality", shown.quality or {}, faithfulness.as_dict() if faithfulness else {}),
    ]


def _each(group: str, shown: Mapping[str, Any], now: Mapping[str, Any]) -> list[Compared]:
    return [Compared(f"{group}.{name}", value, now.get(name)) for name, value in sorted(shown.items())]


def _fill(settings: Mapping[str, Any], data: ImageDataset, model: Classifier) -> FillChoice:
    usual = usual_choice(data.name, model)
    fill, constant = settings.get("fill", usual.fill), settings.get("constant", usual.constant)
    return FillChoice(
        data.name, model.name, model.version, fill, constant, settings.get("second_fill") or usual.second_fill
    )
