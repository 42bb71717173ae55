"""Everything a page shows of one image, computed at once: prediction, explanations of all arms, their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets import UNKNOWN_LABEL, ImageDataset, as_float, image_id
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.lime.explanation import Explanation, MaskDesign
from xai_core.ranking.features import all_features
from xai_core.segmenters import SEGMENTERS

UPLOAD = "upload"


@dataclass(frozen=True, eq=False)
class Case:
    """One image with all its explanations.

    ``image`` uint8 ``[H, W, C]``, ``probabilities`` float32 ``[classes]``, ``embedding`` float32 ``[D]``;
    ``explanations`` and ``features`` are keyed by arm and end with the fused map.
    """

    dataset: str
    split: str
    index: int
    image: NDArray[np.uint8]
    image_id: str
    truth: int
    class_names: tuple[str, ...]
    classifier: str
    classifier_version: str
    precision: str
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]
    explanations: Mapping[str, Explanation]
    features: Mapping[str, Mapping[str, float]]

    @property
    def top(self) -> NDArray[np.intp]:
        """Classes by falling probability."""
        return np.argsort(-self.probabilities, kind="stable")

    @property
    def prediction(self) -> int:
        """The most probable class."""
        return int(self.top[0])

    @property
    def confidence(self) -> float:
        """Probability of the predicted class."""
        return float(self.probabilities[self.prediction])

    @property
    def margin(self) -> float:
        """Probability of the predicted class minus that of the runner-up."""
        return float(self.probabilities[self.top[0]] - self.probabilities[self.top[1]])


def prepare_case(
    data: ImageDataset,
    classifier: Classifier,
    index: int,
    *,
    split: str = "test",
    arms: Sequence[str] = tuple(SEGMENTERS),
    samples: int = 500,
    masks: MaskDesign = "hadamard",
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Case:
    """Explain image ``index`` of ``data`` under every arm and add the fused map of all of them.

    The two most probable classes are explained. Raises what ``explain`` raises.
    """
    image = (data.x_test if split == "test" else data.x_train)[index]
    truth = (data.y_test if split == "test" else data.y_train)[index]
    explained = explain(
        image,
        classifier,
        arms,
        classes=2,
        samples=samples,
        masks=masks,
        estimator="kriging",
        seed=seed,
        cancelled=cancelled,
    )
    explained.append(fused_explanation(explained))
    pixels = as_float(image)
    return Case(
        dataset=data.name,
        split=split,
        index=index,
        image=image,
        image_id=image_id(image),
        truth=int(truth),
        class_names=data.class_names,
        classifier=classifier.name,
        classifier_version=classifier.version,
        precision=classifier.precision,
        probabilities=explained[0].probabilities,
        embedding=classifier.embed(pixels[None])[0],
        explanations={explanation.segmenter: explanation for explanation in explained},
        features=dict(zip((e.segmenter for e in explained), all_features(explained, pixels), strict=True)),
    )


def with_upload(data: ImageDataset, image: NDArray[np.uint8]) -> ImageDataset:
    """A data set of the one ``image`` that a person brought, uint8 ``[H, W, C]``, with the classes of ``data``."""
    return replace(
        data,
        name=UPLOAD,
        title="Your image",
        x_test=image[None],
        y_test=np.array([UNKNOWN_LABEL]),
        masks_test=None,
    )
