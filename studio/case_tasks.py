"""What workers are asked to do, as values that can be sent to a process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from studio.case_key import CaseKey
from studio.next_case import Library, upload_case
from xai_core import case_file
from xai_core.errors import ClassifierUnavailable, DatasetUnavailable
from xai_core.lime.fill_choice import FillChoice
from xai_core.precompute import prepare_case

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Explain:
    """The case of a key, as the store keeps it."""

    key: CaseKey

    def __call__(self, library: Library, cancelled: Callable[[], bool]) -> bytes:
        """The content of the case's file.

        Raises ``XaiError`` where it cannot be had, ``DatasetUnavailable`` where another image lies there by now, and
        ``Cancelled`` soon after ``cancelled()`` is true.
        """
        began, key = time.perf_counter(), self.key
        data = library.dataset(key.dataset)
        model = library.classifier(key.classifier, data)
        fill = FillChoice(key.dataset, key.classifier, key.classifier_version, key.fill, key.constant, key.second_fill)
        if CaseKey.of(data, model, key.index, fill=fill, split=key.split, samples=key.samples, arms=key.arms) != key:
            raise DatasetUnavailable(f"{data.title} or {model.name} was changed meanwhile; ask for another image.")
        case = prepare_case(
            data,
            model,
            key.index,
            split=key.split,
            arms=key.arms,
            fill=fill,
            samples=key.samples,
            seed=key.seed,
            cancelled=cancelled,
        )
        log.info(
            "case prepared: dataset=%s index=%d classifier=%s image=%s seconds=%.2f",
            key.dataset,
            key.index,
            key.classifier,
            key.image_id,
            time.perf_counter() - began,
        )
        return case_file.to_bytes(case)


@dataclass(frozen=True)
class ExplainUpload:
    """The case of an image that a person brought. It goes to that person alone and is not kept."""

    content: bytes = field(repr=False)
    dataset: str
    classifier: str
    fill: FillChoice
    samples: int | None

    def __call__(self, library: Library, cancelled: Callable[[], bool]) -> bytes:
        """Raises as ``upload_case``."""
        data = library.dataset(self.dataset)
        model = library.classifier(self.classifier, data)
        if model.version != self.fill.version:
            raise ClassifierUnavailable(f"{model.name} was changed meanwhile; try again.")
        case = upload_case(self.content, data, model, self.fill, samples=self.samples, cancelled=cancelled)
        return case_file.to_bytes(case)
