"""A classifier made of the features of a network that is there, and a linear model on them that somebody trained.

``transfer_training`` makes them. They are stored as ``NAME.transfer.npz`` beside a card ``NAME.json``.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.answers import probabilities
from xai_core.classifiers.base import Images, batch_size
from xai_core.classifiers.files import Card, ModelFiles
from xai_core.classifiers.fitting import fitted
from xai_core.classifiers.network import NetworkClassifier
from xai_core.datasets.files import atomic, load_arrays
from xai_core.errors import ClassifierUnavailable, InvalidInput

SUFFIX = ".transfer.npz"
MOST_IMAGES = 3000  # that one is trained on: a minute and a half of features on two cores
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TransferClassifier:
    """Softmax of ``features @ coefficients + intercepts``, the features being those of ``base``.

    ``coefficients`` float32 ``[D, K]``, ``intercepts`` float32 ``[K]``. A ``StreamingClassifier``; images of another
    size or colours than ``base`` takes are fitted to it.
    """

    name: str
    class_names: tuple[str, ...]
    input_shape: tuple[int, int, int]
    base: NetworkClassifier
    coefficients: Floats
    intercepts: Floats

    @property
    def version(self) -> str:
        """Hash of the linear model and of what it was trained on, 16 hexadecimal digits."""
        digest = hashlib.sha256(f"{self.base.name} {self.base.version} {self.input_shape}".encode())
        digest.update(self.coefficients.tobytes() + self.intercepts.tobytes())
        return digest.hexdigest()[:16]

    @property
    def precision(self) -> str:
        """That of ``base``."""
        return self.base.precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What ``base`` has to say."""
        return self.base.notes

    def predict_proba(self, images: Images) -> Floats:
        """Class probabilities ``[N, K]`` of images ``[N, H, W, C]`` in 0..1.

        Raises ``InvalidInput`` for images of another shape and ``InvalidAnswer`` where an answer is not a number.
        """
        return self.predict_batches([images])

    def embed(self, images: Images) -> Floats:
        """The features of ``base`` ``[N, D]``; raises as above."""
        return self.base.embed_batches(self._fitted([images]))

    def predict_batches(self, batches: Iterable[Images]) -> Floats:
        """Probabilities of batches drawn lazily, in order, while earlier ones are computed; raises as above."""
        features = self.base.embed_batches(self._fitted(batches))
        return probabilities(features @ self.coefficients + self.intercepts, "scores")

    def _fitted(self, batches: Iterable[Images]) -> Iterator[Images]:
        for images in batches:
            if images.shape[1:] != self.input_shape or len(images) == 0:
                raise InvalidInput(
                    f"{self.name} takes images [N, {', '.join(map(str, self.input_shape))}], got {images.shape}."
                )
            yield from in_pieces(images, self.base)


def in_pieces(images: Images, base: NetworkClassifier) -> Iterator[Images]:
    """A few images at a time as ``base`` takes them: all of them enlarged at once could fill the memory."""
    size = batch_size(*base.input_shape[:2])
    for start in range(0, len(images), size):
        yield fitted(images[start : start + size], base.input_shape)


@dataclass(frozen=True)
class TransferFiles:
    """A stored transfer classifier, by folder and name. Nothing is read before a method asks for it."""

    folder: Path
    name: str

    @property
    def model(self) -> Path:
        """Coefficients and intercepts."""
        return self.folder / f"{self.name}{SUFFIX}"

    def card(self) -> Card:
        """Class names and how it was made. Raises ``ClassifierUnavailable``."""
        try:
            return ModelFiles(self.folder, self.name).card()
        except ClassifierUnavailable as error:
            raise self._broken() from error

    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of its images. Raises ``ClassifierUnavailable``."""
        try:
            height, width, channels = self.card().entries["input_shape"]
            return int(height), int(width), int(channels)
        except (KeyError, TypeError, ValueError) as error:
            raise self._broken() from error

    def store(self, classifier: TransferClassifier, entries: dict[str, Any]) -> None:
        """Write model and card, each whole or not at all. Raises ``ClassifierUnavailable`` where that cannot be."""
        card = {
            "name": classifier.name,
            "class_names": classifier.class_names,
            "input_shape": classifier.input_shape,
            "base": classifier.base.name,
            "base_version": classifier.base.version,
            "version": classifier.version,
            **entries,
        }
        try:
            with atomic(self.model) as part:
                np.savez(part, coefficients=classifier.coefficients, intercepts=classifier.intercepts)
            with atomic(self.model.with_name(f"{self.name}.json")) as part:
                part.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise ClassifierUnavailable(
                f"{self.name} could not be stored in {self.folder} ({error}): make room or allow writing."
            ) from error

    def load(self, load_base: Callable[[str], NetworkClassifier]) -> TransferClassifier:
        """The classifier on the network that ``load_base`` gives by name.

        Raises ``ClassifierUnavailable`` where files are damaged, do not belong together, or the network is another.
        """
        card = self.card()
        try:
            arrays = load_arrays(self.model)
            base = load_base(str(card.entries["base"]))
            model = TransferClassifier(
                self.name, card.class_names, self.input_shape(), base, arrays["coefficients"], arrays["intercepts"]
            )
            version, base_version = card.entries["version"], card.entries["base_version"]
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise self._broken() from error
        if base.version != base_version:
            raise ClassifierUnavailable(
                f"{self.name} was trained on version {base_version} of {base.name}, and {base.version} is here: "
                "train it again."
            )
        if model.version != version:
            raise self._broken()
        return model

    def _broken(self) -> ClassifierUnavailable:
        return ClassifierUnavailable(
            f"{self.model} and its card {self.name}.json are damaged or do not belong together: train it again."
        )
