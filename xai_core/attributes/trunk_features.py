"""What the first layers of a network make of a data set, computed once: they stay as they are in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import openvino
from numpy.typing import NDArray

from xai_core.datasets import ImageDataset, as_float
from xai_core.examples.store import kept_array

CHUNK = 250

Features = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Views:
    """Features float16 ``[N, h, w, D]`` of training images, of their mirror images and of test images."""

    train: Features
    mirrored: Features
    test: Features
    y_train: NDArray[np.int64]
    y_test: NDArray[np.int64]
    classes: int


def kept_views(
    trunk: keras.Model, data: ImageDataset, folder: Path, version: str, report: Callable[[str], None]
) -> Views:
    """Features of ``data``, kept in ``folder`` so that an interrupted training need not compute them again."""
    network = openvino.compile_model(openvino.convert_model(trunk), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    key = {"data": data.digest, "trunk": version}

    def features(name: str, images: NDArray[np.uint8]) -> Features:
        def build() -> Features:
            report(f"features of {len(images):,} images: {name}")
            found = np.empty((len(images), *trunk.output_shape[1:]), np.float16)
            for start in range(0, len(images), CHUNK):
                found[start : start + CHUNK] = network(as_float(images[start : start + CHUNK]))[0]
            return found

        return kept_array(folder / f"{name}.npy", key, build)

    return Views(
        train=features("train", data.x_train),
        mirrored=features("mirrored", data.x_train[:, :, ::-1]),
        test=features("test", data.x_test),
        y_train=data.y_train,
        y_test=data.y_test,
        classes=len(data.class_names),
    )
