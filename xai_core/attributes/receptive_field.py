"""Which pixels a place in a convolutional network can see at all: its theoretical receptive field.

Heat maps that are enlarged to the image hide how large it is, often the whole image (Carmichael et al. 2024,
"Pixel-grounded prototypical part networks"). It follows from sizes, strides and padding of the layers alone (Araujo,
Norris & Sim 2019, "Computing receptive fields of convolutional neural networks"). Importing this imports Keras.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

LARGEST_SHARE = 0.5  # of an image's side that a part may see; else it is not a part
_POINTWISE = (
    layers.InputLayer,
    layers.Rescaling,
    layers.Normalization,
    layers.BatchNormalization,
    layers.Activation,
    layers.ReLU,
    layers.Dropout,
)
_WINDOWED = (layers.Conv2D, layers.DepthwiseConv2D, layers.MaxPooling2D, layers.AveragePooling2D)

Spans = NDArray[np.int64]
"""First pixel, and the one after the last, that each place along an axis sees: ``[places, 2]``."""


def receptive_fields(chain: Sequence[keras.Layer]) -> tuple[Spans, Spans]:
    """Spans of rows and of columns that each place in the output of the last layer of ``chain`` sees.

    ``chain`` are layers in the order of computation, the first of them fed with the image. A place ``(i, j)`` sees the
    box of the ``i``-th span of rows and the ``j``-th of columns; what lies in padding is cut off.
    Raises ``InvalidInput`` for a layer of which nothing is known.
    """
    rows, columns = (_spans(chain, axis) for axis in (0, 1))
    return rows, columns


def _spans(chain: Sequence[keras.Layer], axis: int) -> Spans:
    places = np.arange(chain[-1].output.shape[1 + axis])
    first, last = places, places
    for layer in reversed(chain):
        if isinstance(layer, _POINTWISE):
            continue
        size, stride, before = _window(layer, axis)
        length = layer.input.shape[1 + axis]
        first = (first * stride - before).clip(0, length - 1)
        last = (last * stride - before + size - 1).clip(0, length - 1)
    return np.stack([first, last + 1], axis=1)


def _window(layer: keras.Layer, axis: int) -> tuple[int, int, int]:
    """How many places a place of the output sees along an axis, from which step, and how many lie before the image."""
    if isinstance(layer, layers.ZeroPadding2D):
        return 1, 1, int(layer.padding[axis][0])
    if not isinstance(layer, _WINDOWED):
        raise InvalidInput(f"Nothing is known about what {layer.name} ({type(layer).__name__}) sees.")
    pools = isinstance(layer, (layers.MaxPooling2D, layers.AveragePooling2D))
    dilation = 1 if pools else layer.dilation_rate[axis]
    size = ((layer.pool_size if pools else layer.kernel_size)[axis] - 1) * dilation + 1
    stride = layer.strides[axis]
    if layer.padding == "valid":
        return size, stride, 0
    length = layer.input.shape[1 + axis]
    padding = max((-(-length // stride) - 1) * stride + size - length, 0)
    return size, stride, padding // 2


def cut(network: keras.Model, share: float = LARGEST_SHARE) -> list[keras.Layer]:
    """The first layers of ``network``, as many as see at most ``share`` of the image's height and width.

    Raises ``InvalidInput`` where not even one convolution does, as in an image smaller than the receptive field.
    """
    height, width = network.input_shape[1:3]
    kept: list[keras.Layer] = []
    for layer in network.layers:
        branches = kept and layer.input is not kept[-1].output
        if branches or not isinstance(layer, (*_POINTWISE, *_WINDOWED, layers.ZeroPadding2D)):
            break
        rows, columns = receptive_fields([*kept, layer])
        if (np.diff(rows) > share * height).any() or (np.diff(columns) > share * width).any():
            break
        kept.append(layer)
    if not any(isinstance(layer, layers.Conv2D) for layer in kept):
        raise InvalidInput(
            f"No convolution of {network.name} sees at most {share:.0%} of an image of {height} x {width} pixels: "
            "take larger images, or a network of smaller convolutions."
        )
    return kept
