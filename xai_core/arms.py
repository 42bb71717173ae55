"""Ways of explaining an image, as values: what the ranking puts in order, a rater judges, and storage names.

An arm's name is what impressions keep. LIME's arms are named after a segmenter and, where it is not the usual one, its
granularity: ``slic-medium``, ``slic-medium@fine``, ``grid-7``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import ImageDataset
from xai_core.segmenters import GRANULARITIES, SEGMENTERS, USUAL

Method = Literal["lime", "attribution", "fused", "custom"]

FUSED_ARM = "fused"
NEAR_MISS_ARM = "because/near-miss"
CUSTOM_ARM = "custom"  # names the label map that a caller of ``explain`` brings
SMALL_IMAGE = 128 * 128  # pixels up to which several granularities of a segmenter are affordable


@dataclass(frozen=True)
class Setting:
    """A number that a person may change: its name in the method's settings, and its range."""

    name: str
    title: str
    low: float
    high: float
    usual: float


LIME_SETTINGS = (
    Setting("samples", "images with hidden pieces that the model is asked about", 16, 4000, 500),
    Setting("kernel_width", "how far from the whole image answers still count", 0.05, 2.0, 0.25),
    Setting("alpha", "how strongly small effects are drawn to zero", 0.01, 100.0, 1.0),
)


ATTRIBUTION_SETTINGS = (
    Setting("evaluations", "images with hidden pieces that the model is asked about", 16, 4000, 500),
)


@dataclass(frozen=True)
class Arm:
    """One way of explaining.

    ``title`` is for people, in lower case. ``passes`` is its cost: how many answers of the classifier it needs for each
    sample asked for (0: none of its own). ``least_pixels``: on smaller images it shows nothing that others do not;
    ``most_pixels``: larger ones take too long. ``settings`` can be changed.
    """

    name: str
    title: str
    method: Method = "lime"
    segmenter: str = ""
    granularity: str = USUAL
    passes: float = 1.0
    least_pixels: int = 0
    most_pixels: int | None = None
    settings: tuple[Setting, ...] = ()

    def is_compatible(self, data: ImageDataset, classifier: Classifier) -> bool:
        """Whether images of a data set can be explained for a classifier in this way within seconds.

        Parameters
        ----------
        data : ImageDataset
            The data set.
        classifier : Classifier
            The classifier to explain.

        Returns
        -------
        bool
            False also where the classifier takes images of another size.
        """
        return data.image_shape[:2] == classifier.input_shape[:2] and self.affords(data.image_shape)

    def affords(self, size: tuple[int, ...]) -> bool:
        """Whether an image is explained in this way within seconds, and is worth it.

        Parameters
        ----------
        size : tuple of int
            Height and width of the image.

        Returns
        -------
        bool
            False for images that are too large or too small.
        """
        pixels = size[0] * size[1]
        return self.least_pixels <= pixels and (self.most_pixels is None or pixels <= self.most_pixels)


def _lime_arms() -> list[Arm]:
    usual = [
        Arm(name, segmenter.title, segmenter=name, settings=LIME_SETTINGS) for name, segmenter in SEGMENTERS.items()
    ]
    others = [
        Arm(
            name=f"{name}@{granularity}",
            title=f"{granularity} {segmenter.title}",
            segmenter=name,
            granularity=granularity,
            most_pixels=SMALL_IMAGE,
            settings=LIME_SETTINGS,
        )
        for name, segmenter in SEGMENTERS.items()
        if segmenter.granular
        for granularity in GRANULARITIES
        if granularity != USUAL
    ]
    return usual + others


def _attribution_arms() -> list[Arm]:
    return [
        Arm(name, title, method="attribution", least_pixels=least, settings=ATTRIBUTION_SETTINGS)
        for name, title, least in (
            ("partition", "regions of the picture, divided where it matters", 0),
            ("kernel-shap", "patches, each with its fair share", SMALL_IMAGE),
            ("occlusion", "a window that slides over the image", SMALL_IMAGE),
            ("rise", "the image seen through random clouds", SMALL_IMAGE),
        )
    ]


def _likeness_arms() -> list[Arm]:
    typical = [Arm(f"because/prototype-{at}", f"likeness to typical image {at}", method="custom") for at in (1, 2, 3)]
    learned = [Arm(f"because/learned-{at}", f"likeness to learned part {at}", method="custom") for at in (1, 2, 3)]
    return [*typical, *learned, Arm(NEAR_MISS_ARM, "likeness to an image of another class", method="custom")]


FUSED = Arm(FUSED_ARM, "all of them combined", method="fused", passes=0)
LIME_ARMS: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in _lime_arms()})
ATTRIBUTION_ARMS: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in _attribution_arms()})
ARMS: Mapping[str, Arm] = MappingProxyType({**LIME_ARMS, **ATTRIBUTION_ARMS, FUSED_ARM: FUSED})
LIKENESS_ARMS: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in _likeness_arms()})
"""An image beside training images: judged, but not among what the ranking orders."""


def arm_named(name: str) -> Arm:
    """The arm of that name; a name that this version of the program does not know gets an arm of that name and title.

    Logs outlive arms: a vote on one that was given up is still a vote.

    Parameters
    ----------
    name : str
        Name of an arm, now or formerly.

    Returns
    -------
    Arm
        Never a missing one.
    """
    return ARMS.get(name) or LIKENESS_ARMS.get(name) or Arm(name, name, method="custom", segmenter=name)


def compatible_arms(data: ImageDataset, classifier: Classifier) -> tuple[str, ...]:
    """Names of the arms for the images of a data set and a classifier.

    Parameters
    ----------
    data : ImageDataset
        The data set.
    classifier : Classifier
        The classifier to explain.

    Returns
    -------
    tuple of str
        In the order in which they are offered; the fused arm is not among them.
    """
    return tuple(name for name, arm in ARMS.items() if arm is not FUSED and arm.is_compatible(data, classifier))


def arms_for(size: tuple[int, ...]) -> tuple[str, ...]:
    """Names of the arms that images of a given size can afford.

    Parameters
    ----------
    size : tuple of int
        Height and width of the image.

    Returns
    -------
    tuple of str
        In the order in which they are offered; the fused arm is not among them.
    """
    return tuple(name for name, arm in ARMS.items() if arm is not FUSED and arm.affords(size))
