"""A stored network as a classifier."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.answers import numbers
from xai_core.classifiers.backends import Backend, OpenVINOBackend, TensorFlowBackend
from xai_core.classifiers.base import Images
from xai_core.classifiers.child import run_module
from xai_core.classifiers.files import ModelFiles
from xai_core.errors import ClassifierUnavailable, InvalidInput

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkClassifier:
    """A ``StreamingClassifier`` on a back end; ``notes`` are sentences on what was asked for and not had."""

    name: str
    class_names: tuple[str, ...]
    input_shape: tuple[int, int, int]
    version: str
    backend: Backend

    @property
    def precision(self) -> str:
        """One of ``PRECISIONS``: what is computed in, which need not be what was asked for."""
        return self.backend.precision

    @property
    def notes(self) -> tuple[str, ...]:
        """What the back end has to say."""
        return self.backend.notes

    @property
    def answers(self) -> str:
        """What the network's answers were found to be, and on which evidence."""
        return self.backend.answers

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Class probabilities ``[N, K]`` of images ``[N, H, W, C]`` in 0..1.

        Raises ``InvalidInput`` for images of another shape and ``InvalidAnswer`` where an answer is not a number.
        """
        return self.predict_batches([images])

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Penultimate features ``[N, D]`` of images ``[N, H, W, C]`` in 0..1; raises as above."""
        return self.embed_batches([images])

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """Probabilities of batches drawn lazily, in order, while earlier ones are computed; raises as above."""
        return numbers(self.name, self.backend.run(map(self._checked, batches), "probabilities"))

    def embed_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """Features of batches drawn lazily, as ``predict_batches``."""
        return numbers(self.name, self.backend.run(map(self._checked, batches), "embedding"))

    def _checked(self, images: Images) -> Images:
        if images.shape[1:] != self.input_shape or len(images) == 0:
            raise InvalidInput(
                f"{self.name} takes images [N, {', '.join(map(str, self.input_shape))}], got {images.shape}."
            )
        return images


def load_network(files: ModelFiles, precision: str = "float32") -> NetworkClassifier:
    """The network of ``files`` on the fastest back end that serves it.

    A card that says ``"exact": true`` is of a network that is computed in float32 whatever is asked for: one that
    subtracts nearly equal numbers, of which 16 bits would leave nothing.

    The exported graph is made again where it is missing or stale; TensorFlow is imported only where it is impossible.
    Raises ``ClassifierUnavailable`` where card, Keras file or exported files are missing or broken or do not fit
    together, and where a network that OpenVINO does not know meets no TensorFlow.
    """
    card, shape, version = files.card(), files.input_shape(), files.version()
    if card.entries.get("weights", version) != version:
        raise ClassifierUnavailable(
            f"{files.keras.name} holds other weights than {files.card_path.name} describes: restore both, or take the "
            'line with "weights" out of the card if the new ones are meant.'
        )
    precision = "float32" if card.entries.get("exact") is True else precision
    return NetworkClassifier(files.name, card.class_names, shape, version, _backend(files, precision))


def _backend(files: ModelFiles, precision: str) -> Backend:
    if importlib.util.find_spec("openvino") is None:
        return TensorFlowBackend(files, precision)
    if files.exported.exists():
        altered = files.altered(files.exported)
        if not altered:
            backend = OpenVINOBackend(files, precision)
            if backend.exported_from == files.stamp():
                return backend
        elif "files" in files.card().entries:
            log.warning("%s is not the file that %s describes: made again", altered[0], files.card_path.name)
    reason = run_module("xai_core.classifiers.export", files.folder, files.name)
    if reason is None:
        return OpenVINOBackend(files, precision)
    if importlib.util.find_spec("tensorflow") is None:
        raise ClassifierUnavailable(
            f"OpenVINO cannot serve {files.name} ({reason}) and TensorFlow, which might, is not installed: "
            "pip install tensorflow."
        )
    return TensorFlowBackend(files, precision, (f"OpenVINO cannot serve {files.name}: {reason}",))
