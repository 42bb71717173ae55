"""Which test images are explained ahead, and which of them a person is shown next.

Every data set has one random order of its test images, the same for all people, classifiers and servers. The images
at its beginning, as far as they are explained, are the stock; it grows along the order as people use it up. Whoever
comes is shown an image of the stock that they have not seen, each of these with the same probability.

So what a person sees stays a simple random sample of the test images, without replacement, and does not depend on how
hard, how costly or how popular an image is: the stock is a beginning of a random order, and the draw within it looks
at nothing but what the person has seen. What differs from everybody drawing among all images is that people meet the
same images sooner, which saves most of the work, and lets their answers be compared.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Set

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset
from xai_core.errors import DatasetUnavailable
from xai_core.sampling import interesting_indices, random_indices


def shared_order(data: ImageDataset) -> np.random.Generator:
    """The generator of the one random order of a data set's test images."""
    return np.random.default_rng([zlib.crc32(data.name.encode()), len(data.x_test)])


def all_images(data: ImageDataset) -> Iterator[int]:
    """All test images of ``data`` in the shared order."""
    return map(int, random_indices(data, shared_order(data)))


def interesting_images(data: ImageDataset, classifier: Classifier) -> Iterator[int]:
    """Those that ``classifier`` gets barely wrong, in the shared order; it is asked as far as the order is read."""
    return interesting_indices(data, classifier, shared_order(data))


class Stock:
    """The beginning of an order that is explained already. Threads may share it."""

    def __init__(self, order: Iterator[int], nothing: str) -> None:
        """``order``: indices of images, drawn lazily. ``nothing``: what to say where there are none."""
        self._rest = order
        self._nothing = nothing
        self._order: list[int] = []
        self._size = 0
        self._failed: set[int] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many images at the beginning of the order are in stock."""
        return self._size

    def draw(self, seen: Set[int], rng: np.random.Generator) -> int:
        """The image to show next to somebody who has ``seen`` these: in stock, or else the first beyond it.

        Whoever has seen all images is shown any of them again. Raises ``DatasetUnavailable`` where there are none.
        """
        with self._lock:
            seen = seen | self._failed
            fresh = [index for index in self._order[: self._size] if index not in seen]
            if fresh:
                return int(rng.choice(fresh))
            at = self._size
            while (index := self._at(at)) is not None:
                if index not in seen:
                    return index
                at += 1
            usable = [index for index in self._order if index not in self._failed]
            if not usable:
                raise DatasetUnavailable(self._nothing)
            return int(rng.choice(usable))

    def left(self, seen: Set[int]) -> int:
        """How many images in stock somebody who has ``seen`` these can still be shown."""
        with self._lock:
            seen = seen | self._failed
            return sum(index not in seen for index in self._order[: self._size])

    def next(self) -> int | None:
        """The image that would make the stock larger; ``None`` where all are in it."""
        with self._lock:
            return self._at(self._size)

    def grow(self, has: Callable[[int], bool]) -> int:
        """Take into stock what follows in the order as long as ``has`` says that it is explained; returns the size.

        An image is never passed over, however long it takes, so that the stock stays a beginning of the order.
        """
        while (index := self.next()) is not None and (index in self._failed or has(index)):
            with self._lock:
                if self._at(self._size) == index:
                    self._size += 1
        return self._size

    def fail(self, index: int) -> None:
        """This image cannot be explained: nobody is shown it, and it is in nobody's way."""
        with self._lock:
            self._failed.add(index)

    def _at(self, place: int) -> int | None:
        while len(self._order) <= place:
            index = next(self._rest, None)
            if index is None:
                return None
            self._order.append(index)
        return self._order[place]
