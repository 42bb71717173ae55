"""A prototypical part network in Keras, of Keras' own layers, so that its file needs no code of ours to be read.

Chen et al. 2019, "This looks like that: deep learning for interpretable image recognition", section 2.1. Importing this
imports Keras.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from xai_core.classifiers.architectures import EMBEDDING_LAYER

EPSILON = 1e-4  # of the similarity, which is log(1 / EPSILON) = 9.2 at the prototype itself


@dataclass(frozen=True, eq=False)
class Parts:
    """What is trained on top of a ``trunk`` that stays as it is.

    ``addition`` maps its output to patches ``[N, h, w, D]`` in 0..1, ``prototypes`` are ``[P, D]``, ``connections``
    ``[P, K]`` are the last layer. ``classes`` int64 ``[P]`` says which class a prototype is of.
    """

    trunk: keras.Model
    addition: keras.Model
    prototypes: tf.Variable
    connections: tf.Variable
    classes: NDArray[np.int64]

    def distances(self, features: tf.Tensor) -> tf.Tensor:
        """Squared distances of all places to all prototypes, ``[N, h, w, P]``, of outputs of the trunk."""
        patches = self.addition(features)
        crossed = tf.einsum("nhwd,pd->nhwp", patches, self.prototypes)
        lengths = tf.reduce_sum(patches**2, axis=-1, keepdims=True) + tf.reduce_sum(self.prototypes**2, axis=1)
        return tf.nn.relu(lengths - 2 * crossed)


def similarity(distances: tf.Tensor) -> tf.Tensor:
    """``log((d² + 1) / (d² + epsilon))`` of squared distances."""
    return ops.log((distances + 1) / (distances + EPSILON))


def untrained(trunk: keras.Model, classes: int, each: int, width: int, rng: np.random.Generator) -> Parts:
    """A network on top of ``trunk``, with ``each`` prototypes of ``width`` features for every class."""
    inputs = keras.Input(trunk.output_shape[1:])
    seeds = [int(seed) for seed in rng.integers(2**31, size=2)]
    kernels = [keras.initializers.HeUniform(seeds[0]), keras.initializers.GlorotUniform(seeds[1])]
    x = layers.Conv2D(width, 1, activation="relu", kernel_initializer=kernels[0], name="addition_1")(inputs)
    x = layers.Conv2D(width, 1, activation="sigmoid", kernel_initializer=kernels[1], name="addition_2")(x)
    owners = np.repeat(np.arange(classes), each)
    own = np.eye(classes, dtype=np.float32)[owners]
    return Parts(
        trunk=trunk,
        addition=keras.Model(inputs, x, name="addition"),
        prototypes=tf.Variable(rng.random((len(owners), width), dtype=np.float32), name="prototypes"),
        connections=tf.Variable(own - 0.5 * (1 - own), name="connections"),
        classes=owners,
    )


def assembled(parts: Parts, name: str) -> keras.Model:
    """``parts`` as one model from images in 0..1 to class probabilities; the embedding are the P similarities."""
    prototypes, connections = parts.prototypes.numpy(), parts.connections.numpy()
    x = parts.addition(parts.trunk.output)
    inner = keras.Model(parts.trunk.inputs, x)  # calling a model nests it; its layers are wanted side by side
    patches = _flat(inner)
    squares = layers.Conv2D(1, 1, use_bias=False, trainable=False, name="squares")
    crossed = layers.Conv2D(len(prototypes), 1, name="prototypes")
    lengths, products = squares(layers.Multiply()([patches.output, patches.output])), crossed(patches.output)
    squares.set_weights([np.ones(squares.kernel.shape, np.float32)])
    crossed.set_weights([-2 * prototypes.T[None, None], (prototypes**2).sum(axis=1)])
    distances = layers.ReLU(name="distances")(layers.Add()([lengths, products]))
    nearest = layers.GlobalMaxPooling2D(name=EMBEDDING_LAYER)(similarity(distances))
    last = layers.Dense(connections.shape[1], use_bias=False, name="connections")
    answers = layers.Softmax(dtype="float32")(last(nearest))
    last.set_weights([connections])
    return keras.Model(patches.inputs, answers, name=name)


def _flat(model: keras.Model) -> keras.Model:
    """``model`` with the layers of nested chains in its own row."""
    x = inputs = keras.Input(model.input_shape[1:], name="image")
    for layer in model.layers:
        for inner in layer.layers if isinstance(layer, keras.Model) else [layer]:
            if not isinstance(inner, layers.InputLayer):
                x = inner(x)
    return keras.Model(inputs, x)
