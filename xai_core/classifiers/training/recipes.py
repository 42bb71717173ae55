"""How each network of the project is made: data, architecture, schedule. Importing this imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import optimizers
from numpy.typing import NDArray

from xai_core.classifiers import architectures
from xai_core.classifiers.training.augmentation import jittered_digits, shifted_and_flipped, turned_and_lit
from xai_core.datasets import ImageDataset
from xai_core.datasets.casting_drawings import draw_castings

Epoch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def nesterov(rate: optimizers.schedules.LearningRateSchedule, weight_decay: float) -> optimizers.Optimizer:
    """Stochastic gradient descent with Nesterov momentum and decoupled weight decay."""
    return optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=weight_decay)


def adam(rate: optimizers.schedules.LearningRateSchedule, weight_decay: float) -> optimizers.Optimizer:
    """Adam with decoupled weight decay; finds rare small marks sooner than plain descent."""
    return optimizers.AdamW(rate, weight_decay=weight_decay)


@dataclass(frozen=True)
class Recipe:
    """One network's making. ``epoch`` gives the (augmented) training images of one epoch, by its number."""

    dataset: str
    build: Callable[[ImageDataset], keras.Model]
    epoch: Callable[[ImageDataset, int, np.random.Generator], Epoch]
    epochs: int
    batch: int
    learning_rate: float  # peak of a cosine schedule with linear warm-up
    weight_decay: float
    label_smoothing: float
    teacher: str | None = None  # another recipe, whose network is trained first; this one learns from its answers too
    averaged: int = 0  # of the epochs, how many at a constant rate, over whose steps the weights are averaged
    optimizer: Callable[[optimizers.schedules.LearningRateSchedule, float], optimizers.Optimizer] = nesterov
    epoch_size: int | None = None  # where it is not the size of the training set
    bfloat16: bool = False  # the arithmetic of training; what is stored is float32
    tested_on: tuple[str, ...] = ()  # other data sets whose figures go onto the card
    shipped: bool = True  # else it is kept with the user's data


CASTINGS_AN_EPOCH = 2048


def _fresh_castings(size: int, rng: np.random.Generator) -> Epoch:
    images, labels, _ = draw_castings(CASTINGS_AN_EPOCH, rng, size=size)
    return turned_and_lit(images, rng), labels


_CIFAR10_TEACHER = Recipe(
    dataset="cifar10",
    build=lambda data: architectures.cifar10_cnn(data.x_train, (32, 144, 192)),
    epoch=lambda data, number, rng: (shifted_and_flipped(data.x_train, number, rng), data.y_train),
    epochs=40,
    batch=512,
    learning_rate=0.5,
    weight_decay=6e-3,
    label_smoothing=0.2,
    bfloat16=True,
    shipped=False,
)

RECIPES: dict[str, Recipe] = {
    "mnist-cnn": Recipe(
        dataset="mnist",
        build=lambda data: architectures.mnist_cnn(),
        epoch=lambda data, number, rng: (jittered_digits(data.x_train, rng), data.y_train),
        epochs=24,
        batch=256,
        learning_rate=0.2,
        weight_decay=2e-3,
        label_smoothing=0.1,
    ),
    "cifar10-cnn-teacher": _CIFAR10_TEACHER,
    "cifar10-cnn": replace(
        _CIFAR10_TEACHER,
        build=lambda data: architectures.cifar10_cnn(data.x_train, (32, 96, 192)),
        epochs=70,
        averaged=8,
        weight_decay=5e-3,
        teacher="cifar10-cnn-teacher",
        shipped=True,
    ),
    "casting-cnn": Recipe(
        dataset="casting-synthetic",
        build=lambda data: architectures.casting_cnn(),
        epoch=lambda data, number, rng: _fresh_castings(data.image_shape[0], rng),
        epoch_size=CASTINGS_AN_EPOCH,
        epochs=16,
        batch=32,
        learning_rate=3e-3,
        weight_decay=0.02,
        optimizer=adam,
        label_smoothing=0.05,
        tested_on=("casting",),
    ),
    "casting-cnn-real": Recipe(
        dataset="casting",
        build=lambda data: architectures.casting_cnn(),
        epoch=lambda data, number, rng: (turned_and_lit(data.x_train, rng), data.y_train),
        epochs=12,
        batch=32,
        learning_rate=3e-3,
        weight_decay=0.02,
        optimizer=adam,
        label_smoothing=0.05,
        tested_on=("casting-synthetic",),
        shipped=False,
    ),
    # The lesson "looks at the wrong place": it learns the stamp, and is meant to.
    "casting-watermark": Recipe(
        dataset="casting-watermark",
        build=lambda data: architectures.casting_cnn((8, 8, 16, 32), "casting-watermark"),
        epoch=lambda data, number, rng: (data.x_train, data.y_train),
        epochs=5,
        batch=32,
        learning_rate=3e-3,
        weight_decay=0.02,
        optimizer=adam,
        label_smoothing=0.05,
    ),
}
