"""The mean of a network's weights over the steps of its training, which generalises better than the last of them.

Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".
"""

from __future__ import annotations

from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray


class Average(tf.Module):  # type: ignore[misc]
    """Sums of the trainable weights of ``model``; a checkpoint can hold it."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self._model = model
        self.count = tf.Variable(0.0)
        self.sums = [tf.Variable(tf.zeros(weight.shape)) for weight in model.trainable_variables]

    def add(self) -> None:
        """Count the present weights in."""
        self.count.assign_add(1.0)
        for total, weight in zip(self.sums, self._model.trainable_variables, strict=True):
            total.assign_add(tf.cast(weight, tf.float32))

    def replace(self, batches: Iterable[NDArray[np.uint8]]) -> None:
        """Give the model the mean weights, and its batch normalisations the mean statistics of ``batches``.

        The statistics of training belong to other weights (section 3.2 of the source).
        """
        for total, weight in zip(self.sums, self._model.trainable_variables, strict=True):
            weight.assign(total / self.count)
        normalisations = [layer for layer in self._model.layers if isinstance(layer, layers.BatchNormalization)]
        momenta = [layer.momentum for layer in normalisations]
        for layer in normalisations:
            layer.momentum = 0.0  # so that every batch leaves its own statistics
        forward = tf.function(lambda images: self._model(tf.cast(images, tf.float32) / 255.0, training=True))
        statistics = []
        for batch in batches:
            forward(tf.constant(batch))
            statistics.append([(layer.moving_mean.numpy(), layer.moving_variance.numpy()) for layer in normalisations])
        for layer, momentum, found in zip(normalisations, momenta, zip(*statistics, strict=True), strict=True):
            means, variances = zip(*found, strict=True)
            layer.moving_mean.assign(np.mean(means, axis=0))
            layer.moving_variance.assign(np.mean(variances, axis=0))
            layer.momentum = momentum
