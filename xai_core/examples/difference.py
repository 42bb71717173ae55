"""What would have to change: query, near miss, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput

MORE = np.array([178, 24, 43], dtype=np.float64)  # red and blue of ColorBrewer's RdBu: told apart with any eyes
LESS = np.array([33, 102, 172], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Difference:
    """Three pictures uint8 ``[H, W, 3]`` and the signed ``change`` float64 ``[H, W]`` in -1..1 behind the third.

    Red: the near miss has more there (light, or relevance), blue: less, white: the same.
    """

    query: NDArray[np.uint8]
    example: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    change: NDArray[np.float64]


def pixel_difference(query: NDArray[np.uint8], example: NDArray[np.uint8]) -> Difference:
    """Signed difference of two grey images uint8 ``[H, W, 1]``: near miss minus query, as a share of full scale.

    Raises ``InvalidInput`` for colour images (their difference has no sign) or two shapes.
    """
    _check_shapes(query, example)
    if query.shape[2] != 1:
        raise InvalidInput("Colour images have no signed pixel difference; compare their relevance maps instead.")
    change = (example[..., 0].astype(np.float64) - query[..., 0]) / 255
    return Difference(_rgb(query), _rgb(example), diverging(change), change)


def relevance_difference(
    query: NDArray[np.uint8],
    example: NDArray[np.uint8],
    query_relevance: NDArray[np.float64],
    example_relevance: NDArray[np.float64],
) -> Difference:
    """Relevance maps of two colour images and their difference: for which regions the classifier's reasons change.

    ``query`` and ``example`` uint8 ``[H, W, 3]``; the relevance maps float64 ``[H, W]`` of the *same class* for both,
    of any scale (each is divided by its largest absolute value). The first two pictures show the images tinted with
    their map. Raises ``InvalidInput`` when shapes differ.
    """
    _check_shapes(query, example)
    if not query_relevance.shape == example_relevance.shape == query.shape[:2]:
        raise InvalidInput(
            f"Relevance maps must have the images' size {query.shape[:2]}, not {query_relevance.shape} and "
            f"{example_relevance.shape}."
        )
    ours, theirs = _normalised(query_relevance), _normalised(example_relevance)
    change = (theirs - ours) / 2
    return Difference(_tinted(query, ours), _tinted(example, theirs), diverging(_normalised(change)), change)


def diverging(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Values -1..1 ``[H, W]`` as colours uint8 ``[H, W, 3]``: blue below, white at, red above zero."""
    strength = np.clip(np.abs(values), 0, 1)[..., None]
    colour = np.where((values > 0)[..., None], MORE, LESS)
    return np.asarray(np.rint(255 + strength * (colour - 255)), dtype=np.uint8)


def _tinted(image: NDArray[np.uint8], relevance: NDArray[np.float64]) -> NDArray[np.uint8]:
    grey = _rgb(image).mean(axis=2, keepdims=True)
    return np.asarray(np.rint(0.5 * grey + 0.5 * diverging(relevance)), dtype=np.uint8)


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values


def _rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(image, (*image.shape[:2], 3)).copy()


def _check_shapes(query: NDArray[np.uint8], example: NDArray[np.uint8]) -> None:
    if query.shape != example.shape:
        raise InvalidInput(f"The images differ in shape: {query.shape} and {example.shape}.")
