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
    """How many images of that size run fastest at once: 5 photographs to 100 digits."""
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
        """Class probabilities float32 ``[N, K]`` of float32 images ``[N, H, W, C]`` in 0..1."""
        ...

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Penultimate features float32 ``[N, D]``."""
        ...


@runtime_checkable
class StreamingClassifier(Classifier, Protocol):
    """A classifier that works on one batch while the caller composes the next."""

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """Probabilities ``[sum of batch sizes, K]`` of batches drawn lazily, in order."""
        ...


def predict_batches(classifier: Classifier, batches: Iterable[Images]) -> NDArray[np.float32]:
    """Probabilities of lazily composed batches, overlapped with their composition where the classifier can."""
    if isinstance(classifier, StreamingClassifier):
        return classifier.predict_batches(batches)
    return np.concatenate([classifier.predict_proba(batch) for batch in batches])
