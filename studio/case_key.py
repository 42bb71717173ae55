"""Everything that decides a case, as a name under which it is kept and shared."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

import xai_core
from xai_core.arms import compatible_arms
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, image_id
from xai_core.errors import DatasetUnavailable
from xai_core.lime.fill_choice import FillChoice
from xai_core.lime.settings import FillName
from xai_core.precompute import affordable_samples

_DECISIVE = ("numpy", "scipy", "scikit-image", "scikit-learn", "openvino")


@dataclass(frozen=True)
class CaseKey:
    """One image of a data set, by position and by its pixels, and how it is explained."""

    dataset: str
    split: str
    index: int
    image_id: str
    classifier: str
    classifier_version: str
    precision: str
    arms: tuple[str, ...]
    fill: FillName
    constant: float
    second_fill: FillName
    samples: int
    seed: int = 0

    @classmethod
    def of(
        cls,
        data: ImageDataset,
        classifier: Classifier,
        index: int,
        *,
        fill: FillChoice,
        split: str = "test",
        samples: int | None = None,
        arms: tuple[str, ...] | None = None,
    ) -> CaseKey:
        """The key of image ``index`` of ``data``, explained as ``prepare_case`` does by default, or by ``arms``."""
        images = data.x_test if split == "test" else data.x_train
        if index >= len(images):
            raise DatasetUnavailable(f"{data.title} no longer has an image number {index}.")
        return cls(
            dataset=data.name,
            split=split,
            index=index,
            image_id=image_id(images[index]),
            classifier=classifier.name,
            classifier_version=classifier.version,
            precision=classifier.precision,
            arms=compatible_arms(data, classifier) if arms is None else arms,
            fill=fill.fill,
            constant=fill.constant,
            second_fill=fill.second_fill,
            samples=samples or affordable_samples(data.image_shape),
        )

    @cached_property
    def digest(self) -> str:
        """40 hexadecimal digits: the same for the same image wherever it lies, another for another program."""
        decisive = {name: value for name, value in asdict(self).items() if name not in ("dataset", "split", "index")}
        text = json.dumps([made_by(), decisive], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:40]


@cache
def made_by() -> str:
    """Which program computes cases, 16 hexadecimal digits: its source and the packages that it computes with.

    After an update nothing that an older program computed passes for what this one would.
    """
    digest = hashlib.sha256()
    source = Path(xai_core.__file__).parent
    for path in sorted(source.rglob("*.py")):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    for package in _DECISIVE:
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    return digest.hexdigest()[:16]
