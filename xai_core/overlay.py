"""Relevance over an image: pictures, and the same in words and numbers.

Pictures are uint8 ``[H, W, 3]``. Colour never stands alone: outlines, ``describe`` and ``weight_table`` say the same.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
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
PLACES = (
    ("upper left", "at the top", "upper right"),
    ("on the left", "in the middle", "on the right"),
    ("lower left", "at the bottom", "lower right"),
)
STRIPES = 24  # pairs of stripes across a picture, over what is too uncertain to tell


def picture(image: NDArray[np.uint8]) -> Picture:
    """The image itself, uint8 ``[H, W, 1 or 3]``, as a picture."""
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
    """Evidence for and against in two colours over a grey version of the image.

    ``relevance`` float ``[H, W]`` of any scale: ``full_colour`` and more, by default its largest size, gets the full
    ``opacity`` 0..1; zero stays bare: the image itself in grey, black where it is black, so that no background looks
    like a finding.
    Raises ``InvalidInput`` for an unknown palette, an opacity out of range, and maps of another size than the image.
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
    """The image where ``relevance`` exceeds ``threshold`` times its largest value, faded to white elsewhere.

    Raises ``InvalidInput`` for an opacity (of the white) out of range and maps of another size than the image.
    """
    _check(image, relevance, opacity)
    kept = relevance > max(threshold * float(relevance.max()), 0.0)
    shown = picture(image)
    faded = _as_picture(shown + (255.0 - shown) * opacity)
    return np.where(kept[..., None], shown, faded)


def outlined(shown: Picture, segments: NDArray[np.int32], *, smallest: int = SMALLEST_PICTURE) -> Picture:
    """The picture, enlarged as by ``enlarged``, with white lines in black rims along the borders of the segments.

    ``segments`` ``[H, W]`` may be coarser than the picture by a whole factor.
    Lines are drawn after enlarging, so that they stay thin on a small image.
    """
    large = enlarged(shown, smallest)
    factor = large.shape[0] // segments.shape[0]
    labels = np.repeat(np.repeat(segments, factor, axis=0), factor, axis=1)
    lines = segmentation.mark_boundaries(large, labels, color=(1, 1, 1), outline_color=(0, 0, 0), mode="inner")
    return _as_picture(lines * 255)


def enlarged(shown: Picture, smallest: int = SMALLEST_PICTURE) -> Picture:
    """The picture times the least integer that makes its shorter side ``smallest`` pixels, by nearest neighbour."""
    factor = max(1, -(-smallest // min(shown.shape[:2])))
    return np.repeat(np.repeat(shown, factor, axis=0), factor, axis=1)


def to_png(shown: Picture, min_size: int = SMALLEST_PICTURE) -> bytes:
    """PNG of the picture, enlarged as by ``enlarged``."""
    stream = io.BytesIO()
    Image.fromarray(enlarged(shown, min_size)).save(stream, format="PNG")
    return stream.getvalue()


def striped(shown: Picture, where: NDArray[np.bool_], *, smallest: int = SMALLEST_PICTURE) -> Picture:
    """The picture, enlarged as by ``enlarged``, with slanting grey stripes over ``where`` bool ``[H, W]``."""
    large = enlarged(shown, smallest)
    factor = large.shape[0] // shown.shape[0]
    down, right = np.indices(large.shape[:2])
    stripe = (down + right) * STRIPES * 2 // max(large.shape[:2]) % 2 == 0
    covered = np.repeat(np.repeat(where, factor, axis=0), factor, axis=1) & stripe
    return np.where(covered[..., None], _as_picture(large * 0.4 + np.array(UNSETTLED) * 0.6), large)


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
    """``heat`` of an explanation, enlarged as by ``enlarged``; unsettled segments are striped instead of coloured."""
    relevance = explanation.relevance(class_position)
    settled = explanation.settled[class_position][explanation.segments]
    full_colour = float(np.abs(relevance).max()) if full_colour is None else full_colour
    shown = heat(image, np.where(settled, relevance, 0.0), palette=palette, opacity=opacity, full_colour=full_colour)
    return striped(shown, ~settled & (_strength(relevance, full_colour) >= FAINTEST), smallest=smallest)


def describe(explanation: Explanation, class_names: Sequence[str], class_position: int = 0) -> str:
    """The finding in a sentence, the alternative text of a picture.

    Example: "3 regions support cat, 2 oppose, 5 are too uncertain to tell; the strongest lies upper left."
    """
    name = class_names[explanation.classes[class_position]]
    weights, settled = explanation.weights[class_position], explanation.settled[class_position]
    if not settled.any():
        return f"No region supports or opposes {name} beyond doubt."
    supports, opposes = int((settled & (weights > 0)).sum()), int((settled & (weights < 0)).sum())
    uncertain = int((~settled & ~explanation.unchanged).sum())
    strongest = int(np.argmax(np.abs(weights) * settled))
    doubt = f", {uncertain} {'is' if uncertain == 1 else 'are'} too uncertain to tell" if uncertain else ""
    return (
        f"{supports or 'No'} {'region supports' if supports <= 1 else 'regions support'} {name}, "
        f"{opposes or 'none'} {'opposes' if opposes <= 1 else 'oppose'}{doubt}; "
        f"the strongest {'supports' if weights[strongest] > 0 else 'opposes'} it and lies "
        f"{_places(explanation.segments)[strongest]}."
    )


def weight_table(explanation: Explanation, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each segment and class, the largest weight first.

    Columns: ``class``, ``segment`` (label), ``place``, ``share`` of the image's pixels 0..1, ``weight``,
    ``standard_error``, ``finding`` (supports, opposes, uncertain or "hiding it changes nothing").
    """
    places, settled = _places(explanation.segments), explanation.settled
    shares = np.bincount(explanation.segments.ravel()) / explanation.segments.size
    rows = [
        {
            "class": class_names[index],
            "segment": label,
            "place": places[label],
            "share": float(shares[label]),
            "weight": float(weight),
            "standard_error": float(explanation.standard_errors[position, label]),
            "finding": _finding(float(weight), bool(settled[position, label]), bool(explanation.unchanged[label])),
        }
        for position, index in enumerate(explanation.classes)
        for label, weight in enumerate(explanation.weights[position])
    ]
    return sorted(rows, key=lambda row: -abs(row["weight"]))


def _finding(weight: float, settled: bool, unchanged: bool) -> str:
    if unchanged:
        return "hiding it changes nothing"
    if not settled:
        return "uncertain"
    return "supports" if weight > 0 else "opposes"


def _places(segments: NDArray[np.int32]) -> list[str]:
    """Where the centre of each segment lies, in thirds of the image."""
    labels, sizes = segments.ravel(), np.bincount(segments.ravel())
    thirds = [
        (3 * (np.bincount(labels, at.ravel()) / sizes + 0.5) / length).astype(int)
        for at, length in zip(np.indices(segments.shape), segments.shape, strict=True)
    ]
    return [PLACES[down][right] for down, right in zip(*thirds, strict=True)]


def _strength(relevance: NDArray[np.float64], full_colour: float | None) -> NDArray[np.float64]:
    """Size of each value relative to ``full_colour``, by default the map's largest, 0..1."""
    sizes = np.abs(relevance)
    largest = float(sizes.max()) if full_colour is None else full_colour
    return np.clip(sizes / largest, 0, 1) if largest > 0 else np.zeros_like(sizes)


def _as_picture(levels: NDArray[np.float64]) -> Picture:
    """Rounds levels 0..255."""
    return np.rint(levels).astype(np.uint8)


def _check(image: NDArray[np.uint8], relevance: NDArray[np.float64], opacity: float) -> None:
    if relevance.shape != image.shape[:2]:
        raise InvalidInput(f"The relevance map has shape {list(relevance.shape)}, the image {list(image.shape[:2])}.")
    if not 0 <= opacity <= 1:
        raise InvalidInput(f"Opacity lies in 0..1, not {opacity}.")
