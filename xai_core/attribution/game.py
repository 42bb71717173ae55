"""The game that attributions divide among an image's pieces: a coalition is what is shown, its worth the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xai_core.attribution.settings import AttributionSettings
from xai_core.classifiers.base import Classifier, Images, batch_size, predict_batches
from xai_core.classifiers.function import Function, as_classifier
from xai_core.datasets.base import image_id
from xai_core.errors import Cancelled
from xai_core.explanation import Explanation
from xai_core.lime.hiding import Hiding, Shown, compose_batches
from xai_core.lime.inputs import AnyImage, Image, as_bytes, as_floats, as_pixels, chosen_classes, for_model
from xai_core.segmenters import Segmentation


@dataclass(eq=False)
class Budget:
    """How many answers were asked for, of how many; reports progress and passes on cancellation."""

    evaluations: int
    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] | None = None
    spent: int = 0

    @property
    def left(self) -> int:
        return self.evaluations - self.spent

    def watched(self, batches: Iterator[Images]) -> Iterator[Images]:
        """The same batches; raises ``Cancelled`` once the caller wants that."""
        for batch in batches:
            if self.cancelled is not None and self.cancelled():
                raise Cancelled("The explanation was cancelled.")
            yield batch
            self.spent += len(batch)
            if self.progress is not None:
                self.progress(min(self.spent / self.evaluations, 1.0))


@dataclass(frozen=True, eq=False)
class Game:
    """An image as ``model`` takes it, ``classes`` that are explained, and what else an explanation names.

    ``pixels`` float32 ``[H, W, C]`` in 0..1, ``probabilities`` float32 ``[all classes]`` of the whole image.
    """

    pixels: Image
    model: Classifier
    identity: str
    classes: tuple[int, ...]
    probabilities: NDArray[np.float32]
    settings: AttributionSettings
    seed: int
    budget: Budget
    notes: tuple[str, ...]
    started: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(
        cls,
        image: AnyImage,
        model: Classifier | Function,
        *,
        classes: int | str | Sequence[int | str] = 2,
        settings: AttributionSettings | None = None,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Game:
        """Arguments and errors as those of ``xai_core.explain``."""
        settings = settings or AttributionSettings()
        given = as_pixels(image)
        model = as_classifier(model, as_floats(given))
        pixels, notes = for_model(as_floats(given), model)
        probabilities = model.predict_proba(pixels[None])[0]
        chosen = chosen_classes(classes, probabilities, model.class_names)
        budget = Budget(settings.evaluations, progress, cancelled, spent=1)
        identity = image_id(as_bytes(given))
        return cls(pixels, model, identity, chosen, probabilities, settings, seed, budget, notes)

    @property
    def whole(self) -> NDArray[np.float64]:
        """The worth of the whole image, float64 ``[C]``."""
        return self.probabilities[list(self.classes)].astype(np.float64)

    def hiding(self, pieces: Segmentation) -> Hiding:
        """The image cut into ``pieces``, with the fill of the settings."""
        return Hiding.of(self.pixels, pieces, self.settings.fill, self.settings.constant)

    def worth(self, hiding: Hiding, shown: Shown) -> NDArray[np.float64]:
        """Answers float64 ``[N, C]`` when only the pieces of ``shown`` bool ``[N, K]`` are to be seen."""
        batches = compose_batches([(hiding, shown)], batch_size(*self.pixels.shape[:2]))
        return self.worth_of(batches)

    def worth_of(self, images: Iterator[Images]) -> NDArray[np.float64]:
        """Answers float64 ``[N, C]`` to batches of images."""
        answers = predict_batches(self.model, self.budget.watched(images))
        return answers[:, list(self.classes)].astype(np.float64)

    def explanation(
        self,
        arm: str,
        pieces: Segmentation,
        weights: NDArray[np.float64],
        *,
        standard_errors: NDArray[np.float64] | None = None,
        nothing: NDArray[np.float64],
        unchanged: NDArray[np.bool_],
        notes: tuple[str, ...] = (),
    ) -> Explanation:
        """The result: ``weights`` float64 ``[C, K]`` over ``pieces``; ``nothing``: worth ``[C]`` of showing none.

        Pieces whose hiding changes no pixel (``unchanged`` bool ``[K]``) weigh nothing.
        """
        if self.budget.progress is not None:
            self.budget.progress(1.0)
        if unchanged.all():
            notes += ("Hiding any segment changes nothing on this image, so there is nothing to explain.",)
        return Explanation(
            arm=arm,
            segments=pieces.labels,
            classes=self.classes,
            weights=np.where(unchanged, 0.0, weights),
            standard_errors=np.zeros_like(weights) if standard_errors is None else standard_errors,
            intercepts=nothing,
            r2=np.full(len(self.classes), np.nan),  # no model was fitted
            unchanged=unchanged,
            probabilities=self.probabilities,
            samples=self.budget.spent,
            settings=self.settings,
            seed=self.seed,
            image_id=self.identity,
            classifier=self.model.name,
            classifier_version=self.model.version,
            precision=self.model.precision,
            seconds=time.perf_counter() - self.started,
            notes=self.notes + pieces.notes + notes,
        )
