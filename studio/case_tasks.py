"""What workers are asked to do, as values that can be sent to a process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from studio.case_key import CaseKey, compute
from studio.next_case import Library, upload_case
from xai_core import case_file
from xai_core.errors import ClassifierUnavailable
from xai_core.lime.fill_choice import FillChoice

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Explain:
    """The case of a key, as the store keeps it."""

    key: CaseKey

    def __call__(self, library: Library, cancelled: Callable[[], bool]) -> bytes:
        """Raises as ``compute``."""
        began = time.perf_counter()
        case = compute(self.key, library, cancelled)
        log.info(
            "case prepared: dataset=%s index=%d classifier=%s image=%s seconds=%.2f",
            self.key.dataset,
            self.key.index,
            self.key.classifier,
            self.key.image_id,
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
