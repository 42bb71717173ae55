"""What should stand in for a hidden piece, chosen by measurement for one data set and one classifier.

A fill is good if explanations made with it are faithful: if the classifier's answer falls soon when the best pieces are
hidden and rises soon when they are shown (insertion - deletion), whatever hides them. The judges are the references by
which every explanation is judged, black and blurred: under one of them alone a fill would win by being that reference.
Grey and white are none of them. They take nothing away from a picture on black but draw another shape into it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import ImageDataset, as_float
from xai_core.datasets.files import Progress, atomic
from xai_core.errors import InvalidInput
from xai_core.lime.engine import explain
from xai_core.lime.settings import FillName, LimeSettings
from xai_core.numerics import luminance
from xai_core.quality.curves import curves
from xai_core.quality.references import references

ARMS = ("slic-medium", "slic-compact", "grid-7", "felzenszwalb", "quickshift")
IMAGES, SAMPLES = 40, 128


@dataclass(frozen=True)
class FillScore:
    """A fill and its mean insertion - deletion, -1..1, under each reference; ``mean`` over them, ``error`` of it."""

    fill: FillName
    constant: float
    gaps: Mapping[str, float]
    mean: float
    error: float


@dataclass(frozen=True)
class FillChoice:
    """The fill for a data set and a classifier, the second fill that doubts it, and what they were chosen by.

    ``scores``: all that were compared, the best first; empty where nothing was measured.
    """

    dataset: str
    classifier: str
    version: str
    fill: FillName
    constant: float
    second_fill: FillName
    images: int = 0
    scores: tuple[FillScore, ...] = ()

    def applied_to(self, settings: LimeSettings) -> LimeSettings:
        """The same settings with these fills."""
        return replace(settings, fill=self.fill, constant=self.constant, second_fill=self.second_fill)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> FillChoice:
        """What ``as_dict`` gave. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
        for name in (entries["fill"], entries["second_fill"]):
            if name not in get_args(FillName):
                raise ValueError(f"unknown fill {name!r}")
        scores = tuple(FillScore(**score) for score in entries["scores"])
        return cls(**{**entries, "scores": scores})


def usual_choice(dataset: str, classifier: Classifier) -> FillChoice:
    """What is used until something was measured: a blurred image, doubted by segments in their mean colours."""
    return FillChoice(dataset, classifier.name, classifier.version, "blur", 0.0, "mean")


def choose_fill(
    data: ImageDataset,
    classifier: Classifier,
    *,
    images: int = IMAGES,
    samples: int = SAMPLES,
    arms: Sequence[str] = ARMS,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FillChoice:
    """Compare all fills on ``images`` random *training* images of ``data`` and choose the best.

    Raises ``InvalidInput`` for a data set without training images, and what ``explain`` raises.
    """
    if len(data.x_train) == 0:
        raise InvalidInput(f"{data.title} has no training images to choose a fill on.")
    rows = np.random.default_rng(seed).permutation(len(data.x_train))[:images]
    background = _background(data.x_train[rows])
    candidates: list[tuple[FillName, float]] = [
        ("mean", 0.0),
        ("blur", 0.0),
        ("surroundings", 0.0),
        ("constant", 0.0),
        ("blur-constant", 0.0),
    ]
    if background > 0:
        candidates.append(("constant", background))
    settings = LimeSettings(samples, masks="hadamard", estimator="kriging")
    found: list[list[dict[str, float]]] = [[] for _ in candidates]
    for done, row in enumerate(rows):
        if progress:
            progress(done / len(rows), f"Comparing what stands in for hidden pieces: image {done + 1} of {len(rows)}")
        pixels = as_float(data.x_train[row])
        panel = references(pixels)
        for (fill, constant), gaps in zip(candidates, found, strict=True):
            explained = explain(
                pixels,
                classifier,
                arms,
                classes=1,
                settings=replace(settings, fill=fill, constant=constant),
                seed=seed,
                cancelled=cancelled,
            )
            gaps.append(
                {
                    name: float(np.mean([curves(pixels, reference, e, classifier).scores["gap"] for e in explained]))
                    for name, reference in panel.items()
                }
            )
    scores = sorted(
        (_score(fill, constant, gaps) for (fill, constant), gaps in zip(candidates, found, strict=True)),
        key=lambda score: -score.mean,
    )
    best = scores[0]
    second = next(score for score in scores if score.fill != best.fill)
    if progress:
        progress(1.0, f"The best fill is {best.fill}")
    return FillChoice(
        data.name,
        classifier.name,
        classifier.version,
        best.fill,
        best.constant,
        second.fill,
        len(rows),
        tuple(scores),
    )


def kept_choice(path: Path, classifier: Classifier) -> FillChoice | None:
    """The choice in a file, if it was made for these very weights; ``None`` where there is none that can be read."""
    try:
        choice = FillChoice.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return choice if choice.version == classifier.version else None


def keep_choice(path: Path, choice: FillChoice) -> None:
    """Write a choice, whole or not at all. Raises ``OSError``."""
    with atomic(path) as part:
        part.write_text(json.dumps(choice.as_dict(), indent=1) + "\n", encoding="utf-8")


def _background(images: NDArray[np.uint8]) -> float:
    """Median brightness 0..1 of the images' borders, uint8 ``[N, H, W, C]``."""
    grey = luminance(images) / 255
    borders = [grey[:, 0].ravel(), grey[:, -1].ravel(), grey[:, :, 0].ravel(), grey[:, :, -1].ravel()]
    return round(float(np.median(np.concatenate(borders))), 3)


def _score(fill: FillName, constant: float, gaps: Sequence[Mapping[str, float]]) -> FillScore:
    table = np.array([list(gap.values()) for gap in gaps])  # [images, references]
    by_image = table.mean(axis=1)
    means = dict(zip(gaps[0], table.mean(axis=0).round(4).tolist(), strict=True))
    error = float(by_image.std(ddof=1) / np.sqrt(len(by_image))) if len(by_image) > 1 else 0.0
    return FillScore(fill, constant, means, round(float(by_image.mean()), 4), round(error, 4))
