"""Everything a page shows of one image, computed at once: prediction, explanations of all arms, their features."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, as_float, image_id
from xai_core.fusion import FUSED, fused_explanation
from xai_core.lime import Explanation, explain
from xai_core.ranking.features import features
from xai_core.segmenters import SEGMENTERS


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
    masks: str = "hadamard",
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Case:
    """Explain image ``index`` of ``data`` under every arm and add the fused map of all of them.

    The two most probable classes are explained. Raises what ``explain`` raises.
    """
    image = (data.x_test if split == "test" else data.x_train)[index]
    truth = (data.y_test if split == "test" else data.y_train)[index]
    explanations = {
        explanation.segmenter: explanation
        for explanation in explain(
            image, classifier, list(arms), classes=2, samples=samples, masks=masks, seed=seed, cancelled=cancelled
        )
    }
    explanations[FUSED] = fused_explanation(list(explanations.values()))
    pixels = as_float(image)
    probabilities = explanations[FUSED].probabilities
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
        probabilities=probabilities,
        embedding=classifier.embed(pixels[None])[0],
        explanations=explanations,
        features={arm: features(e, pixels, probabilities) for arm, e in explanations.items()},
    )


def prepare_cases(
    data: ImageDataset,
    classifier: Classifier,
    indices: Sequence[int],
    *,
    progress: Callable[[float], None] | None = None,
    **settings: object,
) -> Iterator[Case]:
    """Cases of many images in order, one at a time; ``settings`` as in ``prepare_case``."""
    for done, index in enumerate(indices, start=1):
        yield prepare_case(data, classifier, index, **settings)  # type: ignore[arg-type]
        if progress is not None:
            progress(done / len(indices))
