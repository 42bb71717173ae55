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


def picture(image: NDArray[np.uint8]) -> Picture:
    """The image itself, uint8 ``[H, W, 1 or 3]``, as a picture."""
    shown: Picture = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    return shown


def heat(
    image: NDArray[np.uint8],
    relevance: NDArray[np.float64],
    *,
    settled: NDArray[np.bool_] | None = None,
    palette: PaletteName = "blue-orange",
    opacity: float = 0.7,
    full_colour: float | None = None,
) -> Picture:
    """Evidence for and against in two colours over a pale grey version of the image.

    ``relevance`` float ``[H, W]``: ``full_colour`` and more, by default its largest size, gets the full ``opacity``
    0..1, zero stays bare. Where ``settled`` bool ``[H, W]`` is false, the sign is not known and grey takes the colour's
    place.
    Raises ``InvalidInput`` for an unknown palette, an opacity out of range, and maps of another size than the image.
    """
    _check(image, relevance, opacity)
    if palette not in PALETTES:
        raise InvalidInput(f"There is no palette {palette!r}; choose one of {', '.join(PALETTES)}.")
    largest = float(np.abs(relevance).max()) if full_colour is None else full_colour
    strength = np.clip(np.abs(relevance)[..., None] / largest, 0, 1) if largest > 0 else np.zeros((*relevance.shape, 1))
    colours = PALETTES[palette]
    colour = np.where(relevance[..., None] > 0, colours.supports, colours.opposes)
    if settled is not None:
        colour = np.where(settled[..., None], colour, UNSETTLED)
    grey = 96 + luminance(image)[..., None] * 0.625  # 96..255: pale, so that colours read the same
    mixed = grey + (colour - grey) * (strength * opacity)
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

    Lines are drawn after enlarging, so that they stay thin on a small image.
    """
    large = enlarged(shown, smallest)
    factor = large.shape[0] // shown.shape[0]
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


def explained(
    image: NDArray[np.uint8],
    explanation: Explanation,
    class_position: int = 0,
    *,
    palette: PaletteName = "blue-orange",
    opacity: float = 0.7,
    full_colour: float | None = None,
) -> Picture:
    """``heat`` of an explanation, unsettled segments in grey."""
    return heat(
        image,
        explanation.relevance(class_position),
        settled=explanation.settled[class_position][explanation.segments],
        palette=palette,
        opacity=opacity,
        full_colour=full_colour,
    )


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
    words = [(("upper", "", "lower")[down], ("left", "", "right")[right]) for down, right in zip(*thirds, strict=True)]
    return [" ".join(filter(None, pair)) or "in the middle" for pair in words]


def _as_picture(levels: NDArray[np.float64]) -> Picture:
    """Rounds levels 0..255."""
    return np.rint(levels).astype(np.uint8)


def _check(image: NDArray[np.uint8], relevance: NDArray[np.float64], opacity: float) -> None:
    if relevance.shape != image.shape[:2]:
        raise InvalidInput(f"The relevance map has shape {list(relevance.shape)}, the image {list(image.shape[:2])}.")
    if not 0 <= opacity <= 1:
        raise InvalidInput(f"Opacity lies in 0..1, not {opacity}.")
