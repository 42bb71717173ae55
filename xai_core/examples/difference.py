"""What would have to change: an image, a near miss, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.case import Case
from xai_core.classifiers.base import Classifier
from xai_core.colours import DARKER, LIGHTER, PALETTES, PaletteName, Rgb
from xai_core.errors import InvalidInput
from xai_core.lime.engine import explain
from xai_core.lime.settings import LimeSettings
from xai_core.numerics import luminance

SHARED_ARM = "grid-7"  # both images are cut in the same places, whatever they show
SETTINGS = LimeSettings(samples=128, masks="hadamard", estimator="kriging")
CLEAR = 0.25  # share of full scale from which a pixel counts as changed


@dataclass(frozen=True, eq=False)
class Difference:
    """Three pictures uint8 ``[H, W, 3]`` and the signed ``change`` float64 ``[H, W]`` in -1..1 behind the third.

    Positive: the near miss has more there (light, or evidence), negative: less, white: the same.
    """

    query: NDArray[np.uint8]
    example: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    change: NDArray[np.float64]

    @property
    def clearly_more(self) -> float:
        """Share 0..1 of the pixels where the near miss has more by a quarter of full scale."""
        return float(np.mean(self.change > CLEAR))

    @property
    def clearly_less(self) -> float:
        """Share 0..1 of the pixels where the near miss has less by a quarter of full scale."""
        return float(np.mean(self.change < -CLEAR))


def pixel_difference(query: NDArray[np.uint8], example: NDArray[np.uint8]) -> Difference:
    """Subtract a grey image from its near miss.

    Parameters
    ----------
    query : uint8 array [H, W, 1]
        The image.
    example : uint8 array [H, W, 1]
        The near miss.

    Returns
    -------
    Difference
        ``change`` is near miss minus image, as a share of full scale.

    Raises
    ------
    InvalidInput
        If the images are in colour (their difference has no sign) or differ in shape.
    """
    _check_shapes(query, example)
    if query.shape[2] != 1:
        raise InvalidInput("Colour images have no signed pixel difference; compare their relevance maps instead.")
    change = (example[..., 0].astype(np.float64) - query[..., 0]) / 255
    return Difference(_rgb(query), _rgb(example), diverging(change, LIGHTER, DARKER), change)


def relevance_difference(
    query: NDArray[np.uint8],
    example: NDArray[np.uint8],
    query_relevance: NDArray[np.float64],
    example_relevance: NDArray[np.float64],
    palette: PaletteName = "blue-orange",
) -> Difference:
    """Compare the relevance maps of two colour images: where the classifier's reasons change.

    Parameters
    ----------
    query : uint8 array [H, W, 3]
        The image.
    example : uint8 array [H, W, 3]
        The near miss.
    query_relevance : float64 array [H, W]
        Relevance in the image for a class, of any scale: it is divided by its largest absolute value.
    example_relevance : float64 array [H, W]
        Relevance in the near miss for the *same* class.
    palette : {"blue-orange", "green-red"}, default "blue-orange"
        Colours of evidence for and against.

    Returns
    -------
    Difference
        The first two pictures are the images tinted with their maps.

    Raises
    ------
    InvalidInput
        If shapes differ.
    """
    _check_shapes(query, example)
    if not query_relevance.shape == example_relevance.shape == query.shape[:2]:
        raise InvalidInput(
            f"Relevance maps must have the images' size {query.shape[:2]}, not {query_relevance.shape} and "
            f"{example_relevance.shape}."
        )
    ours, theirs = _normalised(query_relevance), _normalised(example_relevance)
    change = (theirs - ours) / 2
    colours = PALETTES[palette]

    def coloured(values: NDArray[np.float64]) -> NDArray[np.uint8]:
        return diverging(values, colours.supports, colours.opposes)

    def tinted(image: NDArray[np.uint8], relevance: NDArray[np.float64]) -> NDArray[np.uint8]:
        return np.asarray(np.rint(0.5 * luminance(image)[..., None] + 0.5 * coloured(relevance)), dtype=np.uint8)

    return Difference(tinted(query, ours), tinted(example, theirs), coloured(_normalised(change)), change)


def compare(
    case: Case, example: NDArray[np.uint8], model: Classifier, palette: PaletteName = "blue-orange"
) -> Difference:
    """Compare an explained image with a training image.

    Grey images differ in their pixels; of colour images the evidence for the predicted class is compared, which takes
    an explanation of the training image.

    Parameters
    ----------
    case : Case
        The image with its explanations.
    example : uint8 array [H, W, C]
        The training image, of the same size.
    model : Classifier
        The classifier that was explained.
    palette : {"blue-orange", "green-red"}, default "blue-orange"
        Colours of evidence for and against.

    Returns
    -------
    Difference
        By pixels or by relevance.

    Raises
    ------
    InvalidInput
        If the images differ in shape.
    """
    if case.image.shape[2] == 1:
        return pixel_difference(case.image, example)
    ours = case.explanations[SHARED_ARM]
    theirs = explain(example, model, segments=ours.segments, classes=[case.prediction], settings=SETTINGS)[0]
    return relevance_difference(case.image, example, ours.relevance(0), theirs.relevance(0), palette)


def diverging(values: NDArray[np.float64], above: Rgb, below: Rgb) -> NDArray[np.uint8]:
    """Paint signed values: white at zero, one colour towards 1, another towards -1.

    Parameters
    ----------
    values : float64 array [H, W]
        In -1..1; others are clipped.
    above : tuple of int
        Colour at 1: red, green and blue, 0..255 each.
    below : tuple of int
        Colour at -1.

    Returns
    -------
    uint8 array [H, W, 3]
        The picture.
    """
    strength = np.clip(np.abs(values), 0, 1)[..., None]
    colour = np.where((values > 0)[..., None], above, below)
    return np.asarray(np.rint(255 + strength * (colour - 255.0)), dtype=np.uint8)


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values


def _rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(image, (*image.shape[:2], 3)).copy()


def _check_shapes(query: NDArray[np.uint8], example: NDArray[np.uint8]) -> None:
    if query.shape != example.shape:
        raise InvalidInput(f"The images differ in shape: {query.shape} and {example.shape}.")
