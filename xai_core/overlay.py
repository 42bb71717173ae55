"""Relevance over an image, as pictures uint8 ``[H, W, 3]``.

Colour never stands alone: outlines show the same, and so do the words and numbers of ``xai_core.findings``.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import segmentation

from xai_core.colours import PALETTES, UNSETTLED, PaletteName
from xai_core.errors import InvalidInput
from xai_core.explanation import Explanation
from xai_core.numerics import luminance

Picture = NDArray[np.uint8]  # [H, W, 3]

SMALLEST_PICTURE = 256  # pixels; smaller images are enlarged by an integer factor
FAINTEST = 0.1  # of full colour: what weighs less is as good as bare, so doubt about it is not drawn
STRIPES = 24  # pairs of stripes across a picture, over what is too uncertain to tell


def picture(image: NDArray[np.uint8]) -> Picture:
    """The image itself as a picture.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        Grey (C = 1) or RGB (C = 3).

    Returns
    -------
    uint8 array [H, W, 3]
        Grey is repeated three times.
    """
    shown: Picture = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    return shown


def heat(
    image: NDArray[np.uint8],
    relevance: NDArray[np.float64],
    *,
    palette: PaletteName = "blue-orange",
    opacity: float = 0.7,
    full_colour: float | None = None,
) -> Picture:
    """Draw evidence for and against a class in two colours over a grey version of the image.

    Zero stays bare: the image itself in grey, black where it is black, so that no background looks like a finding.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        Grey or RGB.
    relevance : float64 array [H, W]
        Evidence for (> 0) and against (< 0), of any scale.
    palette : {"blue-orange", "green-red"}, default "blue-orange"
        Colours of evidence for and against.
    opacity : float, default 0.7
        How much of the full colour covers the image, 0..1.
    full_colour : float, optional
        Relevance that gets the full colour; by default the largest size in the map.

    Returns
    -------
    uint8 array [H, W, 3]
        Of the image's size.

    Raises
    ------
    InvalidInput
        If the palette is unknown, the opacity out of range, or the map of another size than the image.
    """
    _check(image, relevance, opacity)
    if palette not in PALETTES:
        raise InvalidInput(f"There is no palette {palette!r}; choose one of {', '.join(PALETTES)}.")
    colours = PALETTES[palette]
    colour = np.where(relevance[..., None] > 0, colours.supports, colours.opposes)
    grey = luminance(image)[..., None] * 0.75  # 0..191: colours keep apart from white
    mixed = grey + (colour - grey) * (_strength(relevance, full_colour)[..., None] * opacity)
    return _as_picture(mixed)


def keep_only(
    image: NDArray[np.uint8], relevance: NDArray[np.float64], *, threshold: float = 0.0, opacity: float = 0.9
) -> Picture:
    """Show the image where its relevance is high, and fade it to white elsewhere.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        Grey or RGB.
    relevance : float64 array [H, W]
        Evidence for (> 0) and against (< 0).
    threshold : float, default 0.0
        Pixels are kept above this share of the largest relevance.
    opacity : float, default 0.9
        Of the white, 0..1.

    Returns
    -------
    uint8 array [H, W, 3]
        Of the image's size.

    Raises
    ------
    InvalidInput
        If the opacity is out of range, or the map of another size than the image.
    """
    _check(image, relevance, opacity)
    kept = relevance > max(threshold * float(relevance.max()), 0.0)
    shown = picture(image)
    faded = _as_picture(shown + (255.0 - shown) * opacity)
    return np.where(kept[..., None], shown, faded)


def outlined(shown: Picture, segments: NDArray[np.int32], *, smallest: int = SMALLEST_PICTURE) -> Picture:
    """Enlarge a picture and draw white lines with black rims along the borders of the segments.

    Lines are drawn after enlarging, so that they stay thin on a small image.

    Parameters
    ----------
    shown : uint8 array [H, W, 3]
        A picture.
    segments : int32 array [H, W]
        Labels, coarser than the picture by a whole factor at most.
    smallest : int, default 256
        As for ``enlarged``.

    Returns
    -------
    uint8 array [H', W', 3]
        The enlarged picture with lines.
    """
    large = enlarged(shown, smallest)
    factor = large.shape[0] // segments.shape[0]
    labels = _repeated(segments, factor)
    lines = segmentation.mark_boundaries(large, labels, color=(1, 1, 1), outline_color=(0, 0, 0), mode="inner")
    return _as_picture(lines * 255)


def enlarged(shown: Picture, smallest: int = SMALLEST_PICTURE) -> Picture:
    """Enlarge a picture by nearest neighbour, by the least whole factor that makes its shorter side long enough.

    Parameters
    ----------
    shown : uint8 array [H, W, 3]
        A picture.
    smallest : int, default 256
        Pixels that the shorter side must have.

    Returns
    -------
    uint8 array [H', W', 3]
        The picture itself where it is large enough.
    """
    factor = max(1, -(-smallest // min(shown.shape[:2])))
    return _repeated(shown, factor)


def to_png(shown: Picture, min_size: int = SMALLEST_PICTURE) -> bytes:
    """Encode a picture as a PNG file.

    Parameters
    ----------
    shown : uint8 array [H, W, 3]
        A picture.
    min_size : int, default 256
        Pixels that the shorter side must have, as for ``enlarged``.

    Returns
    -------
    bytes
        The file's content.
    """
    stream = io.BytesIO()
    Image.fromarray(enlarged(shown, min_size)).save(stream, format="PNG")
    return stream.getvalue()


def striped(shown: Picture, where: NDArray[np.bool_], *, smallest: int = SMALLEST_PICTURE) -> Picture:
    """Enlarge a picture and draw slanting grey stripes over part of it.

    Parameters
    ----------
    shown : uint8 array [H, W, 3]
        A picture.
    where : bool array [H, W]
        The part that is covered.
    smallest : int, default 256
        As for ``enlarged``.

    Returns
    -------
    uint8 array [H', W', 3]
        The enlarged picture with stripes.
    """
    large = enlarged(shown, smallest)
    factor = large.shape[0] // shown.shape[0]
    height, width, _ = large.shape
    diagonal = np.arange(height + width - 1) * STRIPES * 2 // max(height, width) % 2 == 0
    stripe = np.lib.stride_tricks.sliding_window_view(diagonal, width)  # [height, width]: each row one further
    covered = _repeated(where, factor) & stripe
    grey = enlarged(_as_picture(shown * 0.4 + np.array(UNSETTLED) * 0.6), smallest)
    return np.where(covered[..., None], grey, large)


def explained(
    image: NDArray[np.uint8],
    explanation: Explanation,
    class_position: int = 0,
    *,
    palette: PaletteName = "blue-orange",
    opacity: float = 0.7,
    full_colour: float | None = None,
    smallest: int = SMALLEST_PICTURE,
) -> Picture:
    """Draw an explanation as ``heat``, with stripes instead of colour where the sign of the weight is not settled.

    Parameters
    ----------
    image : uint8 array [H, W, C]
        The image that was explained.
    explanation : Explanation
        The explanation to draw.
    class_position : int, default 0
        Position of the class within ``explanation.classes``.
    palette : {"blue-orange", "green-red"}, default "blue-orange"
        Colours of evidence for and against.
    opacity : float, default 0.7
        How much of the full colour covers the image, 0..1.
    full_colour : float, optional
        Weight that gets the full colour; by default the largest of this explanation.
    smallest : int, default 256
        As for ``enlarged``.

    Returns
    -------
    uint8 array [H', W', 3]
        The enlarged picture.

    Raises
    ------
    InvalidInput
        As ``heat`` raises it.
    """
    relevance = explanation.relevance(class_position)
    settled = explanation.settled[class_position][explanation.segments]
    full_colour = float(np.abs(relevance).max()) if full_colour is None else full_colour
    shown = heat(image, np.where(settled, relevance, 0.0), palette=palette, opacity=opacity, full_colour=full_colour)
    return striped(shown, ~settled & (_strength(relevance, full_colour) >= FAINTEST), smallest=smallest)


def _strength(relevance: NDArray[np.float64], full_colour: float | None) -> NDArray[np.float64]:
    """Size of each value relative to ``full_colour``, by default the map's largest, 0..1."""
    sizes = np.abs(relevance)
    largest = float(sizes.max()) if full_colour is None else full_colour
    return np.clip(sizes / largest, 0, 1) if largest > 0 else np.zeros_like(sizes)


def _repeated(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Each pixel ``factor`` times down and right: along short rows first, whole rows are then copied fast."""
    return pixels if factor == 1 else np.repeat(np.repeat(pixels, factor, axis=1), factor, axis=0)


def _as_picture(levels: NDArray[np.float64]) -> Picture:
    """Rounds levels 0..255."""
    return np.rint(levels).astype(np.uint8)


def _check(image: NDArray[np.uint8], relevance: NDArray[np.float64], opacity: float) -> None:
    if relevance.shape != image.shape[:2]:
        raise InvalidInput(f"The relevance map has shape {list(relevance.shape)}, the image {list(image.shape[:2])}.")
    if not 0 <= opacity <= 1:
        raise InvalidInput(f"Opacity lies in 0..1, not {opacity}.")
