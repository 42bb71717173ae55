"""A stored network as a classifier."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.backends import Backend, OpenVINOBackend, TensorFlowBackend
from xai_core.classifiers.base import Images
from xai_core.classifiers.child import run_module
from xai_core.classifiers.files import ModelFiles
from xai_core.errors import ClassifierUnavailable, InvalidInput


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

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Class probabilities ``[N, K]`` of images ``[N, H, W, C]`` in 0..1; raises ``InvalidInput`` on others."""
        return self.backend.run([self._checked(images)], "probabilities")

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Penultimate features ``[N, D]`` of images ``[N, H, W, C]`` in 0..1; raises as above."""
        return self.backend.run([self._checked(images)], "embedding")

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """Probabilities of batches drawn lazily, in order, while earlier ones are computed."""
        return self.backend.run(map(self._checked, batches), "probabilities")

    def _checked(self, images: Images) -> Images:
        if images.shape[1:] != self.input_shape or len(images) == 0:
            raise InvalidInput(
                f"{self.name} takes images [N, {', '.join(map(str, self.input_shape))}], got {images.shape}."
            )
        return images


def load_network(files: ModelFiles, precision: str = "float32") -> NetworkClassifier:
    """The network of ``files`` on the fastest back end that serves it.

    TensorFlow is imported only where the exported twin is missing, stale or impossible.
    Raises ``ClassifierUnavailable`` where card, Keras file or exported files are missing or broken.
    """
    card, shape, version = files.card(), files.input_shape(), files.version()
    classifier = NetworkClassifier(files.name, card.class_names, shape, version, _backend(files, precision))
    classes = len(card.class_names)
    probe = np.zeros((1, *shape), np.float32)
    if (outputs := classifier.predict_proba(probe).shape[1]) != classes:
        raise ClassifierUnavailable(
            f"{files.keras.name} has {outputs} outputs but {files.card_path.name} names {classes} classes: "
            "correct the names."
        )
    return classifier


def _backend(files: ModelFiles, precision: str) -> Backend:
    if importlib.util.find_spec("openvino") is None:
        return TensorFlowBackend(files, precision)
    if files.exported.exists():
        backend = OpenVINOBackend(files, precision)
        if backend.exported_from == files.stamp():
            return backend
    reason = run_module("xai_core.classifiers.export", files.folder, files.name)
    if reason is None:
        return OpenVINOBackend(files, precision)
    return TensorFlowBackend(files, precision, (f"OpenVINO cannot serve {files.name}: {reason}",))
