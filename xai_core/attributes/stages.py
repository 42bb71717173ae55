"""The stages of training a prototypical part network: warm-up, joint, push, last layer.

Chen et al. 2019, "This looks like that: deep learning for interpretable image recognition", section 2.2; but the trunk
stays as it is in all of them, and the last layer is trained from the joint stage on. Importing this imports TensorFlow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from keras import optimizers
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from xai_core.attributes.prototype_layers import Parts, similarity
from xai_core.attributes.trunk_features import Features, Views

CLUSTER, SEPARATION = 0.8, 0.08  # weights of both costs beside the cross-entropy
SPARSITY = 1e-4  # weight of the L1 norm of connections to other classes
PUSHES = 4  # in the joint stage, evenly, so that no prototype drifts away from all patches; the last ends it
TELLING = 10_000  # training images that say where prototypes begin
RATE, LAST_RATE = 3e-3, 2e-3  # peaks of cosine schedules
LAST_EPOCHS, LAST_BATCH = 40, 256
CHUNK = 250


@dataclass(frozen=True, eq=False)
class Push:
    """The patches that prototypes became: ``images`` int64 ``[P]``, ``places`` (row, column) int64 ``[P, 2]``.

    ``distances`` float32 ``[P]`` are the squared distances that they were moved by. ``tells`` float64 ``[P]`` is how
    well the similarity to a prototype alone tells its class from the others: the area under the ROC curve, 0..1.
    """

    images: NDArray[np.int64]
    places: NDArray[np.int64]
    distances: NDArray[np.float32]
    tells: NDArray[np.float64]


class Stages:
    """Trains ``parts`` on ``views``. Whatever is random depends on ``seed`` and the number of the epoch alone."""

    def __init__(self, parts: Parts, views: Views, batch: int, seed: int, report: Callable[[str], None]) -> None:
        self._parts, self._views, self._seed, self._report = parts, views, seed, report
        self._rows = np.flatnonzero(views.y_train >= 0)
        self._batch = min(batch, len(self._rows))
        self._own = tf.constant(np.eye(views.classes)[:, parts.classes], tf.float32)  # [K, P]
        self._forward = tf.function(lambda features: parts.distances(tf.cast(features, tf.float32)))

    def run(self, warm_up: int, joint: int, checkpoints: Path) -> Push:
        """All stages, going on from the last epoch in ``checkpoints``; ``parts`` are then finished."""
        parts = self._parts
        self._begin_at_telling_patches()
        trained = [*parts.addition.trainable_variables, parts.prototypes, parts.connections]
        steps = len(self._rows) // self._batch * (warm_up + joint)
        optimizer = optimizers.Adam(optimizers.schedules.CosineDecay(RATE, max(steps, 1), alpha=0.02))
        optimizer.build(trained)

        def step(features: tf.Tensor, labels: tf.Tensor, last_layer: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                loss = self._loss(tf.cast(features, tf.float32), labels)
            *gradients, connections = tape.gradient(loss, trained)
            optimizer.apply_gradients(zip([*gradients, connections * last_layer], trained, strict=True))
            return loss

        compiled = tf.function(step)
        done = tf.Variable(0, dtype=tf.int64)
        saved = tf.train.Checkpoint(
            addition=parts.addition,
            prototypes=parts.prototypes,
            connections=parts.connections,
            optimizer=optimizer,
            done=done,
        )
        manager = tf.train.CheckpointManager(saved, checkpoints, max_to_keep=1)
        manager.restore_or_initialize()
        started = time.monotonic()
        between = max(joint // PUSHES, 1)
        for epoch in range(int(done), warm_up + joint):
            if epoch > warm_up and (epoch - warm_up) % between == 0:
                self._push()
            last_layer = tf.constant(float(epoch >= warm_up))
            losses = [compiled(*batch, last_layer) for batch in self._batches(epoch)]
            done.assign(epoch + 1)
            manager.save()
            stage = "joint" if epoch >= warm_up else "warm-up"
            self._report(
                f"{stage}  epoch {epoch + 1}/{warm_up + joint}  loss {np.mean(losses):.4f}  "
                f"{time.monotonic() - started:.0f} s"
            )
        self._report(f"before the push  test accuracy {self._accuracy():.4f}")
        push = self._push()
        self._report(f"push  moved by {push.distances.mean():.4f}  test accuracy {self._accuracy():.4f}")
        pooled = self._pooled(self._views.train)
        self._last_layer(pooled)
        self._report(f"last layer  test accuracy {self._accuracy():.4f}")
        return replace(push, tells=telling(pooled[self._rows], self._views.y_train[self._rows], parts.classes))

    def _begin_at_telling_patches(self) -> None:
        """Let prototypes begin where a linear model of greatest features sees their class most.

        Far from all patches log-similarity has no slope, and a patch that all classes share teaches nothing.
        """
        rng, views, classes = np.random.default_rng([self._seed, 0]), self._views, self._parts.classes
        some = rng.permutation(self._rows)[:TELLING]
        drawn = np.concatenate(
            [
                rng.choice(np.flatnonzero(views.y_train == owner), np.sum(classes == owner), replace=False)
                for owner in np.unique(classes)
            ]
        )
        rows = np.union1d(some, drawn)  # so that no class is missing
        pooled = views.train[rows].max(axis=(1, 2)).astype(float)
        linear = LogisticRegression(max_iter=1000).fit(pooled, views.y_train[rows])
        towards = linear.coef_ if len(linear.coef_) > 1 else np.concatenate([-linear.coef_, linear.coef_])
        of_class = dict(zip(linear.classes_, towards, strict=True))
        features = views.train[drawn].astype(np.float32)
        patches = self._parts.addition(features).numpy().reshape(len(classes), -1, self._parts.addition.output_shape[3])
        flat = features.reshape(len(classes), -1, features.shape[3])
        places = [int((image @ of_class[owner]).argmax()) for image, owner in zip(flat, classes, strict=True)]
        self._parts.prototypes.assign(patches[np.arange(len(classes)), places])

    def _loss(self, features: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Cross-entropy, cluster cost and separation cost (equations 1 and 2 of the source)."""
        nearest = tf.reduce_min(self._parts.distances(features), axis=(1, 2))
        logits = similarity(nearest) @ self._parts.connections
        own = tf.gather(self._own, labels)
        far = tf.reduce_max(tf.stop_gradient(nearest))
        cluster = tf.reduce_mean(tf.reduce_min(nearest + far * (1 - own), axis=1))
        separation = tf.reduce_mean(tf.reduce_min(nearest + far * own, axis=1))
        right = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        others = tf.reduce_sum(tf.abs(self._parts.connections * (1 - tf.transpose(self._own))))
        return right + CLUSTER * cluster - SEPARATION * separation + SPARSITY * others

    def _batches(self, epoch: int) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        """Whole batches in a random order, half of the images mirrored; what is left over waits for another epoch."""
        rng = np.random.default_rng([self._seed, 1, epoch])
        order = rng.permutation(self._rows)
        for start in range(0, len(order) - self._batch + 1, self._batch):
            rows = order[start : start + self._batch]
            turned = (rng.random(len(rows)) < 0.5)[:, None, None, None]
            features = np.where(turned, self._views.mirrored[rows], self._views.train[rows])
            yield tf.constant(features), tf.constant(self._views.y_train[rows])

    def _push(self) -> Push:
        """Make every prototype the nearest patch of a training image of its class; each takes an image of its own."""
        parts, train = self._parts, self._views.train
        flat = (found.reshape(len(found), -1, len(parts.classes)) for found in self._distances(train))
        nearest, flat_places = map(
            np.concatenate, zip(*((found.min(axis=1), found.argmin(axis=1)) for found in flat), strict=True)
        )
        nearest[self._views.y_train[:, None] != parts.classes] = np.inf
        count = len(parts.classes)
        push = Push(
            np.empty(count, np.int64),
            np.empty((count, 2), np.int64),
            np.empty(count, np.float32),
            np.full(count, np.nan),
        )
        values = parts.prototypes.numpy()
        for number in range(count):
            image = int(nearest[:, number].argmin())
            place = divmod(int(flat_places[image, number]), train.shape[2])
            push.images[number], push.places[number] = image, place
            push.distances[number] = nearest[image, number]
            values[number] = parts.addition(train[image][None].astype(np.float32))[0][place].numpy()
            nearest[image] = np.inf
        parts.prototypes.assign(values)
        return push

    def _last_layer(self, pooled: NDArray[np.float32]) -> None:
        """Fit the connections alone, a convex problem: cross-entropy and the L1 norm of those to other classes."""
        parts, labels = self._parts, self._views.y_train
        size = min(LAST_BATCH, len(self._rows))
        steps = len(self._rows) // size
        optimizer = optimizers.Adam(optimizers.schedules.CosineDecay(LAST_RATE, steps * LAST_EPOCHS))
        optimizer.build([parts.connections])
        others = 1 - tf.transpose(self._own)

        def step(similarities: tf.Tensor, targets: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                logits = similarities @ parts.connections
                right = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
                loss = right + SPARSITY * tf.reduce_sum(tf.abs(parts.connections * others))
            optimizer.apply_gradients(zip(tape.gradient(loss, [parts.connections]), [parts.connections], strict=True))

        compiled = tf.function(step)
        for epoch in range(LAST_EPOCHS):
            order = np.random.default_rng([self._seed, 2, epoch]).permutation(self._rows)
            for start in range(0, steps * size, size):
                piece = order[start : start + size]
                compiled(tf.constant(pooled[piece]), tf.constant(labels[piece]))

    def _distances(self, features: Features) -> Iterator[NDArray[np.float32]]:
        """Squared distances ``[n, h, w, P]``, piece by piece."""
        for start in range(0, len(features), CHUNK):
            yield self._forward(tf.constant(features[start : start + CHUNK])).numpy()

    def _pooled(self, features: Features) -> NDArray[np.float32]:
        """Similarities of images to all prototypes, float32 ``[N, P]``."""
        return np.asarray(similarity(np.concatenate([found.min(axis=(1, 2)) for found in self._distances(features)])))

    def _accuracy(self) -> float:
        answers = (self._pooled(self._views.test) @ self._parts.connections.numpy()).argmax(axis=1)
        return float((answers == self._views.y_test).mean())


def telling(
    similarities: NDArray[np.float32], labels: NDArray[np.int64], classes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """``Push.tells`` of similarities ``[N, P]`` of images of classes ``labels`` to prototypes of ``classes``."""
    return np.array(
        [roc_auc_score(labels == owner, column) for owner, column in zip(classes, similarities.T, strict=True)]
    )
