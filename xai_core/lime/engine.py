"""LIME for images in one pass: all segmentations, masks and classes of an image through one stream of batches.

For every segmentation a ``Plan`` says which distinct images are needed; they are composed lazily while the classifier
works, and its answers become weights in closed form.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from xai_core.arms import CUSTOM_ARM
from xai_core.classifiers.base import Classifier, Images, batch_size, predict_batches
from xai_core.classifiers.function import Function, as_classifier
from xai_core.datasets.base import image_id
from xai_core.errors import Cancelled, InvalidInput
from xai_core.explanation import Explanation
from xai_core.lime.hiding import Hiding, compose_batches
from xai_core.lime.inputs import AnyImage, as_bytes, as_floats, as_pixels, chosen_classes, for_model
from xai_core.lime.plan import Plan
from xai_core.lime.second_fill import second_look, with_doubt
from xai_core.lime.settings import LimeOptions, LimeSettings
from xai_core.lime.surrogate import Surrogate
from xai_core.numerics import one_blas_thread
from xai_core.segmenters import SEGMENTERS, Segmentation, from_labels, segment

ROWS_PER_TEST = 128  # the stopping rule is tried after every so many masks

Matrix = NDArray[np.generic]


def explain(
    image: AnyImage,
    model: Classifier | Function,
    segmenters: Sequence[str] | None = None,
    *,
    classes: int | str | Sequence[int | str] = 2,
    class_names: Sequence[str] | None = None,
    settings: LimeSettings | None = None,
    seed: int = 0,
    segments: NDArray[np.integer] | None = None,
    perturbations: Matrix | Sequence[Matrix] | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **options: Unpack[LimeOptions],
) -> list[Explanation]:
    """Explain what a classifier says about an image: one explanation for each segmentation.

    The result depends on the image, the classifier's version, the arm, the settings and ``seed`` alone. Drawn masks
    leave out segments whose hiding changes no pixel: their weight and standard error are 0.

    Parameters
    ----------
    image : uint8 array [H, W, C], float array in 0..1, list or PIL.Image.Image
        ``[H, W]`` is grey. Grey and colour are converted into what the model takes, with a note.
    model : Classifier or callable
        A function takes float32 images ``[N, H, W, C]`` in 0..1 and returns probabilities ``[N, K]``.
    segmenters : sequence of str, optional
        Names from ``xai_core.SEGMENTERS``, perhaps with a granularity; by default all nine at their usual one.
    classes : int, str or sequence of int or str, default 2
        How many of the most probable classes to explain, or which ones, by index or name.
    class_names : sequence of str, optional
        Names of the columns of a function's probabilities.
    settings : LimeSettings, optional
        How to sample and fit.
    seed : int, default 0
        Seed of the masks.
    segments : integer array [H, W], optional
        The caller's own label map of any numbering, in place of ``segmenters``.
    perturbations : 0/1 array [N, K] or sequence of such arrays, optional
        The caller's own masks, one matrix for all or one for each segmentation. Every row is used, and by regression
        the weights agree with those that ``lime`` finds with the same matrix.
    progress : callable, optional
        Called with the share done, 0..1.
    cancelled : callable, optional
        Asked before every batch whether to stop.
    **options : LimeOptions
        Single fields of ``LimeSettings``, which override those of ``settings``.

    Returns
    -------
    list of Explanation
        In the order of ``segmenters``.

    Raises
    ------
    InvalidInput
        If the image has another size than the model takes, or a value lies outside of what is listed.
    InvalidAnswer
        If the model answers with something other than probabilities.
    Cancelled
        Once ``cancelled()`` is true.

    References
    ----------
    Ribeiro, Singh & Guestrin 2016, "Why should I trust you?", section 3.
    """
    started = time.perf_counter()
    settings = replace(settings or LimeSettings(), **options)
    if perturbations is not None:
        settings = replace(settings, masks="given")
    given = as_pixels(image)
    identity = image_id(as_bytes(given))
    model = as_classifier(model, as_floats(given), class_names)
    pixels, notes = for_model(as_floats(given), model)
    arms = _segmentations(pixels, segmenters, segments)
    plans = []
    for (arm, segmentation), matrix in zip(arms.items(), _one_each(perturbations, len(arms)), strict=True):
        hiding = Hiding.of(pixels, segmentation, settings.fill, settings.constant)
        rng = np.random.default_rng(_entropy(identity, model.version, arm, settings, seed))
        plans.append(Plan.of(segmentation, hiding, settings, matrix, rng))

    probabilities = model.predict_proba(pixels[None])[0]
    chosen = chosen_classes(classes, probabilities, model.class_names)
    watch = _Watch(sum(len(plan.distinct) for plan in plans), progress, cancelled)
    with one_blas_thread():
        fits = _fits(plans, model, probabilities, chosen, settings=settings, watch=watch)

    seconds = (time.perf_counter() - started) / max(len(plans), 1)
    found = [
        Explanation(
            arm=arm,
            segments=plan.segmentation.labels,
            classes=chosen,
            weights=surrogate.weights,
            standard_errors=surrogate.standard_errors,
            intercepts=surrogate.intercepts,
            r2=surrogate.r2,
            unchanged=plan.hiding.unchanged,
            probabilities=probabilities,
            samples=surrogate.rows,
            settings=settings,
            seed=seed,
            image_id=identity,
            classifier=model.name,
            classifier_version=model.version,
            precision=model.precision,
            seconds=seconds,
            notes=notes + plan.segmentation.notes + plan.notes(settings),
            scale=settings.scale,
        )
        for arm, plan, surrogate in zip(arms, plans, fits, strict=True)
    ]
    if settings.second_fill is None or perturbations is not None:
        return found
    others = explain(
        image,
        model,
        segmenters,
        classes=chosen,
        settings=second_look(settings),
        seed=seed,
        segments=segments,
        cancelled=cancelled,
    )
    return [with_doubt(explanation, other) for explanation, other in zip(found, others, strict=True)]


def _segmentations(
    pixels: NDArray[np.float32], segmenters: Sequence[str] | None, segments: NDArray[np.integer] | None
) -> dict[str, Segmentation]:
    if segments is None:
        return {arm: segment(pixels, arm) for arm in (SEGMENTERS if segmenters is None else segmenters)}
    segments = np.asarray(segments)
    if segments.shape != pixels.shape[:2]:
        raise InvalidInput(f"segments has shape {list(segments.shape)}, the image {list(pixels.shape[:2])}.")
    return {CUSTOM_ARM: from_labels(segments)}


def _one_each(perturbations: Matrix | Sequence[Matrix] | None, count: int) -> list[Matrix | None]:
    """One matrix (or none) for each of ``count`` segmentations."""
    if perturbations is None or isinstance(perturbations, np.ndarray):
        return [perturbations] * count
    if len(perturbations) != count:
        raise InvalidInput(f"{len(perturbations)} perturbation matrices were given for {count} segmentations.")
    return [np.asarray(matrix) for matrix in perturbations]


def _entropy(identity: str, version: str, arm: str, settings: LimeSettings, seed: int) -> int:
    """A seed for numpy's generators: the same in every process."""
    decisive = settings.as_dict()
    del decisive["scale"]  # the same answers, read in another unit
    if settings.second_fill is None:
        del decisive["second_fill"]  # explanations from before there was one can be drawn again
    text = json.dumps([identity, version, arm, decisive, seed], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def _fits(
    plans: Sequence[Plan],
    model: Classifier,
    probabilities: NDArray[np.float32],
    chosen: tuple[int, ...],
    *,
    settings: LimeSettings,
    watch: _Watch,
) -> list[Surrogate]:
    """Asks the classifier about all plans together: in one round, or in several until the stopping rule holds."""
    height, width = model.input_shape[:2]
    size = batch_size(height, width)
    columns = np.array(chosen)
    answers = [probabilities[None, columns] for _ in plans]  # of each plan's distinct images so far; the first is known
    fits: dict[int, Surrogate] = {}
    pending, rows = list(range(len(plans))), 0
    while pending:
        rows = rows + ROWS_PER_TEST if settings.tolerance is not None else max(len(plan.masks.rows) for plan in plans)
        asked = [plans[i].distinct[len(answers[i]) : plans[i].images_for(rows)] for i in pending]
        if any(len(shown) for shown in asked):
            batches = compose_batches(zip((plans[i].hiding for i in pending), asked, strict=True), size)
            found = predict_batches(model, watch.over(batches))[:, columns]
            ends = np.cumsum([len(shown) for shown in asked])
            for i, new in zip(pending, np.split(found, ends[:-1]), strict=True):
                answers[i] = np.concatenate([answers[i], new])
        with ThreadPoolExecutor(os.cpu_count()) as threads:  # NumPy computes outside of Python's lock
            asking, answered = [plans[i] for i in pending], [answers[i] for i in pending]
            fits |= zip(pending, threads.map(Plan.fit, asking, answered, repeat(rows), repeat(settings)), strict=True)
        pending = [i for i in pending if rows < len(plans[i].masks.rows) and not _settled(fits[i], settings)]
    watch.finish()
    return [fits[i] for i in range(len(plans))]


def _settled(fit: Surrogate, settings: LimeSettings) -> bool:
    return settings.tolerance is not None and fit.uncertainty() < settings.tolerance


@dataclass
class _Watch:
    """Reports progress and passes on cancellation while batches go by."""

    total: int
    progress: Callable[[float], None] | None
    cancelled: Callable[[], bool] | None
    done: int = 0

    def over(self, batches: Iterable[Images]) -> Iterator[Images]:
        """The same batches; raises ``Cancelled`` once the caller wants that."""
        for batch in batches:
            if self.cancelled is not None and self.cancelled():
                raise Cancelled("The explanation was cancelled.")
            yield batch
            self.done += len(batch)
            if self.progress is not None:
                self.progress(min(self.done / self.total, 1.0))

    def finish(self) -> None:
        """Sampling may end before all planned masks were needed."""
        if self.progress is not None:
            self.progress(1.0)
