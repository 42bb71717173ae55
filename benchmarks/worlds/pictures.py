"""Pictures whose true evidence is known: drawn castings, digits, small and large photographs.

``load(name)`` finds them under the data root; evidence is a mask of the defect, the strokes, the object, or its box.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.worlds.objects import object_mask
from benchmarks.worlds.planted import SIDE, SpotDetector, with_spots
from xai_core.classifiers import load_classifier
from xai_core.classifiers.base import Classifier
from xai_core.datasets import as_float, load_dataset
from xai_core.datasets.casting_drawings import DEFECTIVE, draw_castings
from xai_core.paths import data_root

PHOTO_SIDE = 224
LEAST_AREA, MOST_AREA = 0.05, 0.6  # share of the picture that an object may cover to be worth pointing at
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pictures:
    """``images`` uint8 ``[N, H, W, C]``, ``evidence`` bool ``[N, H, W]``, and the classifier that is explained."""

    name: str
    images: Bytes
    evidence: Mask
    classifier: Classifier


def castings(count: int) -> Pictures:
    """Drawn castings with a defect that casting-cnn calls defective, twice as many drawn as needed at first."""
    model = load_classifier("casting-cnn", precision="float32")
    drawn, _, masks = draw_castings(2 * count, np.random.default_rng(2031), labels=np.full(2 * count, DEFECTIVE))
    found = np.flatnonzero(model.predict_proba(as_float(drawn)).argmax(axis=1) == DEFECTIVE)[:count]
    return Pictures("castings", drawn[found], masks[found], model)


def digits(count: int) -> Pictures:
    """MNIST test digits; the evidence is the strokes."""
    data = load_dataset("mnist", download=True)
    images = data.x_test[np.random.default_rng(2026).permutation(len(data.x_test))[:count]]
    return Pictures("digits", images, images[..., 0] >= 128, load_classifier("mnist-cnn", precision="float32"))


def cifar10(count: int) -> Pictures:
    """CIFAR-10 test images; the evidence is what :func:`object_mask` takes for the object."""
    data = load_dataset("cifar10", download=True)
    drawn = np.random.default_rng(2027).permutation(len(data.x_test))[: 2 * count]
    found = [(data.x_test[at], object_mask(as_float(data.x_test[at]))) for at in drawn]
    usable = [(image, mask) for image, mask in found if LEAST_AREA <= mask.mean() <= MOST_AREA][:count]
    images, masks = (np.stack(each) for each in zip(*usable, strict=True))
    return Pictures("cifar10", images, masks, load_classifier("cifar10-cnn", precision="float32"))


def coco(count: int) -> Pictures:
    """COCO photographs; the evidence is the mask of the largest object between 5 and 60 % of the picture."""
    return _photographs("coco", _coco(data_root() / "coco128"), count)


def imagenet(count: int) -> Pictures:
    """ImageNet validation photographs; the evidence is the box of the labelled object."""
    return _photographs("imagenet", _boxed(data_root() / "imagenet" / "val_boxes", _corners), count)


def birds(count: int) -> Pictures:
    """CUB-200-2011 photographs; the evidence is the bird's box."""
    return _photographs("birds", _boxed(data_root() / "cub", _sides), count)


def spots(count: int) -> Pictures:
    """COCO photographs with a planted spot; the evidence is the spot."""
    files = sorted((data_root() / "coco128" / "images").glob("*.jpg"))[:count]
    found = [Image.open(file).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC) for file in files]
    images, masks = with_spots(np.stack([np.asarray(each) for each in found]), np.random.default_rng(2029))
    return Pictures("spots", images, masks, SpotDetector())


WORLDS: Mapping[str, Callable[[int], Pictures]] = {
    each.__name__: each for each in (castings, digits, cifar10, coco, imagenet, birds, spots)
}


def _photographs(name: str, found: Iterator[tuple[Path, Mask]], count: int) -> Pictures:
    """The first ``count`` photographs in a shuffled order, whole pictures squeezed into the network's square."""
    usable = list(found)
    chosen = [usable[at] for at in np.random.default_rng(2028).permutation(len(usable))[:count]]
    images = np.stack([_squeezed(Image.open(path).convert("RGB"), Image.Resampling.BICUBIC) for path, _ in chosen])
    masks = np.stack([_squeezed(Image.fromarray(mask), Image.Resampling.NEAREST) for _, mask in chosen])
    return Pictures(name, images, masks, load_classifier("imagenet-efficientnet-lite0", precision="float32"))


def _squeezed(image: Image.Image, how: Image.Resampling) -> NDArray[np.generic]:
    return np.asarray(image.resize((PHOTO_SIDE, PHOTO_SIDE), how))


def _coco(folder: Path) -> Iterator[tuple[Path, Mask]]:
    largest: dict[str, tuple[float, int]] = {}
    for row in _rows(folder / "objects.csv"):
        area = float(row["area_fraction"])
        if LEAST_AREA <= area <= MOST_AREA:
            largest[row["file"]] = max(largest.get(row["file"], (0.0, 0)), (area, int(row["object"])))
    for file, (_, number) in sorted(largest.items()):
        yield folder / "images" / f"{file}.jpg", np.asarray(Image.open(folder / "masks" / f"{file}.png")) == number


def _boxed(
    folder: Path, corners: Callable[[Mapping[str, str]], tuple[float, float, float, float]]
) -> Iterator[tuple[Path, Mask]]:
    for row in _rows(folder / "boxes.csv"):
        mask = np.zeros((int(row["height"]), int(row["width"])), bool)
        left, top, right, bottom = (round(each) for each in corners(row))
        mask[top:bottom, left:right] = True
        within = folder / "images" / row["file"]
        if LEAST_AREA <= mask.mean() <= MOST_AREA:
            yield within if within.exists() else folder / row["file"], mask


def _corners(row: Mapping[str, str]) -> tuple[float, float, float, float]:
    return float(row["x1"]), float(row["y1"]), float(row["x2"]), float(row["y2"])


def _sides(row: Mapping[str, str]) -> tuple[float, float, float, float]:
    x, y, w, h = (float(row[key]) for key in "xywh")
    return x, y, x + w, y + h


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
