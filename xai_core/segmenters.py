"""Named segmentations of an image: deterministic, scaled to its size, labelled 0..K-1.

Most segmenters have granularities; ``segment`` takes both as one name: ``slic-medium``, ``slic-medium@fine``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from skimage import color, filters, segmentation, transform

from xai_core.errors import InvalidInput
from xai_core.numerics import luminance

Image = NDArray[np.float32]  # [H, W, C] in 0..1
AnyLabels = NDArray[np.integer]  # [H, W], numbered as a method likes

REGIONS = 25  # aimed at by default, as in the mini-MNIST notebook
FEWEST = 4  # below this a segmentation says nothing about where the classifier looks
SEARCH_STEPS = 10
QUICKSHIFT_PIXELS = 64  # its time grows with the fourth power of the image's side


@dataclass(frozen=True, eq=False)
class Segmentation:
    """``labels`` int32 ``[H, W]`` in 0..count-1, each occurring; ``notes``: sentences on what had to be adjusted."""

    labels: NDArray[np.int32]
    count: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Granularity:
    """``detail`` multiplies the number of regions aimed at; ``low..high`` are the counts that are accepted."""

    detail: float
    low: int
    high: int


USUAL = "medium"
GRANULARITIES: Mapping[str, Granularity] = MappingProxyType(
    {"coarse": Granularity(0.44, 6, 14), "medium": Granularity(1.0, 12, 40), "fine": Granularity(2.2, 40, 80)}
)


def slic(rgb: Image, detail: float, *, compactness: float) -> AnyLabels:
    """k-means in colour and place (Achanta et al. 2012); colours stay RGB as in the mini-MNIST notebook."""
    labels: AnyLabels = segmentation.slic(
        rgb, n_segments=max(2, round(REGIONS * detail)), compactness=compactness, convert2lab=False, start_label=0
    )
    return labels


def quickshift(rgb: Image, detail: float) -> AnyLabels:
    """Mode seeking in colour and place (Vedaldi & Soatto 2008), on a copy of at most 64 pixels a side."""
    height, width = rgb.shape[:2]
    shrink = min(1.0, QUICKSHIFT_PIXELS / max(height, width))
    size = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    small: Image = transform.resize(rgb, size, anti_aliasing=True) if shrink < 1 else rgb
    side = math.sqrt(size[0] * size[1])
    kernel_size = max(side / 20, 1)  # which is narrower than a pixel on the smallest images
    labels: AnyLabels = segmentation.quickshift(
        color.rgb2lab(small), ratio=0.5, kernel_size=kernel_size, max_dist=side / 7 / detail, convert2lab=False, rng=0
    )
    rows, columns = (np.arange(length) * few // length for length, few in ((height, size[0]), (width, size[1])))
    enlarged: AnyLabels = labels[rows[:, None], columns]
    return enlarged


def felzenszwalb(rgb: Image, detail: float) -> AnyLabels:
    """Minimum spanning tree of colour differences (Felzenszwalb & Huttenlocher 2004)."""
    pixels = rgb.shape[0] * rgb.shape[1]
    labels: AnyLabels = segmentation.felzenszwalb(
        rgb, scale=pixels / 60 / detail**2, sigma=0.5, min_size=max(3, round(pixels / (3 * REGIONS * detail)))
    )
    return labels


def watershed(rgb: Image, detail: float) -> AnyLabels:
    """Compact watershed of the gradient from regular seeds (Neubert & Protzel 2014)."""
    markers = max(2, round(REGIONS * detail))
    labels: AnyLabels = segmentation.watershed(filters.sobel(luminance(rgb)), markers=markers, compactness=0.001)
    return labels


def grid(rgb: Image, cells: int) -> AnyLabels:
    """``cells`` x ``cells`` rectangles."""
    rows, columns = (np.arange(length) * cells // length for length in rgb.shape[:2])
    cell: AnyLabels = rows[:, None] * cells + columns
    return cell


@dataclass(frozen=True)
class Segmenter:
    """``regions(rgb, detail)`` draws labels of any numbering; a larger ``detail`` asks for more of them.

    ``title`` says in words what the pieces look like, for people who know no segmenter by name.
    """

    title: str
    regions: Callable[[Image, float], AnyLabels]
    granular: bool = True


SEGMENTERS: Mapping[str, Segmenter] = MappingProxyType(
    {
        "slic-loose": Segmenter("patches that follow colours", partial(slic, compactness=0.01)),
        "slic-medium": Segmenter("patches that balance colour and place", partial(slic, compactness=0.1)),
        "slic-compact": Segmenter("rounded patches", partial(slic, compactness=1.0)),
        "grid-5": Segmenter("squares, 5 by 5", lambda rgb, detail: grid(rgb, 5), granular=False),
        "grid-7": Segmenter("squares, 7 by 7", lambda rgb, detail: grid(rgb, 7), granular=False),
        "grid-11": Segmenter("squares, 11 by 11", lambda rgb, detail: grid(rgb, 11), granular=False),
        "quickshift": Segmenter("patches of one shade", quickshift),
        "felzenszwalb": Segmenter("patches along edges", felzenszwalb),
        "watershed": Segmenter("patches between edges", watershed),
    }
)


def segment(image: Image, name: str) -> Segmentation:
    """Segment an image by name.

    The detail of the method is searched until the number of segments falls within the range of the granularity. An
    image that yields fewer than four regions at every setting is cut into regular cells instead, and a note says so.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        Grey (C = 1) or RGB (C = 3).
    name : str
        ``SEGMENTER`` or ``SEGMENTER@GRANULARITY``, such as ``slic-medium`` or ``slic-medium@fine``.

    Returns
    -------
    Segmentation
        Labels 0..K-1, their number, and notes.

    Raises
    ------
    InvalidInput
        If there is no segmentation of that name.
    """
    method, at, granularity = name.partition("@")
    segmenter = SEGMENTERS.get(method)
    if segmenter is None or (at and not (segmenter.granular and granularity in GRANULARITIES)):
        raise InvalidInput(
            f"There is no segmentation {name!r}; choose one of {', '.join(SEGMENTERS)}, for most followed by "
            f"{' or '.join(f'@{each}' for each in GRANULARITIES)}."
        )
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    if not segmenter.granular:
        return from_labels(segmenter.regions(rgb, 1.0))
    return _searched(name, segmenter, rgb, GRANULARITIES[granularity or USUAL])


def from_labels(labels: AnyLabels, notes: tuple[str, ...] = ()) -> Segmentation:
    """Renumber any label map 0..K-1, keeping the order of the labels.

    The one place that numbers segments: scikit-image starts some methods at 1, and a label that LIME never hides
    silently gets no weight.

    Parameters
    ----------
    labels : integer array [H, W]
        Labels of any numbering.
    notes : tuple of str, optional
        Notes to keep with the segmentation.

    Returns
    -------
    Segmentation
        The same regions, numbered.

    Raises
    ------
    InvalidInput
        If the array is not two-dimensional or does not hold integers.
    """
    if labels.ndim != 2 or not np.issubdtype(labels.dtype, np.integer):
        raise InvalidInput(f"segments must be integers [H, W], not {labels.dtype} of shape {labels.shape}.")
    found, inverse = np.unique(labels, return_inverse=True)
    return Segmentation(inverse.reshape(labels.shape).astype(np.int32), len(found), notes)


def _searched(name: str, segmenter: Segmenter, rgb: Image, wanted: Granularity) -> Segmentation:
    """Bisects the logarithm of the detail until the count is within the wanted range, or as near as it gets."""
    detail, coarser, finer = wanted.detail, 0.0, math.inf
    tried: list[Segmentation] = []
    for _ in range(SEARCH_STEPS):
        tried.append(from_labels(segmenter.regions(rgb, detail)))
        if wanted.low <= tried[-1].count <= wanted.high:
            break
        if tried[-1].count < wanted.low:
            coarser = detail
            detail = math.sqrt(detail * finer) if finer < math.inf else detail * 1.6
        else:
            finer = detail
            detail = math.sqrt(detail * coarser) if coarser > 0 else detail / 1.6
    best = min(tried, key=lambda result: abs(math.log(result.count / np.clip(result.count, wanted.low, wanted.high))))
    if not FEWEST <= best.count <= 2 * wanted.high:
        cells = round(math.sqrt(REGIONS * wanted.detail))
        note = f"{name} found {_regions(best.count)} at every setting on this image, so it is cut into regular cells."
        return from_labels(grid(rgb, cells), (note,))
    usual = tried[0].count
    if not FEWEST <= usual <= 2 * wanted.high:
        note = f"{name} found {_regions(usual)} at its usual setting on this image; an adjusted one gave {best.count}."
        return Segmentation(best.labels, best.count, (note,))
    return best


def _regions(count: int) -> str:
    return "1 region" if count == 1 else f"{count} regions"
