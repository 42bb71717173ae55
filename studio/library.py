"""Data sets and classifiers for commands: loaded once, without progress on a page."""

from __future__ import annotations

from studio.settings import Settings
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.registry import default_classifier, load_classifier
from xai_core.datasets import ImageDataset, list_datasets, load_dataset
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.lime.kept_fills import known_fill


class PlainLibrary:
    """The ``Library`` of a process without pages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._datasets: dict[str, ImageDataset] = {}
        self._classifiers: dict[tuple[str, str], Classifier] = {}

    def available(self) -> list[str]:
        """Names of the data sets that are on this machine."""
        return [info.name for info in list_datasets(self._settings.xai_data_dir) if info.available]

    def dataset(self, name: str) -> ImageDataset:
        """Raises as ``load_dataset``."""
        if name not in self._datasets:
            self._datasets[name] = load_dataset(name, root=self._settings.xai_data_dir)
        return self._datasets[name]

    def classifier(self, name: str | None, data: ImageDataset) -> Classifier:
        """Raises as ``load_classifier``."""
        key = (name or default_classifier(data), data.name)
        if key not in self._classifiers:
            self._classifiers[key] = load_classifier(key[0], precision=self._settings.xai_precision, dataset=data)
        return self._classifiers[key]

    def fill(self, data: ImageDataset, classifier: Classifier) -> FillChoice:
        """What stands in for hidden pieces, as far as it is known by now."""
        found = known_fill(data.name, classifier, self._settings.xai_data_dir)
        return found or usual_choice(data.name, classifier)
