"""Everything a page shows of one image, computed at once: prediction, explanations of all arms, their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import SMALL_IMAGE, arms_for, compatible_arms
from xai_core.attribution.methods import ATTRIBUTIONS
from xai_core.attribution.settings import AttributionSettings
from xai_core.case import UPLOAD, Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import UNKNOWN_LABEL, ImageDataset, as_float, image_id
from xai_core.explanation import Explanation
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.lime.settings import LimeSettings
from xai_core.quality.faithfulness import WEAK, Faithfulness, faithfulness_of
from xai_core.ranking.features import all_features, embed_marked


@dataclass(frozen=True, eq=False)
class Explained:
    """All explanations of one image, the fused one last, with their faithfulness and their features in one order.

    ``embedding`` float32 ``[D]`` is the whole image's.
    """

    explanations: tuple[Explanation, ...]
    faithfulness: tuple[Faithfulness, ...]
    features: tuple[Mapping[str, float], ...]
    embedding: NDArray[np.float32]


def affordable_samples(size: tuple[int, ...]) -> int:
    """Samples for each arm that keep an image within a few seconds on two cores.

    Parameters
    ----------
    size : tuple of int
        Height and width of the image.

    Returns
    -------
    int
        How many masks to draw for each segmentation.
    """
    return 256 if size[0] * size[1] <= SMALL_IMAGE else 128


def explain_image(
    image: NDArray[np.uint8],
    pixels: NDArray[np.float32],
    classifier: Classifier,
    *,
    dataset: str,
    arms: Sequence[str] | None = None,
    fill: FillChoice | None = None,
    samples: int | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Explained:
    """Explain an image for its two most probable classes under every arm, and under all of them combined.

    Where the classifier is so certain that no piece and no pair of pieces moves the probability, LIME explains its
    log-odds.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        The image as it is stored.
    pixels : float32 array [H, W, C], 0..1
        The same image as the classifier takes it.
    classifier : Classifier
        The classifier to explain.
    dataset : str
        Name of the set that the image comes from, which decides the fill where none is given.
    arms : sequence of str, optional
        Names of LIME's arms; by default all that images of this size can afford.
    fill : FillChoice, optional
        What stands in for hidden pieces; by default what is usual for ``dataset`` and classifier.
    samples : int, optional
        Masks for each arm; by default ``affordable_samples``.
    seed : int, default 0
        Seed of the masks.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Explained
        Explanations, the fused one last, with their faithfulness and their features.

    Raises
    ------
    InvalidInput
        As ``explain`` raises it.
    InvalidAnswer
        As ``explain`` raises it.
    Cancelled
        Once ``cancelled()`` is true.
    """
    samples = samples or affordable_samples(pixels.shape)
    chosen = fill or usual_choice(dataset, classifier)
    asked = arms_for(pixels.shape) if arms is None else arms
    by_lime = [arm for arm in asked if arm not in ATTRIBUTIONS]
    settings = chosen.applied_to(LimeSettings(samples, masks="hadamard", estimator="kriging"))
    found = explain(image, classifier, by_lime, settings=settings, classes=2, seed=seed, cancelled=cancelled)
    if found and _saturated(found):
        settings = replace(settings, scale="log-odds")
        found = explain(image, classifier, by_lime, settings=settings, classes=2, seed=seed, cancelled=cancelled)
    fused = [fused_explanation(found)] if found else []
    told = AttributionSettings(samples, chosen.fill, chosen.constant)
    found += [
        ATTRIBUTIONS[arm](image, classifier, settings=told, seed=seed, cancelled=cancelled)
        for arm in asked
        if arm in ATTRIBUTIONS
    ]
    found += fused
    judged = faithfulness_of(found, pixels, classifier, cancelled=cancelled)
    embedding = classifier.embed(pixels[None])[0]
    seen = embed_marked(found, pixels, classifier)
    features = all_features(found, pixels, faithfulness=judged, embeddings=(embedding, seen))
    return Explained(tuple(found), tuple(judged), tuple(features), embedding)


def _saturated(explanations: Sequence[Explanation]) -> bool:
    """Whether no piece and no pair of pieces of any of them moves the predicted class's probability."""
    strongest = (np.sort(np.abs(e.weights[0]))[-2:].sum() for e in explanations)
    return all(effect < WEAK for effect in strongest) and not all(e.unchanged.all() for e in explanations)


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
    """Explain one image of a data set under every arm, and under all of them combined.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    classifier : Classifier
        The classifier to explain.
    index : int
        Position of the image within its split.
    split : {"test", "train"}, default "test"
        Which images ``index`` counts.
    arms : sequence of str, optional
        Names of LIME's arms; by default all that are compatible with data set and classifier.
    fill : FillChoice, optional
        What stands in for hidden pieces; by default what is usual for the data set and the classifier.
    samples : int, optional
        Masks for each arm; by default ``affordable_samples``.
    seed : int, default 0
        Seed of the masks.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Case
        Everything that a page shows of the image.

    Raises
    ------
    InvalidInput
        As ``explain`` raises it.
    InvalidAnswer
        As ``explain`` raises it.
    Cancelled
        Once ``cancelled()`` is true.
    """
    image = (data.x_test if split == "test" else data.x_train)[index]
    truth = (data.y_test if split == "test" else data.y_train)[index]
    pixels = as_float(image)
    found = explain_image(
        image,
        pixels,
        classifier,
        dataset=data.name,
        arms=compatible_arms(data, classifier) if arms is None else arms,
        fill=fill,
        samples=samples,
        seed=seed,
        cancelled=cancelled,
    )
    names = [explanation.arm for explanation in found.explanations]
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
        probabilities=found.explanations[0].probabilities,
        embedding=found.embedding,
        explanations=dict(zip(names, found.explanations, strict=True)),
        faithfulness=dict(zip(names, found.faithfulness, strict=True)),
        features=dict(zip(names, found.features, strict=True)),
    )


def with_upload(data: ImageDataset, image: NDArray[np.uint8]) -> ImageDataset:
    """Make a data set of a single image that a person brought.

    Parameters
    ----------
    data : ImageDataset
        Whose classes and training images stay.
    image : uint8 array [H, W, C]
        The only test image, of unknown label.

    Returns
    -------
    ImageDataset
        Named ``upload``.
    """
    return replace(
        data,
        name=UPLOAD,
        title="Your image",
        x_test=image[None],
        y_test=np.array([UNKNOWN_LABEL]),
        masks_test=None,
    )
