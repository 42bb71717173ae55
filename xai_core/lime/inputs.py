"""What a caller may pass as an image and as classes, brought into the form that the classifier takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import as_float
from xai_core.errors import InvalidInput
from xai_core.numerics import luminance

AnyImage = NDArray[np.uint8] | NDArray[np.floating]
Image = NDArray[np.float32]  # [H, W, C] in 0..1


def as_bytes(image: AnyImage) -> NDArray[np.uint8]:
    """uint8 ``[H, W, C]`` of uint8 or of floats in 0..1; ``[H, W]`` becomes one channel.

    Raises ``InvalidInput`` for other shapes, types and values.
    """
    pixels = image[..., None] if image.ndim == 2 else image
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise InvalidInput(f"An image has shape [H, W, 1] or [H, W, 3], not {list(image.shape)}.")
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise InvalidInput(f"An image holds uint8 0..255 or floats 0..1, not {pixels.dtype}.")
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # also false for NaN
        raise InvalidInput(f"The floats of an image lie in 0..1, not {pixels.min():.3g}..{pixels.max():.3g}.")
    return np.rint(pixels * 255).astype(np.uint8)


def for_model(image: AnyImage, model: Classifier) -> tuple[Image, tuple[str, ...]]:
    """The image as float32 ``[H, W, C]`` in 0..1 with the channels that ``model`` takes, and notes on what was changed.

    Raises ``InvalidInput`` for an image of another height or width.
    """
    pixels = image[..., None] if image.ndim == 2 else image
    exact = as_float(pixels.astype(np.uint8)) if pixels.dtype == np.uint8 else pixels.astype(np.float32)
    height, width, channels = model.input_shape
    if exact.shape[:2] != (height, width):
        raise InvalidInput(
            f"{model.name} takes images of {height} x {width} pixels, not {exact.shape[0]} x {exact.shape[1]}: "
            f"resize the image first."
        )
    if exact.shape[2] == channels:
        return exact, ()
    if channels == 3:
        return np.repeat(exact, 3, axis=2), (
            f"{model.name} takes colour images: the grey image was given three channels.",
        )
    grey = luminance(exact).astype(np.float32)[..., None]
    return grey, (f"{model.name} takes grey images: the colours were reduced to their luminance.",)


def chosen_classes(classes: int | Sequence[int], probabilities: NDArray[np.float32]) -> tuple[int, ...]:
    """Indices of the classes to explain: the ``classes`` most probable ones, or those listed.

    ``probabilities`` float32 ``[all classes]``. Raises ``InvalidInput`` for indices that are not there or repeat.
    """
    count = len(probabilities)
    if isinstance(classes, int | np.integer):
        if classes < 1:
            raise InvalidInput(f"At least one class has to be explained, not {classes}.")
        return tuple(int(i) for i in np.argsort(-probabilities, kind="stable")[:classes])
    listed = tuple(int(i) for i in classes)
    if not listed or len(set(listed)) < len(listed) or not all(0 <= i < count for i in listed):
        raise InvalidInput(f"classes {listed} must be different indices from 0 to {count - 1}.")
    return listed
