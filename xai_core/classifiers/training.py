"""Train a shipped classifier: ``python -m xai_core.classifiers.training NAME``.

Progress is printed, the run is seeded, and an interrupted run goes on from its last finished epoch when
the same command is given again. The finished network lands in ``data/models/`` as a Keras file, its exported
OpenVINO twin and a model card.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import optimizers
from numpy.typing import NDArray

from xai_core.classifiers import networks
from xai_core.classifiers.augmentation import jittered_digits, shifted_and_flipped
from xai_core.classifiers.export import export_openvino
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.paths import MODELS_DIR

Epoch = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class Recipe:
    """How one shipped classifier is made: data, network, schedule."""

    dataset: str
    build: Callable[[ImageDataset], keras.Model]
    epoch: Callable[[ImageDataset, int, np.random.Generator], Epoch]  # augmented training set of one epoch
    epochs: int
    batch: int
    learning_rate: float  # peak of a cosine schedule with linear warm-up
    weight_decay: float
    label_smoothing: float
    steps_per_epoch: int
    bfloat16: bool = False


RECIPES: dict[str, Recipe] = {
    "mnist-cnn": Recipe(
        dataset="mnist",
        build=lambda data: networks.mnist_cnn(),
        epoch=lambda data, number, rng: (jittered_digits(data.x_train, rng), data.y_train),
        epochs=24,
        batch=256,
        learning_rate=0.2,
        weight_decay=2e-3,
        label_smoothing=0.1,
        steps_per_epoch=60000 // 256,
    ),
    "cifar10-cnn": Recipe(
        dataset="cifar10",
        build=lambda data: networks.cifar10_cnn(data.x_train),
        epoch=lambda data, number, rng: (shifted_and_flipped(data.x_train, number, rng), data.y_train),
        epochs=40,
        batch=512,
        learning_rate=0.5,
        weight_decay=6e-3,
        label_smoothing=0.2,
        steps_per_epoch=50000 // 512,
        bfloat16=True,
    ),
}


def train(name: str, *, seed: int = 0, checkpoints: Path | None = None) -> Path:
    """Train the classifier ``name`` and ship it to ``data/models/``; returns the path of the Keras file.

    Raises ``KeyError`` for an unknown name. Optimiser: Nesterov SGD with decoupled weight decay.
    """
    recipe = RECIPES[name]
    data = load_dataset(recipe.dataset)
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if recipe.bfloat16 else "float32")
    model = recipe.build(data)
    steps = recipe.epochs * recipe.steps_per_epoch
    warm_up = steps // 5
    optimizer = optimizers.SGD(
        optimizers.schedules.CosineDecay(
            recipe.learning_rate / 25, steps - warm_up, warmup_target=recipe.learning_rate, warmup_steps=warm_up
        ),
        momentum=0.9,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    optimizer.exclude_from_weight_decay(var_names=["beta", "bias"])
    optimizer.build(model.trainable_variables)
    step = _train_step(model, optimizer, recipe.label_smoothing)

    done = tf.Variable(0, dtype=tf.int64)
    folder = (checkpoints or MODELS_DIR / "checkpoints") / name
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model, optimizer=optimizer, done=done), folder, 1)
    manager.restore_or_initialize()
    started = time.time()
    for number in range(int(done), recipe.epochs):
        losses = [
            step(tf.constant(x), tf.constant(y))
            for x, y in _batches(
                recipe, recipe.epoch(data, number, np.random.default_rng([seed, number])), seed, number
            )
        ]
        done.assign(number + 1)
        manager.save()
        print(
            f"{name}: epoch {number + 1}/{recipe.epochs}  loss {np.mean(losses):.4f}  "
            f"test accuracy {accuracy(model, data.x_test, data.y_test):.4f}  {time.time() - started:.0f} s",
            flush=True,
        )
    command = f"python -m xai_core.classifiers.training {name} --seed {seed}"
    return ship(name, model, data, command=command, seed=seed)


def _train_step(model: keras.Model, optimizer: optimizers.Optimizer, smoothing: float) -> Callable[..., tf.Tensor]:
    classes = model.output_shape[-1]
    loss_of = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)

    @tf.function
    def step(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            probabilities = model(tf.cast(images, tf.float32) / 255.0, training=True)
            loss = loss_of(tf.one_hot(labels, classes), probabilities)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return step


def _batches(recipe: Recipe, epoch: Epoch, seed: int, number: int) -> Iterator[Epoch]:
    images, labels = epoch
    order = np.random.default_rng([seed, number, 1]).permutation(len(images))
    for index in range(recipe.steps_per_epoch):
        rows = order[index * recipe.batch : (index + 1) * recipe.batch]
        yield images[rows], labels[rows]


def accuracy(model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of ``images`` (uint8 ``[N, H, W, C]``) whose most probable class is their label."""
    forward = tf.function(lambda x: model(tf.cast(x, tf.float32) / 255.0, training=False))
    right = [
        np.argmax(forward(tf.constant(images[i : i + 500])), axis=1) == labels[i : i + 500]
        for i in range(0, len(images), 500)
    ]
    return float(np.concatenate(right).mean())
