"""What a classifier is to the rest of the program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]  # [N, H, W, C] in 0..1
PRECISIONS = ("float32", "bfloat16", "int8")  # from exact to fast
PIXELS_PER_BATCH = 160_000  # larger batches leave the processor's cache


def batch_size(height: int, width: int) -> int:
    """How many images of a given size run fastest at once.

    Parameters
    ----------
    height : int
        Pixels.
    width : int
        Pixels.

    Returns
    -------
    int
        5 photographs to 100 digits.
    """
    return min(max(PIXELS_PER_BATCH // (height * width), 5), 100)


@runtime_checkable
class Classifier(Protocol):
    """Anything that turns images into class probabilities and features.

    ``input_shape`` is ``(H, W, C)``; ``version`` is a hash of the weights; ``precision`` is one of
    ``PRECISIONS``, recorded with every explanation.
    """

    @property
    def name(self) -> str: ...
    @property
    def class_names(self) -> tuple[str, ...]: ...
    @property
    def input_shape(self) -> tuple[int, int, int]: ...
    @property
    def version(self) -> str: ...
    @property
    def precision(self) -> str: ...

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Classify images.

        Parameters
        ----------
        images : float32 array [N, H, W, C], 0..1
            Of the size ``input_shape``.

        Returns
        -------
        float32 array [N, K]
            Probabilities of the classes, rows adding up to 1.
        """
        ...

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Features of images: those of the penultimate layer.

        Parameters
        ----------
        images : float32 array [N, H, W, C], 0..1
            Of the size ``input_shape``.

        Returns
        -------
        float32 array [N, D]
            One row for each image.
        """
        ...


@runtime_checkable
class StreamingClassifier(Classifier, Protocol):
    """A classifier that works on one batch while the caller composes the next."""

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """Classify batches that are drawn lazily, in order.

        Parameters
        ----------
        batches : iterable of float32 array [n, H, W, C], 0..1
            Of any sizes.

        Returns
        -------
        float32 array [N, K]
            Probabilities of all images of all batches.
        """
        ...


def predict_batches(classifier: Classifier, batches: Iterable[Images]) -> NDArray[np.float32]:
    """Classify batches while the next ones are being composed, where the classifier can do that.

    Parameters
    ----------
    classifier : Classifier
        The classifier.
    batches : iterable of float32 array [n, H, W, C], 0..1
        Drawn lazily, in order.

    Returns
    -------
    float32 array [N, K]
        Probabilities of all images of all batches.
    """
    if isinstance(classifier, StreamingClassifier):
        return classifier.predict_batches(batches)
    return np.concatenate([classifier.predict_proba(batch) for batch in batches])
