"""Train a classifier for a data set that none fits, in seconds: logistic regression on the features of a network.

Source: Kornblith, Shlens & Le 2019, "Do better ImageNet models transfer better?", section 4.1 (fixed features).
Importing this imports scikit-learn.
"""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from xai_core.classifiers.base import Images
from xai_core.classifiers.network import NetworkClassifier
from xai_core.classifiers.registry import load_network_by_name, networks_of_shape
from xai_core.classifiers.transfer import MOST_IMAGES, TransferClassifier, TransferFiles, in_pieces
from xai_core.datasets import UNKNOWN_LABEL, ImageDataset, as_float
from xai_core.datasets.files import Progress
from xai_core.errors import InvalidInput
from xai_core.numerics import one_blas_thread
from xai_core.paths import data_root

IMAGENET = "imagenet-efficientnet-lite0"  # has seen photographs of everything
TRIED = 300  # images on which networks are compared
ADVANTAGE = 0.03  # in accuracy that makes up for the hundred times as long explanations of the ImageNet network
FOLDS = 5
ITERATIONS = 1000

Features = NDArray[np.float32]  # [N, D]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class _Sample:
    """Training images, at most so many, every class with its share; ``rows`` are their positions in the data set."""

    images: NDArray[np.uint8]
    labels: Labels
    rows: NDArray[np.intp]


def obstacle(data: ImageDataset) -> str | None:
    """Why no classifier can be trained on ``data``, ``None`` where one can."""
    labels = data.y_train[data.y_train != UNKNOWN_LABEL]
    if len(labels) == 0:
        return f"{data.title} has no labelled training images to learn from; choose another data set."
    if len(data.class_names) < 2:
        return f"{data.title} has one class, which leaves nothing to tell apart; add a second."
    missing = np.setdiff1d(np.arange(len(data.class_names)), labels)
    if len(missing):
        return f"{data.title} has no training image of {data.class_names[missing[0]]}; add some."
    return None


def train_transfer(
    data: ImageDataset,
    *,
    base: str | None = None,
    models: Path | None = None,
    precision: str = "float32",
    progress: Progress | None = None,
) -> TransferClassifier:
    """A classifier ``NAME-transfer`` of the images of ``data``, stored in ``models`` (``$XAI_DATA_DIR/models``).

    ``base`` names the network whose features it uses. Not given, it is the ImageNet network, or one for images of
    this very size that does about as well in cross-validation on up to 300 images, which explains a hundred times as
    fast. The model is scikit-learn's logistic regression with its usual penalty on standardised features of up to
    3,000 images; nothing is tuned, so the card's cross-validated accuracy is an honest one. ``progress`` is told the
    share done (0..1) and what is being done.

    Raises ``InvalidInput`` where ``obstacle`` gives a reason, ``ClassifierUnavailable`` where the network cannot be
    had or the result cannot be stored.
    """
    if (reason := obstacle(data)) is not None:
        raise InvalidInput(reason)
    report = progress or (lambda share, text: None)
    report(0.0, f"Loading {base or IMAGENET}")
    compared: dict[str, float] = {}
    if base is None:
        base, compared = _best_base(data, precision, _part(report, 0, 0.3))
    network = load_network_by_name(base, precision)
    sample = _sample(data, MOST_IMAGES)
    begun = 0.3 if compared else 0.02
    features = _features(sample, network, _part(report, begun, 0.9))
    report(0.9, f"Learning {len(data.class_names)} classes")
    with one_blas_thread():
        accuracy, folds = _cross_validated(features, sample.labels)
        coefficients, intercepts = _fit(features, sample.labels)
    name = f"{data.name}-transfer"
    classifier = TransferClassifier(name, data.class_names, data.image_shape, network, coefficients, intercepts)
    counts = np.bincount(sample.labels, minlength=len(data.class_names))
    TransferFiles(models or data_root() / "models", name).store(
        classifier,
        {
            "dataset": data.name,
            "data_sha256": data.digest,
            "images": dict(zip(data.class_names, counts.tolist(), strict=True)),
            "cross_validation": {"folds": folds, "accuracy": accuracy},
            "compared": compared,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "versions": {package: importlib.metadata.version(package) for package in ("scikit-learn", "numpy")},
        },
    )
    report(1.0, f"{name} is ready")
    return classifier


def _part(report: Progress, begun: float, end: float) -> Progress:
    """Reports the progress of the part from ``begun`` to ``end`` of a longer work."""
    return lambda share, text: report(begun + (end - begun) * share, text)


def _best_base(data: ImageDataset, precision: str, report: Progress) -> tuple[str, dict[str, float]]:
    """The network to build on, and the cross-validated accuracy of each that was compared."""
    candidates = networks_of_shape(data.image_shape)
    sample = _sample(data, TRIED)
    if not candidates or np.bincount(sample.labels).min() < 2:
        return IMAGENET, {}
    compared = {}
    with one_blas_thread():
        for number, name in enumerate([*candidates, IMAGENET]):
            network = load_network_by_name(name, precision)
            begun, end = (step / (len(candidates) + 1) for step in (number, number + 1))
            features = _features(sample, network, _part(report, begun, end))
            compared[name] = _cross_validated(features, sample.labels)[0] or 0.0
    own = max(candidates, key=lambda name: compared[name])
    return (own if compared[own] >= compared[IMAGENET] - ADVANTAGE else IMAGENET), compared


def _sample(data: ImageDataset, most: int) -> _Sample:
    """Labelled training images drawn with seed 0: all of small classes, of the others equally many."""
    rng = np.random.default_rng(0)
    members = [rng.permutation(np.flatnonzero(data.y_train == label)) for label in range(len(data.class_names))]
    rows, left = [], most
    for number, group in enumerate(sorted(members, key=len)):
        taken = group[: max(left // (len(members) - number), 1)]
        rows.append(taken)
        left -= len(taken)
    chosen = np.sort(np.concatenate(rows))
    return _Sample(data.x_train, data.y_train[chosen], chosen)


def _features(sample: _Sample, network: NetworkClassifier, report: Progress) -> Features:
    total = len(sample.rows)

    def pieces() -> Iterator[Images]:
        for start in range(0, total, 50):
            report(start / total, f"{network.name} looks at the images: {start:,} of {total:,}")
            yield from in_pieces(as_float(sample.images[sample.rows[start : start + 50]]), network)

    return network.embed_batches(pieces())


def _model() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))


def _cross_validated(features: Features, labels: Labels) -> tuple[float | None, int]:
    """Share of images that are right when their fold was not learned from, and how many folds there were.

    ``None`` where a class has a single image, which cannot be both learned from and tried.
    """
    folds = min(FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        return None, 0
    split = StratifiedKFold(folds, shuffle=True, random_state=0)
    return round(float(cross_val_score(_model(), features, labels, cv=split).mean()), 4), folds


def _fit(features: Features, labels: Labels) -> tuple[Features, Features]:
    """Coefficients ``[D, K]`` and intercepts ``[K]`` for the features as they are, not standardised."""
    scaler, regression = (step for _, step in _model().fit(features, labels).steps)
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(coefficients) == 1:  # the score of the second of two classes, that of the first being 0
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
    scaled = coefficients / scaler.scale_
    return scaled.T.astype(np.float32), (intercepts - scaled @ scaler.mean_).astype(np.float32)
