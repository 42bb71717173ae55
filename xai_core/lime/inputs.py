"""What a caller may pass as an image and as classes, brought into the form that the classifier takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from os import PathLike

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import as_float
from xai_core.errors import InvalidInput
from xai_core.numerics import luminance

AnyImage = NDArray[np.generic] | PillowImage.Image | Sequence[object]
Pixels = NDArray[np.uint8] | NDArray[np.float32]  # [H, W, C], 0..255 or 0..1
Image = NDArray[np.float32]  # [H, W, C] in 0..1

ROUNDING = 1e-3  # by which floats may leave 0..1


def as_pixels(image: AnyImage) -> Pixels:
    """Bring an image to one of two forms.

    Parameters
    ----------
    image : array, list or PIL.Image.Image
        uint8 or other whole numbers in 0..255, floats in 0..1; ``[H, W]`` becomes one channel. Transparent parts of an
        image of Pillow become white.

    Returns
    -------
    uint8 or float32 array [H, W, C]
        C = 1 or 3.

    Raises
    ------
    InvalidInput
        If it is anything else.
    """
    if isinstance(image, PillowImage.Image):
        return _of_pillow(image)
    if isinstance(image, str | bytes | PathLike):
        raise InvalidInput(
            f"An image is an array or an image of Pillow, not {type(image).__name__}: open the file first."
        )
    try:
        pixels = np.asarray(image)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput(
            f"An image is an array, and {type(image).__name__} does not become one ({error})."
        ) from error
    shape, pixels = pixels.shape, pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise InvalidInput(f"An image has shape [H, W, 1] or [H, W, 3], not {list(shape)}.")
    if pixels.size == 0:
        raise InvalidInput(f"An image of shape {list(shape)} has no pixels.")
    return _in_range(pixels)


def as_bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """Pixels as they are stored and shown.

    Parameters
    ----------
    pixels : uint8 or float32 array [H, W, C]
        As ``as_pixels`` returns them.

    Returns
    -------
    uint8 array [H, W, C]
        Floats are rounded.
    """
    return pixels.astype(np.uint8) if pixels.dtype == np.uint8 else np.rint(pixels * 255).astype(np.uint8)


def as_floats(pixels: Pixels) -> Image:
    """Pixels as classifiers take them.

    Parameters
    ----------
    pixels : uint8 or float32 array [H, W, C]
        As ``as_pixels`` returns them.

    Returns
    -------
    float32 array [H, W, C], 0..1
        The same image.
    """
    return as_float(pixels.astype(np.uint8)) if pixels.dtype == np.uint8 else pixels.astype(np.float32)


def _of_pillow(image: PillowImage.Image) -> NDArray[np.uint8]:
    if image.mode.startswith(("I", "F")):
        raise InvalidInput(
            f"An image of Pillow's mode {image.mode} has no 8 bits a channel: convert it to L or RGB first."
        )
    if image.has_transparency_data:
        white = PillowImage.new("RGBA", image.size, "white")
        image = PillowImage.alpha_composite(white, image.convert("RGBA"))
    pixels = np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    return pixels.reshape(*pixels.shape[:2], -1)


def _in_range(pixels: NDArray[np.generic]) -> Pixels:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8)
    if pixels.dtype.kind == "b":
        return pixels.astype(np.float32)
    if pixels.dtype.kind not in "iuf":
        raise InvalidInput(f"An image holds uint8 0..255 or floats 0..1, not {pixels.dtype}.")
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind != "f":
        if low < 0 or high > 255 or high == 1:
            hint = ": say by a type whether 1 is white (float) or nearly black (uint8)" if high == 1 else ""
            raise InvalidInput(f"The whole numbers of an image lie in 0..255, not {low}..{high}{hint}.")
        return pixels.astype(np.uint8)
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):  # also false for NaN
        hint = ": divide them by 255" if 1 < high <= 255 and low >= 0 else ""
        raise InvalidInput(f"The floats of an image lie in 0..1, not {low:.6g}..{high:.6g}{hint}.")
    return pixels.astype(np.float32).clip(0, 1)


def for_model(exact: Image, model: Classifier) -> tuple[Image, tuple[str, ...]]:
    """Give an image the channels that a classifier takes.

    Parameters
    ----------
    exact : float32 array [H, W, C], 0..1
        The image.
    model : Classifier
        The classifier.

    Returns
    -------
    image : float32 array [H, W, C'], 0..1
        Grey repeated three times, or colours reduced to their luminance.
    notes : tuple of str
        What was changed.

    Raises
    ------
    InvalidInput
        If the image has another height or width than the classifier takes.
    """
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


def chosen_classes(
    classes: int | str | Sequence[int | str], probabilities: NDArray[np.float32], class_names: Sequence[str]
) -> tuple[int, ...]:
    """Find the classes to explain.

    Parameters
    ----------
    classes : int, str or sequence of int or str
        How many of the most probable ones, or which ones by index or name.
    probabilities : float32 array [all classes]
        The classifier's answer.
    class_names : sequence of str
        Names of all classes.

    Returns
    -------
    tuple of int
        Indices.

    Raises
    ------
    InvalidInput
        If there are no such classes, or they repeat.
    """
    count = len(probabilities)
    if isinstance(classes, int | np.integer):
        if classes < 1:
            raise InvalidInput(f"At least one class has to be explained, not {classes}.")
        return tuple(int(i) for i in np.argsort(-probabilities, kind="stable")[:classes])
    asked = (classes,) if isinstance(classes, str) or not isinstance(classes, Iterable) else tuple(classes)
    listed = tuple(_index(which, class_names) for which in asked)
    if not listed or len(set(listed)) < len(listed) or not all(0 <= i < count for i in listed):
        raise InvalidInput(f"classes {listed} must be different indices from 0 to {count - 1}.")
    return listed


def _index(which: object, class_names: Sequence[str]) -> int:
    if isinstance(which, int | np.integer) and not isinstance(which, bool):
        return int(which)
    if isinstance(which, str) and which in class_names:
        return list(class_names).index(which)
    near = get_close_matches(str(which), class_names, 3) or list(class_names[:5])
    raise InvalidInput(f"There is no class {which!r}; there are, for example, {', '.join(near)}.")
