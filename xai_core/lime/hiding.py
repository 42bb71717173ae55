"""What stands in for a hidden segment, and the composing of images in which some are hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.errors import InvalidInput
from xai_core.segmenters import Segmentation

Image = NDArray[np.float32]  # [H, W, C] in 0..1
Shown = NDArray[np.bool_]  # [N, K]: is segment k to be seen in image n?


def mean_colours(image: Image, segmentation: Segmentation) -> Image:
    """Paint every segment in its mean colour: the fill of ``lime``.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image.
    segmentation : Segmentation
        Its segments.

    Returns
    -------
    float32 array [H, W, C]
        The fill.
    """
    labels = segmentation.labels.ravel()
    sizes = np.bincount(labels, minlength=segmentation.count)
    channels = image.reshape(-1, image.shape[2]).T
    sums = np.stack([np.bincount(labels, channel, segmentation.count) for channel in channels], axis=1)  # [K, C]
    return (sums / sizes[:, None]).astype(np.float32)[segmentation.labels]


def blurred(image: Image) -> Image:
    """Blur an image by a Gaussian of a tenth of its longer side.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image.

    Returns
    -------
    float32 array [H, W, C]
        The fill.
    """
    smooth: Image = ndimage.gaussian_filter(image, max(image.shape[:2]) / 10, axes=(0, 1))
    return smooth


def surroundings(image: Image, segmentation: Segmentation) -> Image:
    """Paint every segment in the mean colour of a rim around it, a fourteenth of the image's side wide.

    What remains of a hidden piece is then what its neighbours look like, not what it was itself.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image.
    segmentation : Segmentation
        Its segments.

    Returns
    -------
    float32 array [H, W, C]
        The fill.
    """
    reach = max(1, round(min(image.shape[:2]) / 14))
    filled = np.empty_like(image)
    boxes = ndimage.find_objects(segmentation.labels + 1)
    for label, (rows, columns) in enumerate(boxes):
        window = (
            slice(max(rows.start - reach, 0), rows.stop + reach),
            slice(max(columns.start - reach, 0), columns.stop + reach),
        )
        inside = segmentation.labels[window] == label
        rim = ndimage.binary_dilation(inside, iterations=reach) & ~inside
        around = image[window][rim] if rim.any() else image[window][inside]  # one segment has no surroundings
        filled[window][inside] = around.mean(axis=0)
    return filled


FillImage = Callable[[Image, Segmentation, float], Image]
FILLS: Mapping[str, FillImage] = MappingProxyType(
    {
        "mean": lambda image, segmentation, constant: mean_colours(image, segmentation),
        "blur": lambda image, segmentation, constant: blurred(image),
        "constant": lambda image, segmentation, constant: np.full_like(image, constant),
        "surroundings": lambda image, segmentation, constant: surroundings(image, segmentation),
        "blur-constant": lambda image, segmentation, constant: (blurred(image) + np.float32(constant)) / np.float32(2),
    }
)
"""What stands in for hidden segments; the number is the grey level 0..1 of the fills that need one."""


@dataclass(frozen=True, eq=False)
class Hiding:
    """An image, its segments and its fill, ready to be composed.

    Images are mixed as bit patterns, ``fill ^ (mask & (image ^ fill))``: exact, and several times as fast as selecting
    floats. ``unchanged`` bool ``[K]``: hiding the segment changes no pixel.
    """

    shape: tuple[int, int, int]
    unchanged: NDArray[np.bool_]
    fill: NDArray[np.uint32]  # [H * W * C]
    difference: NDArray[np.uint32]  # [H * W * C]
    segment_of: NDArray[np.intp]  # [H * W * C]

    @classmethod
    def of(cls, image: Image, segmentation: Segmentation, fill: str, constant: float = 0.0) -> Hiding:
        """Raises ``InvalidInput`` for a fill that is not in ``FILLS``."""
        if fill not in FILLS:
            raise InvalidInput(f"There is no fill {fill!r}; choose one of {', '.join(FILLS)}.")
        image_bits = np.ascontiguousarray(image).view(np.uint32).ravel()
        fill_bits = np.ascontiguousarray(FILLS[fill](image, segmentation, constant)).view(np.uint32).ravel()
        segment_of = np.repeat(segmentation.labels.ravel(), image.shape[2]).astype(np.intp)
        changes = np.bincount(segment_of, image_bits != fill_bits, segmentation.count)
        height, width, channels = image.shape
        return cls((height, width, channels), changes == 0, fill_bits, image_bits ^ fill_bits, segment_of)

    def compose(self, shown: Shown, out: NDArray[np.uint32]) -> None:
        """Write images in which some segments are hidden.

        Parameters
        ----------
        shown : bool array [N, K]
            Which segments each image shows.
        out : uint32 array [N, H * W * C]
            Takes the images as bit patterns of float32.
        """
        switches = shown.astype(np.uint32) * np.uint32(0xFFFFFFFF)
        np.take(switches, self.segment_of, axis=1, out=out, mode="clip")  # "raise" would go through a buffer
        out &= self.difference
        out ^= self.fill


def compose_batches(parts: Iterable[tuple[Hiding, Shown]], size: int) -> Iterator[Image]:
    """Compose the images of several parts one after another, in batches.

    Parameters
    ----------
    parts : iterable of (Hiding, bool array [N, K])
        An image with its segments, and which of them each composed image shows.
    size : int
        Images in a batch; the last may be smaller.

    Yields
    ------
    float32 array [size, H, W, C]
        A batch.
    """
    batch, filled, shape = np.empty((0, 0), np.uint32), 0, (0, 0, 0)
    for hiding, shown in parts:
        taken = 0
        while taken < len(shown):
            if filled == 0:
                shape = hiding.shape
                batch = np.empty((size, hiding.fill.size), np.uint32)
            count = min(size - filled, len(shown) - taken)
            hiding.compose(shown[taken : taken + count], batch[filled : filled + count])
            taken, filled = taken + count, filled + count
            if filled == size:
                yield batch.view(np.float32).reshape(-1, *shape)
                filled = 0
    if filled:
        yield batch[:filled].view(np.float32).reshape(-1, *shape)
