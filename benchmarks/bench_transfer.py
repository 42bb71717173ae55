"""From a plain folder of images to an explained picture: ``python -m benchmarks.bench_transfer [--dataset NAME]``.

How long each step takes from an empty cache, and how good the trained classifier is on images that it has not seen,
beside what else one could make of the same images. ``NAME`` is a folder of class folders below ``$XAI_DATA_DIR``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from benchmarks import report
from xai_core.classifiers import load_classifier
from xai_core.classifiers.fitting import fitted
from xai_core.classifiers.transfer_training import IMAGENET, train_transfer
from xai_core.datasets import ImageDataset, as_float, folder
from xai_core.paths import data_root
from xai_core.precompute import prepare_case

PIXELS = (32, 32, 3)  # as which images are compared by their pixels

Row = dict[str, object]


class Stopwatch:
    """Rows of a table of times; each lap counts from the end of the one before."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._last = time.perf_counter()

    def lap(self, step: str, note: str = "") -> None:
        """Note the seconds since the last lap."""
        now = time.perf_counter()
        self.rows.append({"step": step, "s": round(now - self._last, 1), "note": note})
        self._last = now


def accuracies(data: ImageDataset, classifier_name: str, models: Path) -> list[Row]:
    """Share of the held-out images that each way gets right."""
    found = load_classifier(classifier_name, models=models)
    train, test = as_float(data.x_train), as_float(data.x_test)
    features, test_features = found.embed(train), found.embed(test)
    pixels, test_pixels = (fitted(images, PIXELS).reshape(len(images), -1) for images in (train, test))

    def share_right(model: ClassifierMixin, x: NDArray[np.float32], x_test: NDArray[np.float32]) -> float:
        return float(model.fit(x, data.y_train).score(x_test, data.y_test))

    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    neighbour = make_pipeline(Normalizer(), KNeighborsClassifier(1))
    ways = {
        classifier_name: float((found.predict_proba(test).argmax(axis=1) == data.y_test).mean()),
        "nearest image, same features": share_right(neighbour, features, test_features),
        "nearest class mean, same features": share_right(NearestCentroid(), features, test_features),
        "logistic regression on 32 x 32 pixels": share_right(logistic, pixels, test_pixels),
        "most frequent class": float((data.y_test == np.bincount(data.y_train).argmax()).mean()),
    }
    card = json.loads((models / f"{classifier_name}.json").read_text())
    claimed = {classifier_name: card["cross_validation"]["accuracy"]}
    return [
        {"way": way, "held out %": round(100 * share, 1), "cross-validated %": _percent(claimed.get(way))}
        for way, share in ways.items()
    ]


def _percent(share: float | None) -> float | str:
    return "" if share is None else round(100 * share, 1)


def main() -> None:
    """Measure one folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="cub", help="a folder of class folders below $XAI_DATA_DIR")
    options = parser.parse_args()
    load_classifier(IMAGENET)  # converted once for every machine, which is not counted
    with tempfile.TemporaryDirectory() as place:
        cache = Path(place)
        watch = Stopwatch()
        data = folder.load(cache, options.dataset, folder=data_root() / options.dataset)
        watch.lap("read and decode", f"{len(data.x_train)} + {len(data.x_test)} images of {data.image_shape}")
        classifier = train_transfer(data, models=cache, progress=_show)
        watch.lap("train", f"{len(data.class_names)} classes on features of {classifier.base.name}")
        found = load_classifier(classifier.name, models=cache)
        watch.lap("load again")
        case = prepare_case(data, found, 0)
        watch.lap("explain one image", f"{len(case.explanations)} explanations")
        total = sum(float(str(row["s"])) for row in watch.rows)
        watch.rows.append({"step": "all", "s": round(total, 1), "note": ""})
        rows = accuracies(data, classifier.name, cache)
    print(report.table(watch.rows), report.table(rows), sep="\n\n")
    report.write("transfer", [*watch.rows, *rows])


def _show(share: float, what: str) -> None:
    print(f"\r{share:4.0%}  {what:<70}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
