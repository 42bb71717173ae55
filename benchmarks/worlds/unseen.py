"""Test images that no tuning and no other benchmark has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.pictures import imagenet
from xai_core.classifiers import load_classifier
from xai_core.classifiers.base import Classifier
from xai_core.datasets import load_dataset
from xai_core.datasets.casting_drawings import DEFECTIVE, draw_castings

KNOWN_PHOTOGRAPHS = 60  # the first of a world on which the ranking is tried


@dataclass(frozen=True, eq=False)
class Pictures:
    """``images`` uint8 ``[N, H, W, C]`` of a data set, and the classifier to be explained."""

    dataset: str
    images: NDArray[np.uint8]
    classifier: Classifier


def digits(count: int) -> Pictures:
    """MNIST test digits."""
    return Pictures("mnist", _last("mnist", 2026, count), load_classifier("mnist-cnn", precision="float32"))


def cifar10(count: int) -> Pictures:
    """CIFAR-10 test images."""
    return Pictures("cifar10", _last("cifar10", 2027, count), load_classifier("cifar10-cnn", precision="float32"))


def castings(count: int) -> Pictures:
    """Fresh drawings with a defect."""
    drawn, _, _ = draw_castings(count, np.random.default_rng(2034), labels=np.full(count, DEFECTIVE))
    return Pictures("casting-synthetic", drawn, load_classifier("casting-cnn", precision="float32"))


def photographs(count: int) -> Pictures:
    """ImageNet validation photographs."""
    found = imagenet(KNOWN_PHOTOGRAPHS + count)
    return Pictures("photos", found.images[KNOWN_PHOTOGRAPHS:], found.classifier)


def _last(name: str, seed: int, count: int) -> NDArray[np.uint8]:
    """The end of the shuffled test images of whose beginning the worlds of the ranking are made."""
    images = load_dataset(name, download=True).x_test
    return images[np.random.default_rng(seed).permutation(len(images))[-count:]]


SETS = {each.__name__: each for each in (digits, cifar10, castings, photographs)}
