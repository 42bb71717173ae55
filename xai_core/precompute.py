"""Everything a page shows of one image, computed at once: prediction, explanations of all arms, their features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import SMALL_IMAGE, compatible_arms
from xai_core.case import UPLOAD, Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import UNKNOWN_LABEL, ImageDataset, as_float, image_id
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.lime.settings import LimeSettings
from xai_core.quality.faithfulness import faithfulness_of
from xai_core.ranking.features import all_features


def affordable_samples(data: ImageDataset) -> int:
    """Samples an arm that keep an image of ``data`` within a few seconds on two cores."""
    height, width = data.image_shape[:2]
    return 256 if height * width <= SMALL_IMAGE else 128


def prepare_case(
    data: ImageDataset,
    classifier: Classifier,
    index: int,
    *,
    split: str = "test",
    arms: Sequence[str] | None = None,
    fill: FillChoice | None = None,
    samples: int | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Case:
    """Explain image ``index`` of ``data`` under every arm and add the fused map of all of them.

    The two most probable classes are explained. ``arms`` are by default all that fit, ``samples`` as many for each as
    ``affordable_samples`` says, ``fill`` what was chosen for data set and classifier. Raises what ``explain`` raises.
    """
    image = (data.x_test if split == "test" else data.x_train)[index]
    truth = (data.y_test if split == "test" else data.y_train)[index]
    explained = explain(
        image,
        classifier,
        compatible_arms(data, classifier) if arms is None else arms,
        settings=(fill or usual_choice(data.name, classifier)).applied_to(
            LimeSettings(samples or affordable_samples(data), masks="hadamard", estimator="kriging")
        ),
        classes=2,
        seed=seed,
        cancelled=cancelled,
    )
    explained.append(fused_explanation(explained))
    pixels = as_float(image)
    judged = faithfulness_of(explained, pixels, classifier, cancelled=cancelled)
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
        explanations={explanation.arm: explanation for explanation in explained},
        faithfulness={e.arm: found for e, found in zip(explained, judged, strict=True)},
        features=dict(zip((e.arm for e in explained), all_features(explained, pixels), strict=True)),
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
