"""The LIME engine beside the ``lime`` package: ``python -m benchmarks.bench_lime``.

The work is that of the mini-MNIST notebook: six segmentations, 500 samples each, two classes of one image. ``lime`` is
called as the notebook calls it (batches of 100, ``model.predict``), with the same segments and the same masks. All runs
of a case are interleaved, each timed right after an untimed call of its own; times are medians. ``speed-up`` compares
wall time with ``lime`` of the same case.

Accuracy is the relative distance |w - w*| / |w*| of all weights from those of a long run of ``lime``'s own estimator,
and rank agreement the Spearman correlation of weights; both are means over images and segmentations.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
from lime.lime_image import LimeImageExplainer
from numpy.typing import NDArray
from scipy.stats import spearmanr
from skimage import color

from benchmarks import report
from xai_core.classifiers import load_classifier
from xai_core.classifiers.base import PRECISIONS, Classifier, Images, predict_batches
from xai_core.datasets import as_float, load_dataset
from xai_core.explanation import Explanation
from xai_core.lime.engine import explain
from xai_core.paths import MODELS_DIR
from xai_core.segmenters import segment

ARMS = ("slic-loose", "slic-medium", "slic-compact", "grid-5", "grid-7", "grid-11")
SAMPLES = 500
LONG_RUN = 20_000
CASES = {"mnist": "mnist-cnn", "cifar10": "cifar10-cnn"}
KEPT_BY_NOTEBOOK = 100  # num_features: larger segmentations lose their smallest weights in lime
FEWER = (96, 112, 128, 144, 160, 176, 192, 208, 224, 256, 320, 384, 500)
SAMPLERS = {
    "hadamard": {"masks": "hadamard"},
    "sobol": {"masks": "sobol"},
    "hadamard, kriging": {"masks": "hadamard", "estimator": "kriging"},
}

Weights = list[NDArray[np.float64]]  # one [C, K] a segmentation


@dataclass
class Case:
    """One image with the classifiers that look at it and the segmentations and masks that all runs share."""

    dataset: str
    image: NDArray[np.uint8]
    network: keras.Model
    classifier: Classifier
    fast: Classifier
    fastest: Classifier
    matrices: list[NDArray[np.int64]] = field(init=False)
    classes: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        pixels = as_float(self.image)
        counts = [segment(pixels, arm).count for arm in ARMS]
        self.matrices = [lime_matrix(SAMPLES, count, seed) for seed, count in enumerate(counts)]
        first, second = np.argsort(-self.classifier.predict_proba(pixels[None])[0])[:2]
        self.classes = int(first), int(second)

    def engine(self, classifier: Classifier, **settings: object) -> list[Explanation]:
        """The project's engine: all segmentations in one call, by default with the masks of ``lime``."""
        chosen = settings or {"perturbations": self.matrices}
        return explain(self.image, classifier, ARMS, classes=self.classes, **chosen)

    def lime(self) -> Weights:
        """The ``lime`` package as the notebook calls it, once a segmentation. Weights it drops are NaN."""
        grey = self.image.shape[2] == 1
        image = self.image[..., 0] / 255 if grey else self.image / 255
        image = color.gray2rgb(image) if grey else image

        def predict(batch: NDArray[np.float64]) -> NDArray[np.float32]:
            pixels = color.rgb2gray(batch)[..., None] if grey else batch
            return self.network.predict(pixels, batch_size=100, verbose=0)

        def labels(pixels: NDArray[np.float64], arm: str) -> NDArray[np.int32]:
            pixels = pixels.astype(np.float32)
            return segment(pixels[..., :1] if grey else pixels, arm).labels

        found = []
        for seed, arm in enumerate(ARMS):
            explainer = LimeImageExplainer(random_state=np.random.RandomState(seed))
            with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
                explanation = explainer.explain_instance(
                    image,
                    predict,
                    num_features=KEPT_BY_NOTEBOOK,
                    labels=self.classes,
                    hide_color=None,
                    num_samples=SAMPLES,
                    segmentation_fn=lambda pixels, arm=arm: labels(pixels, arm),
                    batch_size=100,
                    random_seed=0,  # else it draws one, and other masks
                )
            weights = np.full((2, self.matrices[seed].shape[1]), np.nan)
            for row, index in enumerate(self.classes):
                for segment_label, weight in explanation.local_exp[index]:
                    weights[row, segment_label] = weight
            found.append(weights)
        return found

    def faster(self) -> list[Classifier]:
        """The classifiers that are not float32, each once: what a network or a processor lacks falls back."""
        return list({c.precision: c for c in (self.fast, self.fastest) if c.precision != "float32"}.values())

    def distinct_images(self) -> Images:
        """All images that one run of the engine sends to the classifier."""
        seen = Recorder(self.classifier)
        self.engine(seen)
        return np.concatenate(seen.batches)


class Recorder:
    """A classifier that keeps the batches it was asked about."""

    def __init__(self, classifier: Classifier) -> None:
        self.batches: list[Images] = []
        self._classifier = classifier
        self.name, self.class_names, self.input_shape = classifier.name, classifier.class_names, classifier.input_shape
        self.version, self.precision = classifier.version, classifier.precision
        self.predict_proba, self.embed = classifier.predict_proba, classifier.embed

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """See ``StreamingClassifier``."""
        self.batches = list(batches)
        return predict_batches(self._classifier, self.batches)


def lime_matrix(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """The masks that ``lime`` draws from ``RandomState(seed)``."""
    matrix = np.random.RandomState(seed).randint(0, 2, samples * count).reshape(samples, count)
    matrix[0] = 1
    return matrix


@dataclass(frozen=True)
class Times:
    """Medians of seconds."""

    wall: float
    cpu: float


def interleaved(runs: dict[str, Callable[[], object]], repetitions: int) -> dict[str, Times]:
    """Wall and processor time of every run, taken in turns, each right after an untimed call of its own."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, run in runs.items():
            run()  # whatever ran before has left caches and waiting threads behind
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            seconds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: Times(*np.median(taken, axis=0)) for name, taken in seconds.items()}


def weights_of(explanations: list[Explanation]) -> Weights:
    """Only the weights."""
    return [explanation.weights for explanation in explanations]


def largest_difference(found: Weights, reference: Weights) -> float:
    """Over segmentations of which ``lime`` keeps every weight."""
    complete = [i for i, weights in enumerate(reference) if not np.isnan(weights).any()]
    return max(float(np.abs(found[i] - reference[i]).max()) for i in complete)


def rank_agreement(found: Weights, reference: Weights) -> float:
    """Mean Spearman correlation over segmentations and classes."""
    pairs = [pair for a, b in zip(found, reference, strict=True) for pair in zip(a, b, strict=True)]
    return float(np.mean([spearmanr(a, b).statistic for a, b in pairs]))


def relative_errors(found: Weights, reference: Weights) -> list[float]:
    """|w - w*| / |w*| of each segmentation."""
    return [float(np.linalg.norm(a - b) / np.linalg.norm(b)) for a, b in zip(found, reference, strict=True)]


def errors_by_sampler(cases: list[Case], seeds: int) -> dict[tuple[str, int], float]:
    """Mean relative error for (sampler, samples); ``lime`` is its own masks over all segments.

    Runs with the fast classifier on both sides: the error is that of sampling, and precision moves both alike.
    """
    errors: dict[tuple[str, int], list[float]] = {}
    for case in cases:
        counts = [matrix.shape[1] for matrix in case.matrices]
        long = [lime_matrix(LONG_RUN, count, 10_000 + arm) for arm, count in enumerate(counts)]
        reference = weights_of(case.engine(case.fast, perturbations=long))
        for seed in range(seeds):
            drawn = [lime_matrix(SAMPLES, count, 100 * seed + arm) for arm, count in enumerate(counts)]
            found = weights_of(case.engine(case.fast, perturbations=drawn))
            errors.setdefault(("lime", SAMPLES), []).extend(relative_errors(found, reference))
            for sampler, chosen in SAMPLERS.items():
                for samples in FEWER:
                    found = weights_of(case.engine(case.fast, **chosen, samples=samples, seed=seed))
                    errors.setdefault((sampler, samples), []).extend(relative_errors(found, reference))
    return {key: float(np.mean(values)) for key, values in errors.items()}


def fewest_samples(errors: dict[tuple[str, int], float]) -> tuple[str, int]:
    """Sampler and number of samples that first reach the error of ``lime``."""
    as_good = [key for key, error in errors.items() if key[0] != "lime" and error <= errors["lime", SAMPLES]]
    return min(as_good, key=lambda key: key[1], default=("hadamard", SAMPLES))


def cases_of(dataset: str, images: int, models: Path) -> list[Case]:
    """The first test images of a data set."""
    data, name = load_dataset(dataset), CASES[dataset]
    network = keras.models.load_model(models / f"{name}.keras", compile=False)
    classifiers = [load_classifier(name, precision=precision, models=models) for precision in PRECISIONS]
    return [Case(dataset, data.x_test[index], network, *classifiers) for index in range(images)]


def measure(cases: list[Case], repetitions: int, seeds: int) -> list[dict[str, object]]:
    """All rows of one data set: accuracy over all cases, times on the first."""
    case = cases[0]
    errors = errors_by_sampler(cases, seeds)
    sampler, samples = fewest_samples(errors)
    images = case.distinct_images()
    same, equal = "engine, same masks", f"engine, {sampler}, equal accuracy"
    fewer = SAMPLERS[sampler] | {"samples": samples}
    runs: dict[str, Callable[[], object]] = {
        "lime": case.lime,
        same: lambda: case.engine(case.classifier),
        equal: lambda: case.engine(case.classifier, **fewer),
        "forward passes alone": lambda: case.classifier.predict_proba(images),
    }
    for classifier in case.faster():
        runs[f"{same}, {classifier.precision}"] = lambda model=classifier: case.engine(model)
        runs[f"{equal}, {classifier.precision}"] = lambda model=classifier: case.engine(model, **fewer)
    times = interleaved(runs, repetitions)
    lime, engine = case.lime(), weights_of(case.engine(case.classifier))
    error = {"error": round(errors["lime", SAMPLES], 3)}
    figures: dict[str, dict[str, object]] = {
        "lime": error,
        same: {
            "max difference from lime": f"{largest_difference(engine, lime):.1e}",
            "wall / forward": round(times[same].wall / times["forward passes alone"].wall, 2),
            "cpu / forward": round(times[same].cpu / times["forward passes alone"].cpu, 2),
            **error,
        },
        equal: {"samples": samples, "error": round(errors[sampler, samples], 3)},
    }
    for classifier in case.faster():
        agreements = [
            rank_agreement(weights_of(each.engine(model)), weights_of(each.engine(each.classifier)))
            for each in cases
            for model in each.faster()
            if model.precision == classifier.precision
        ]
        figures[f"{same}, {classifier.precision}"] = {
            "max difference from lime": f"{largest_difference(weights_of(case.engine(classifier)), lime):.1e}",
            "Spearman with float32": round(float(np.mean(agreements)), 4),
        }
        figures[f"{equal}, {classifier.precision}"] = {"samples": samples}
    rows: list[dict[str, object]] = [
        {
            "data": case.dataset,
            "run": run,
            "samples": SAMPLES,
            "wall ms": round(taken.wall * 1e3, 1),
            "cpu ms": round(taken.cpu * 1e3, 1),
            "speed-up": round(times["lime"].wall / taken.wall, 1),
            "cpu speed-up": round(times["lime"].cpu / taken.cpu, 1),
            **figures.get(run, {}),
        }
        for run, taken in times.items()
    ]
    rows += [
        {"data": case.dataset, "run": f"error of {name}", "samples": count, "error": round(value, 3)}
        for (name, count), value in errors.items()
    ]
    return rows


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--images", type=int, default=8, help="over which errors are averaged")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--models", type=Path, default=MODELS_DIR, help="folder of the trained classifiers")
    arguments = parser.parse_args()
    rows = []
    for dataset in arguments.datasets:
        rows += measure(cases_of(dataset, arguments.images, arguments.models), arguments.repetitions, arguments.seeds)
    print(report.table(rows))
    print(f"\n{report.write('lime', rows)}")


if __name__ == "__main__":
    main()
