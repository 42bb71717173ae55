"""Explanations of a world's pictures, computed once and kept image by image under the data root.

Label maps, weights and errors are kept, so that features can be thought of anew without explaining anything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.pictures import WORLDS, Pictures
from xai_core.arms import LIME_ARMS, SMALL_IMAGE
from xai_core.datasets import as_float, image_id
from xai_core.explanation import Explanation
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.lime.fill_choice import usual_choice
from xai_core.lime.kept_fills import known_fill
from xai_core.lime.settings import LimeSettings
from xai_core.paths import data_root

ENGINE = 1  # to be raised when the engine explains differently: everything is then explained anew
COUNTS = {"castings": 120, "digits": 120, "cifar10": 120, "coco": 60, "imagenet": 60, "birds": 60, "spots": 60}
SMALL_SAMPLES, PHOTO_SAMPLES = 64, 32  # a segmentation, in the mean
# the others are photographs
DATASETS = {"castings": "casting-synthetic", "digits": "mnist", "cifar10": "cifar10", "spots": "spots"}


@dataclass(frozen=True, eq=False)
class Explained:
    """One picture, its evidence, its whole embedding ``[D]`` and all its explanations, the fused one last."""

    image: NDArray[np.uint8]
    evidence: NDArray[np.bool_]
    embedding: NDArray[np.float32]
    explanations: tuple[Explanation, ...]


def settings_for(pictures: Pictures) -> LimeSettings:
    """How pages explain such pictures, with as many samples as a simulation can afford."""
    samples = SMALL_SAMPLES if _small(pictures) else PHOTO_SAMPLES
    settings = LimeSettings(samples, masks="hadamard", estimator="kriging")
    dataset, model = dataset_of(pictures), pictures.classifier
    return (known_fill(dataset, model, data_root()) or usual_choice(dataset, model)).applied_to(settings)


def dataset_of(pictures: Pictures) -> str:
    """The data set under whose name pages and storage know such pictures."""
    return DATASETS.get(pictures.name, "photos")


def load_pictures(name: str) -> Pictures:
    """The pictures of a world, as many as are explained."""
    return WORLDS[name](COUNTS[name])


def explained(pictures: Pictures, number: int) -> Explained:
    """The explanations of one picture, from the data root or made now."""
    settings = settings_for(pictures)
    arms = [arm.name for arm in LIME_ARMS.values() if arm.most_pixels is None or _small(pictures)]
    path = kept_file(pictures, number, "explained")
    if not path.exists():
        found = explain(pictures.images[number], pictures.classifier, arms, classes=1, settings=settings)
        embedding = pictures.classifier.embed(as_float(pictures.images[number])[None])[0]
        _write(path, found, embedding)
    return _read(path, pictures, number, settings)


def kept_file(pictures: Pictures, number: int, what: str) -> Path:
    """Where figures of one picture lie; the folder's name says by which engine, for which classifier."""
    folder = data_root() / "cache" / "ranking" / f"{pictures.name}-{ENGINE}-{pictures.classifier.version[:8]}"
    return folder / f"{image_id(pictures.images[number])}-{what}.npz"


def _small(pictures: Pictures) -> bool:
    return pictures.images.shape[1] * pictures.images.shape[2] <= SMALL_IMAGE


def _write(path: Path, found: list[Explanation], embedding: NDArray[np.float32]) -> None:
    widest = max(explanation.weights.shape[1] for explanation in found)

    def padded(rows: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        return np.array([np.pad(row, (0, widest - len(row)), constant_values=np.nan) for row in rows], np.float32)

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.npz")
    np.savez_compressed(
        draft,
        arms=[e.arm for e in found],
        classes=found[0].classes,
        segments=np.stack([e.segments for e in found]).astype(np.uint16),
        weights=padded([e.weights[0] for e in found]),
        errors=padded([e.standard_errors[0] for e in found]),
        unchanged=padded([e.unchanged.astype(float) for e in found]),
        intercepts=[e.intercepts[0] for e in found],
        r2=[e.r2[0] for e in found],
        probabilities=found[0].probabilities,
        samples=[e.samples for e in found],
        seconds=[e.seconds for e in found],
        embedding=embedding,
    )
    draft.replace(path)


def _read(path: Path, pictures: Pictures, number: int, settings: LimeSettings) -> Explained:
    model, image = pictures.classifier, pictures.images[number]
    with np.load(path) as stored:
        kept = {key: stored[key] for key in stored.files}
    found = []
    for at, arm in enumerate(kept["arms"].tolist()):
        known = np.isfinite(kept["weights"][at])
        found.append(
            Explanation(
                arm=arm,
                segments=kept["segments"][at].astype(np.int32),
                classes=tuple(kept["classes"].tolist()),
                weights=kept["weights"][at][known][None].astype(np.float64),
                standard_errors=kept["errors"][at][known][None].astype(np.float64),
                intercepts=kept["intercepts"][at][None],
                r2=kept["r2"][at][None],
                unchanged=kept["unchanged"][at][known] > 0,
                probabilities=kept["probabilities"],
                samples=int(kept["samples"][at]),
                settings=settings,
                seed=0,
                image_id=image_id(image),
                classifier=model.name,
                classifier_version=model.version,
                precision=model.precision,
                seconds=float(kept["seconds"][at]),
            )
        )
    return Explained(image, pictures.evidence[number], kept["embedding"], (*found, fused_explanation(found)))
