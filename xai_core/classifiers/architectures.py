"""Network definitions of the shipped classifiers, in Keras.

Every builder returns an untrained model that maps float32 images in 0..1, ``[N, H, W, C]``, to
class probabilities ``[N, K]``; the layer named ``embedding`` holds the penultimate features.
Softmax stays in float32 under mixed precision: in bfloat16 it swallows the signal of a confident image.

Activations are SiLU: TensorFlow fuses it on CPUs, GELU cost half as much again per training step. Whitened patches
come with their negatives, so that ReLU loses nothing of them; there it saves a tenth of a pass in 8 bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

EMBEDDING_LAYER = "embedding"
CENTRE = 128 / 255  # of pixels in 0..1


def patch_whitening_filters(images: NDArray[np.uint8], size: int = 2, epsilon: float = 5e-4) -> NDArray[np.float32]:
    """Convolution kernels that whiten ``size`` x ``size`` patches, and their negatives.

    Parameters: ``images`` uint8 ``[N, H, W, C]``. Returns float32 ``[size, size, C, 2 * size * size * C]``.
    Source: Jordan 2024, "94 % on CIFAR-10 in 3.29 seconds on a single GPU", section 3.1.
    """
    pixels = images.astype(np.float32) / 255
    pixels = (pixels - pixels.mean((0, 1, 2))) / pixels.std((0, 1, 2))
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (size, size), axis=(1, 2))  # [N, H', W', C, s, s]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * pixels.shape[-1])
    eigenvalues, eigenvectors = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = eigenvectors / np.sqrt(eigenvalues + epsilon)  # one filter a column
    kernel = np.concatenate([filters, -filters], axis=1)
    return kernel.reshape(size, size, pixels.shape[-1], -1).astype(np.float32)


def _partial_identity(shape: Sequence[int]) -> NDArray[np.float32]:
    """Kaiming-uniform kernel whose first ``in`` filters pass their input through (Jordan 2024, section 3.2)."""
    height, width, fan_in, filters = shape
    kernel = np.array(keras.initializers.HeUniform(seed=height * fan_in * filters)(tuple(shape)), dtype=np.float32)
    through = min(fan_in, filters)
    kernel[..., :through] = 0
    kernel[height // 2, width // 2, range(through), range(through)] = 1
    return kernel


def _convolution(
    x: keras.KerasTensor, filters: int, *, size: int = 3, strides: int = 1, pool: bool = False
) -> keras.KerasTensor:
    padding = "same"
    if pool and strides == 1 and any(odd := [length % 2 for length in x.shape[1:3]]):
        # pooling would drop the last row and column: they are not computed, which changes nothing else
        x = layers.ZeroPadding2D([(size // 2, size // 2 - last) for last in odd])(x)
        padding = "valid"
    # set after the fact, so that the saved file needs no code of ours to be read
    layer = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, kernel_initializer="zeros")
    x = layer(x)
    layer.set_weights([_partial_identity(layer.kernel.shape)])
    if pool:
        x = layers.MaxPooling2D()(x)
    x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
    return layers.Activation("silu")(x)


def cifar10_cnn(images: NDArray[np.uint8], widths: Sequence[int]) -> keras.Model:
    """Frozen patch whitening, then a group of conv-pool-conv for each of ``widths`` (after Jordan's airbench).

    ``images`` are training images, uint8 ``[N, 32, 32, 3]``, from which whitening and normalisation are taken.
    """
    mean, std = (images / 255).mean((0, 1, 2)), (images / 255).std((0, 1, 2))
    inputs = keras.Input((32, 32, 3), name="image")
    # 8 bits hold centred bytes exactly, bfloat16 is finest around 0; the rest of normalising is part of the whitening
    x = layers.Rescaling(1.0, -CENTRE)(inputs)
    kernel = patch_whitening_filters(images) / std[:, None]
    whitening = layers.Conv2D(kernel.shape[-1], kernel.shape[0], trainable=False, name="whitening")
    x = whitening(x)
    whitening.set_weights([kernel, -(kernel * (mean - CENTRE)[:, None]).sum((0, 1, 2))])
    x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
    x = layers.Activation("relu")(x)
    for width in widths:
        x = _convolution(x, width, pool=True)
        x = _convolution(x, width)
    x = layers.GlobalMaxPooling2D(name=EMBEDDING_LAYER)(x)
    x = layers.Rescaling(1 / 9)(x)
    logits = layers.Dense(10, use_bias=False, dtype="float32")(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32")(logits), name="cifar10-cnn")


def mnist_cnn() -> keras.Model:
    """Four convolutions for 28-pixel digits, 1.7 M multiply-adds."""
    inputs = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 0.3081, -0.1307 / 0.3081)(inputs)
    x = _convolution(x, 16, size=5, strides=2)
    x = _convolution(x, 16, pool=True)
    x = _convolution(x, 32)
    x = _convolution(x, 64)
    x = layers.GlobalMaxPooling2D(name=EMBEDDING_LAYER)(x)
    logits = layers.Dense(10, dtype="float32")(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32")(logits), name="mnist-cnn")


def casting_cnn(widths: Sequence[int] = (16, 16, 32, 64), name: str = "casting-cnn") -> keras.Model:
    """Four convolutions for grey castings of 128 pixels, 20 M multiply-adds at the usual ``widths``.

    The finest holes are two pixels wide: pooling keeps them where strides would skip them.
    """
    inputs = keras.Input((128, 128, 1), name="image")
    x = layers.Rescaling(1 / 0.25, -0.5 / 0.25)(inputs)
    x = _convolution(x, widths[0], size=5, strides=2)
    x = _convolution(x, widths[1], pool=True)
    x = _convolution(x, widths[2], pool=True)
    x = _convolution(x, widths[3])
    x = layers.GlobalMaxPooling2D(name=EMBEDDING_LAYER)(x)
    logits = layers.Dense(2, dtype="float32")(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32")(logits), name=name)


def efficientnet_lite0() -> keras.Model:
    """EfficientNet-Lite0 for the thousand ImageNet classes, 224 x 224 pixels, 4.7 M parameters.

    Source: Tan & Le 2019, "EfficientNet", table 1, without squeeze-and-excitation and with ReLU6 (the Lite variant).
    """

    def normalised(x: keras.KerasTensor, activate: bool = True) -> keras.KerasTensor:
        x = layers.BatchNormalization(epsilon=1e-3)(x)
        return layers.ReLU(6.0)(x) if activate else x

    def pointwise(x: keras.KerasTensor, filters: int, activate: bool = True) -> keras.KerasTensor:
        return normalised(layers.Conv2D(filters, 1, use_bias=False)(x), activate)

    inputs = keras.Input((224, 224, 3), name="image")
    x = layers.Rescaling(255 / 128, -127 / 128)(inputs)
    x = normalised(layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False)(x))
    # repeats, kernel, stride of the first, expansion, filters
    for repeats, size, first_stride, expansion, filters in (
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    ):
        for strides in [first_stride] + [1] * (repeats - 1):
            block_input = x
            if expansion > 1:
                x = pointwise(x, expansion * x.shape[-1])
            x = normalised(layers.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False)(x))
            x = pointwise(x, filters, activate=False)
            if strides == 1 and block_input.shape[-1] == filters:
                x = layers.Add()([block_input, x])
    x = pointwise(x, 1280)
    x = layers.GlobalAveragePooling2D(name=EMBEDDING_LAYER)(x)
    return keras.Model(inputs, layers.Dense(1000, activation="softmax")(x), name="efficientnet-lite0")


def on_photographs(network: keras.Model, colours: NDArray[np.float64], offset: NDArray[np.float64]) -> keras.Model:
    """An ImageNet network of ``keras.applications`` for images of 224 x 224 pixels in 0..1, preprocessing included.

    A pixel ``rgb`` becomes ``rgb @ colours + offset``, ``colours`` float ``[3, 3]``, ``offset`` float ``[3]``.
    """
    *inner, last = network.layers
    inputs = keras.Input((224, 224, 3), name="image")
    preprocessing = layers.Conv2D(3, 1, trainable=False, name="preprocessing")
    x = preprocessing(layers.Resizing(*network.input_shape[1:3])(inputs))
    preprocessing.set_weights([colours[None, None], offset])
    x = keras.Model(network.input, inner[-1].output)(x)
    return keras.Model(inputs, last(layers.Identity(name=EMBEDDING_LAYER)(x)), name=network.name)


def multiply_adds(model: keras.Model) -> int:
    """Multiply-add operations of one image through all convolutions and dense layers of ``model``."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
            positions = int(np.prod(layer.output.shape[1:3]))
            total += positions * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total
