"""One drawn digit and a good reason for what the model calls it: what newcomers are shown first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.next_case import Library
from xai_core.datasets import as_float
from xai_core.explanation import Explanation
from xai_core.lime.engine import explain
from xai_core.lime.settings import LimeSettings

DATASET, ARM, DIGIT = "mnist", "slic-compact", 7
FIRST = 500  # test images among which the digit is looked for


@dataclass(frozen=True, eq=False)
class WorkedExample:
    """``image`` uint8 ``[H, W, 1]`` is what the model calls it, with ``explanation`` for that."""

    image: NDArray[np.uint8]
    explanation: Explanation
    class_names: tuple[str, ...]


def worked_example(library: Library) -> WorkedExample:
    """The seven among the first test images that the model is surest of. Fails as loading fails."""
    data = library.dataset(DATASET)
    model = library.classifier(None, data)
    sevens = data.x_test[:FIRST][data.y_test[:FIRST] == DIGIT]
    image = sevens[int(model.predict_proba(as_float(sevens))[:, DIGIT].argmax())]
    settings = LimeSettings(256, masks="hadamard", estimator="kriging", fill="constant")  # black: what no pen touched
    return WorkedExample(image, explain(image, model, [ARM], settings=settings, classes=2)[0], data.class_names)
