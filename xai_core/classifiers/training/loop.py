"""The training loop: seeded, resumable, averaged, taught."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import optimizers
from keras.optimizers.schedules import CosineDecay, LearningRateSchedule
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.classifiers.training import averaging
from xai_core.classifiers.training.recipes import Epoch, Recipe
from xai_core.datasets import ImageDataset, as_float

TAUGHT = 0.75  # share of the teacher's answer in what is to be learned

Report = Callable[[str], None]
Targeted = tuple[NDArray[np.uint8], NDArray[np.float32]]  # images and what to answer, [N, K]


def fit(
    recipe: Recipe,
    data: ImageDataset,
    *,
    seed: int,
    checkpoints: Path,
    report: Report,
    teacher: Classifier | None = None,
) -> keras.Model:
    """Train by ``recipe``, going on from the last epoch in ``checkpoints``; returns the network in float32.

    Whatever is random depends on ``seed`` and the epoch's number alone. A ``teacher`` sees the very images that the
    network sees, and its probabilities are most of what is to be learned. Source: Hinton, Vinyals & Dean 2015,
    "Distilling the knowledge in a neural network"; Beyer et al. 2022, "Knowledge distillation: a good teacher is
    patient and consistent".
    """
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if recipe.bfloat16 else "float32")
    try:
        model = recipe.build(data)
    finally:
        keras.config.set_dtype_policy("float32")
    steps = (recipe.epochs - recipe.averaged) * ((recipe.epoch_size or len(data.x_train)) // recipe.batch)
    optimizer = recipe.optimizer(_Rate(recipe.learning_rate, steps), recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["beta", "bias"])
    optimizer.build(model.trainable_variables)
    step = _train_step(model, optimizer)
    forward = tf.function(lambda images: model(tf.cast(images, tf.float32) / 255.0, training=False))

    average = averaging.Average(model)
    done = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, average=average, done=done)
    manager = tf.train.CheckpointManager(checkpoint, checkpoints, max_to_keep=1)
    manager.restore_or_initialize()
    started = time.monotonic()
    for number, epoch in _epochs(recipe, data, teacher, seed, int(done)):
        losses = []
        for images, targets in _batches(epoch, recipe.batch, seed, number):
            losses.append(step(tf.constant(images), tf.constant(targets)))
            if number >= recipe.epochs - recipe.averaged:
                average.add()
        done.assign(number + 1)
        manager.save()
        report(
            f"epoch {number + 1}/{recipe.epochs}  loss {np.mean(losses):.4f}  "
            f"test accuracy {_accuracy(forward, data):.4f}  {time.monotonic() - started:.0f} s"
        )
    if recipe.averaged:
        last = recipe.epoch(data, recipe.epochs, np.random.default_rng([seed, recipe.epochs]))[0]
        average.replace(last[start : start + recipe.batch] for start in range(0, len(last), recipe.batch))
        report(f"average of {recipe.averaged} epochs: test accuracy {_accuracy(forward, data):.4f}")
    stored = recipe.build(data)
    stored.set_weights(model.get_weights())
    return stored


class _Rate(LearningRateSchedule):  # type: ignore[misc]
    """Linear warm-up and cosine to a 25th of the peak over ``steps``, then a fifth of the peak for good."""

    def __init__(self, peak: float, steps: int) -> None:
        warm_up = steps // 5
        self.decay = CosineDecay(peak / 25, steps - warm_up, warmup_target=peak, warmup_steps=warm_up)
        self.steps, self.after = steps, peak / 5

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return tf.where(step < self.steps, self.decay(step), self.after)


def _train_step(model: keras.Model, optimizer: optimizers.Optimizer) -> Callable[..., tf.Tensor]:
    loss_of = keras.losses.CategoricalCrossentropy()

    def step(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            probabilities = model(tf.cast(images, tf.float32) / 255.0, training=True)
            loss = loss_of(targets, probabilities)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    compiled: Callable[..., tf.Tensor] = tf.function(step)
    return compiled


def _targets(recipe: Recipe, epoch: Epoch, classes: int, teacher: Classifier | None) -> NDArray[np.float32]:
    """What the network should answer, ``[N, K]``: smoothed labels, mixed with the teacher's probabilities."""
    images, labels = epoch
    smoothing = recipe.label_smoothing
    targets = (np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes).astype(np.float32)
    if teacher is None:
        return targets
    pieces = (as_float(images[start : start + 1000]) for start in range(0, len(images), 1000))
    taught = np.concatenate([teacher.predict_proba(piece) for piece in pieces])
    return ((1 - TAUGHT) * targets + TAUGHT * taught).astype(np.float32)


def _epochs(
    recipe: Recipe, data: ImageDataset, teacher: Classifier | None, seed: int, first: int
) -> Iterator[tuple[int, Targeted]]:
    """Numbers, images and targets of the epochs to come; the next is made while the present one is learned from."""

    def make(number: int) -> Targeted:
        epoch = recipe.epoch(data, number, np.random.default_rng([seed, number]))
        return epoch[0], _targets(recipe, epoch, len(data.class_names), teacher)

    with ThreadPoolExecutor(1) as aside:
        upcoming = [aside.submit(make, number) for number in range(first, min(first + 1, recipe.epochs))]
        for number in range(first, recipe.epochs):
            epoch = upcoming.pop(0).result()
            if number + 1 < recipe.epochs:
                upcoming.append(aside.submit(make, number + 1))
            yield number, epoch


def _batches(epoch: Targeted, size: int, seed: int, number: int) -> Iterator[Targeted]:
    """Whole batches in a random order; what is left over waits for another epoch."""
    images, targets = epoch
    order = np.random.default_rng([seed, number, 1]).permutation(len(images))
    for start in range(0, len(images) - size + 1, size):
        rows = order[start : start + size]
        yield images[rows], targets[rows]


def _accuracy(forward: Callable[[tf.Tensor], tf.Tensor], data: ImageDataset) -> float:
    right = [
        np.argmax(forward(tf.constant(data.x_test[i : i + 500])), axis=1) == data.y_test[i : i + 500]
        for i in range(0, len(data.x_test), 500)
    ]
    return float(np.concatenate(right).mean())
