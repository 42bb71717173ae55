"""How good and how fast examples are: ``python -m benchmarks.bench_examples [--datasets ...] [--spaces ...]``.

Accuracy of the 1-nearest-neighbour classifier on prototypes, MMD² of the prototypes, agreement of near misses between
distances, and times, each beside what else one could do. Embeddings are kept after the first run.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from benchmarks import report
from xai_core.classifiers import default_classifier, load_classifier
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.errors import ClassifierUnavailable, DatasetUnavailable
from xai_core.examples.comparators import k_medoids, random_prototypes
from xai_core.examples.distances import DISTANCES
from xai_core.examples.embeddings import TrainingFeatures, training_features
from xai_core.examples.evaluation import jaccard, mmd2, prototype_accuracy
from xai_core.examples.index import ExampleIndex, Query
from xai_core.examples.kernels import Points
from xai_core.examples.mmd_critic import select_criticisms, select_prototypes
from xai_core.examples.neighbours import near_examples, near_misses
from xai_core.examples.spaces import SPACES, feature_space

COUNTS = (1, 2, 3, 5, 10, 20)
DRAWS = 20  # of random prototypes
CANDIDATES = {"model": 10_000, "imagenet": 2000, "pixels": 2000}  # images a class among which all methods choose
TEST_IMAGES = {"model": 10_000, "imagenet": 1000, "pixels": 2000}
QUERIES = 25  # test images whose near misses are compared
IMAGENET = "imagenet-efficientnet-lite0"
PLOT = Path(__file__).parent / "results" / "examples.png"

Row = dict[str, object]
Chosen = Mapping[int, NDArray[np.int64]]  # label -> indices into the features


@dataclass(frozen=True)
class Setting:
    """One data set in one feature space: candidates of each class, and the test images."""

    data: ImageDataset
    features: TrainingFeatures
    points: Points  # of all training images, for the choice of prototypes
    members: Chosen
    test_points: Points
    test_truths: NDArray[np.int64]
    test_rows: NDArray[np.int64]


def prepare(data: ImageDataset, classifier: Classifier, space_name: str) -> Setting:
    """Features from disk or computed; samples drawn with seed 0."""
    rng = np.random.default_rng(0)
    imagenet = load_classifier(IMAGENET) if space_name == "imagenet" else None
    space = feature_space(space_name, classifier, imagenet)
    features = training_features(data, space, progress=partial(show, data.name))
    labels = data.y_train[features.rows]
    members = {
        label: np.sort(rng.permutation(np.flatnonzero(labels == label))[: CANDIDATES[space_name]])
        for label in range(len(data.class_names))
    }
    rows = np.sort(rng.permutation(len(data.x_test))[: TEST_IMAGES[space_name]])
    test_points = space.points(space.features(data.x_test[rows]))
    return Setting(data, features, space.points(features.vectors), members, test_points, data.y_test[rows], rows)


def compare_choices(setting: Setting) -> list[Row]:
    """Accuracy and MMD² (mean over classes) by method and count; random with the 2.5 and 97.5 % points of the draws."""
    rng = np.random.default_rng(0)
    points, members = setting.points, setting.members
    ours, gammas, medoids, drawn = {}, {}, {}, {}
    for label, rows in members.items():
        prototypes = select_prototypes(points[rows], max(COUNTS))
        ours[label], gammas[label] = prototypes.indices, prototypes.gamma
        medoids[label] = k_medoids(points[rows], COUNTS)
        drawn[label] = [random_prototypes(len(rows), max(COUNTS), rng) for _ in range(DRAWS)]
    choices: dict[tuple[str, int], list[Chosen]] = {}
    for count in COUNTS:
        choices["MMD-critic", count] = [{label: ours[label][:count] for label in members}]
        choices["k-medoids", count] = [{label: medoids[label][count] for label in members}]
        choices["random", count] = [{label: drawn[label][i][:count] for label in members} for i in range(DRAWS)]
    flat = [choice for each in choices.values() for choice in each]
    discrepancies = np.mean(
        [mmd2(points[rows], [choice[label] for choice in flat], gammas[label]) for label, rows in members.items()],
        axis=0,
    )
    accuracies = np.array(
        [
            prototype_accuracy(
                points,
                {label: members[label][positions] for label, positions in choice.items()},
                setting.test_points,
                setting.test_truths,
            )
            for choice in flat
        ]
    )
    rows_of_table: list[Row] = []
    start = 0
    for (method, count), each in choices.items():
        here = slice(start, start + len(each))
        start = here.stop
        low, high = np.percentile(accuracies[here], [2.5, 97.5])
        rows_of_table.append(
            {
                "data": setting.data.name,
                "space": setting.features.space.name,
                "method": method,
                "prototypes": count,
                "accuracy %": round(100 * float(accuracies[here].mean()), 2),
                "from %": round(100 * float(low), 2),
                "to %": round(100 * float(high), 2),
                "MMD²": round(float(discrepancies[here].mean()), 5),
            }
        )
    return rows_of_table


def compare_distances(setting: Setting) -> list[Row]:
    """Mean Jaccard agreement of the five near misses that two distances retrieve for the same test images."""
    index = setting.features.index(setting.data)
    queries = [setting.features.space.query(setting.data.x_test[row]) for row in setting.test_rows[:QUERIES]]
    found = {
        distance: [
            near_misses(query, index, int(truth), 5, distance).indices
            for query, truth in zip(queries, setting.test_truths, strict=False)
        ]
        for distance in DISTANCES
    }
    return [
        {
            "data": setting.data.name,
            "space": setting.features.space.name,
            "distances": f"{left} / {right}",
            "Jaccard": round(
                float(np.mean([jaccard(a, b) for a, b in zip(found[left], found[right], strict=True)])), 3
            ),
        }
        for left, right in itertools.combinations(DISTANCES, 2)
    ]


def measure_times(setting: Setting) -> list[Row]:
    """Selection for the largest class, and a query against all training images."""
    points = setting.points[max(setting.members.values(), key=len)]
    index = setting.features.index(setting.data)
    query, label = setting.features.space.query(setting.data.x_test[0]), int(setting.data.y_test[0])

    def select() -> None:
        prototypes = select_prototypes(points, 20)
        select_criticisms(points, prototypes.indices, 10, gamma=prototypes.gamma)

    name = f"{setting.data.name}, {setting.features.space.name}"
    selection = f"{name}: 20 prototypes and 10 criticisms of {len(points):,} images"
    search = f"{name}: near hits and near misses among {len(index.labels):,} images"
    rows = [
        timed(selection, "MMD-critic", select, 3),
        timed(selection, "k-medoids (no criticisms)", lambda: k_medoids(points, (20,)), 1),
    ]
    rows += [
        timed(search, distance, partial(near_examples, query, index, label, 5, distance), 7) for distance in DISTANCES
    ]
    if setting.features.space.name != "pixels":
        rows.append(timed(search, "scikit-learn, cosine", with_scikit_learn(index, query, label), 7))
    for row in rows:
        first = next(each for each in rows if each["what"] == row["what"])
        row["times the first"] = round(float(str(row["ms"])) / float(str(first["ms"])), 2)
    return rows


def with_scikit_learn(index: ExampleIndex, query: Query, label: int) -> Callable[[], object]:
    """The same question to a brute-force index of the class and one of the others."""
    hits = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(
        index.features[index.labels == label]
    )
    misses = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(
        index.features[index.labels != label]
    )
    return lambda: (hits.kneighbors(query.features[None]), misses.kneighbors(query.features[None]))


def timed(what: str, method: str, run: Callable[[], object], repetitions: int) -> Row:
    """Median wall-clock and processor milliseconds of a call, after one to warm up."""
    run()
    walls, processor = [], []
    for _ in range(repetitions):
        wall, used = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        processor.append(time.process_time() - used)
    return {
        "what": what,
        "method": method,
        "ms": round(1000 * float(np.median(walls)), 1),
        "processor ms": round(1000 * float(np.median(processor)), 1),
    }


def plot(rows: list[Row], path: Path) -> None:
    """Accuracy above, MMD² below, by number of prototypes; one column a data set and space."""
    columns = list(dict.fromkeys((str(row["data"]), str(row["space"])) for row in rows))
    figure, axes = pyplot.subplots(2, len(columns), figsize=(2.4 * len(columns), 4.6), squeeze=False, sharex=True)
    for column, place in enumerate(columns):
        top, bottom = axes[:, column]
        for method in ("MMD-critic", "k-medoids", "random"):
            line = [row for row in rows if (row["data"], row["space"], row["method"]) == (*place, method)]
            counts = [row["prototypes"] for row in line]
            top.plot(counts, [row["accuracy %"] for row in line], marker=".", label=method)
            bottom.plot(counts, [row["MMD²"] for row in line], marker=".")
            if method == "random":
                top.fill_between(
                    counts, [row["from %"] for row in line], [row["to %"] for row in line], alpha=0.2, color="C2"
                )
        top.set_title(", ".join(place), fontsize=9)
        top.set_xscale("log")
        top.set_xticks(COUNTS, [str(count) for count in COUNTS])
        top.minorticks_off()
        bottom.set_yscale("log")
        bottom.set_xlabel("prototypes a class")
    axes[0, 0].set_ylabel("1-NN accuracy, %")
    axes[1, 0].set_ylabel("MMD², mean over classes")
    axes[0, 0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def side_by_side(rows: list[Row]) -> list[Row]:
    """One line a data set, space and method; accuracy at every count, for random as an interval too."""
    lines: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = row["data"], row["space"], row["method"]
        line = lines.setdefault(key, dict(zip(("data", "space", "method"), key, strict=True)))
        interval = f" ({row['from %']:.1f}–{row['to %']:.1f})" if row["method"] == "random" else ""
        line[str(row["prototypes"])] = f"{row['accuracy %']:.1f}{interval}"
    return list(lines.values())


def show(name: str, share: float, what: str) -> None:
    """Progress, on one line of the terminal's error stream."""
    print(f"\r{name}: {share:4.0%}  {what:<60}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)


def main() -> None:
    """Run everything that this machine's data sets and classifiers allow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["mnist", "cifar10", "casting"])
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=list(SPACES))
    options = parser.parse_args()
    mpl.use("agg")
    accuracy: list[Row] = []
    agreement: list[Row] = []
    times: list[Row] = []
    for name in options.datasets:
        try:
            data = load_dataset(name)
            classifier = load_classifier(default_classifier(data), dataset=data)
        except (DatasetUnavailable, ClassifierUnavailable) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        for space in options.spaces:
            setting = prepare(data, classifier, space)
            show(data.name, 0.5, f"{space}: prototypes")
            accuracy += compare_choices(setting)
            agreement += compare_distances(setting)
            times += measure_times(setting)
            show(data.name, 1, space)
    print("\n1-NN accuracy on test images, % (random: mean and 95 % of 20 draws)\n")
    print(report.table(side_by_side(accuracy)))
    print("\nAgreement of the five near misses\n")
    print(report.table(agreement))
    print("\nTimes\n")
    print(report.table(times))
    report.write("examples", [*accuracy, *agreement, *times])
    plot(accuracy, PLOT)


if __name__ == "__main__":
    main()
