"""Where choices of fills are kept: in the cards of stored networks, and for all others in the data folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from xai_core.classifiers.base import Classifier
from xai_core.classifiers.registry import stored_files
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import Progress
from xai_core.errors import ClassifierUnavailable
from xai_core.lime.fill_choice import FillChoice, choose_fill, keep_choice, kept_choice


def known_fill(dataset: str, classifier: Classifier, root: Path) -> FillChoice | None:
    """The choice on the card or in the data folder ``root``; ``None`` where there is none for these weights."""
    with suppress(ClassifierUnavailable, KeyError, TypeError, ValueError):
        card = stored_files(classifier.name).card().entries
        choice = FillChoice.from_dict(card["fills"][dataset])
        if choice.version == classifier.version:
            return choice
    return kept_choice(_path(dataset, classifier, root), classifier)


def measured_fill(
    data: ImageDataset, classifier: Classifier, root: Path, progress: Progress | None = None
) -> FillChoice:
    """Measure, and keep the choice in the data folder. Raises as ``choose_fill`` does."""
    choice = choose_fill(data, classifier, images=20, progress=progress)
    with suppress(OSError):  # measured again next time
        keep_choice(_path(data.name, classifier, root), choice)
    return choice


def _path(dataset: str, classifier: Classifier, root: Path) -> Path:
    return root / "cache" / "fills" / f"{dataset}.{classifier.name}.json"
