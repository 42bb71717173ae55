"""The support vector machine of the mini-MNIST notebook, trained in seconds when asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC

from xai_core.classifiers.base import Images
from xai_core.datasets import ImageDataset, as_float
from xai_core.errors import InvalidInput

SAMPLES = 1000  # as in the notebook


@dataclass(frozen=True)
class SupportVectorClassifier:
    """RBF-kernel support vectors with Platt-scaled probabilities; its features are the one-vs-rest decision values."""

    name: str
    class_names: tuple[str, ...]
    input_shape: tuple[int, int, int]
    version: str
    calibrated: CalibratedClassifierCV
    precision: str = "float32"

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Class probabilities ``[N, K]`` of images ``[N, H, W, C]`` in 0..1; raises ``InvalidInput`` on others."""
        return np.asarray(self.calibrated.predict_proba(self._flat(images)), dtype=np.float32)

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Decision values ``[N, K]``; raises as above."""
        machine = self.calibrated.calibrated_classifiers_[0].estimator
        return np.asarray(machine.decision_function(self._flat(images)), dtype=np.float32)

    def _flat(self, images: Images) -> NDArray[np.float32]:
        if images.shape[1:] != self.input_shape or len(images) == 0:
            raise InvalidInput(
                f"{self.name} takes images [N, {', '.join(map(str, self.input_shape))}], got {images.shape}."
            )
        return images.reshape(len(images), -1)


def train_svm(data: ImageDataset, *, seed: int = 0, samples: int = SAMPLES) -> SupportVectorClassifier:
    """A support vector machine on ``samples`` random training images of ``data``.

    Its version is a hash of the images it learned from and of how. Raises ``InvalidInput`` where a class has fewer
    than five images among them, the least that calibration by five-fold cross-validation needs.
    """
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(data.x_train), min(samples, len(data.x_train)), replace=False)
    images, labels = data.x_train[rows], data.y_train[rows]
    counts = np.bincount(labels, minlength=len(data.class_names))
    if counts.min() < 5:
        raise InvalidInput(
            f"Class {data.class_names[int(counts.argmin())]!r} of {data.title} has {counts.min()} images among the "
            f"{len(rows)} drawn to train on, at least 5 are needed: draw more."
        )
    machine = SVC()
    calibrated = CalibratedClassifierCV(machine, ensemble=False)  # what SVC(probability=True) did
    calibrated.fit(as_float(images).reshape(len(images), -1), labels)
    recipe = repr((machine.get_params(), seed)).encode()
    digest = hashlib.sha256(recipe + np.ascontiguousarray(images).tobytes() + labels.tobytes())
    return SupportVectorClassifier(
        name=f"{data.name}-svm",
        class_names=data.class_names,
        input_shape=data.image_shape,
        version=digest.hexdigest()[:16],
        calibrated=calibrated,
    )
