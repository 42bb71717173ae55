"""Is "similar because of shape" true, and what does it cost? ``python -m benchmarks.bench_because``.

Prototypical part networks beside the plain networks that they stand on, on the test images of both. In worlds whose
classes differ in one attribute alone: how often is it found to matter most, by the classifier's features and, for
comparison, by the pixels? Do prototypes of defects show the defect, do the patches that test images share with them lie
on theirs, and how often would any box? And the time of importance for ten references.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Row, table, write
from benchmarks.worlds.planted_attributes import LEVELS, ranked_first
from xai_core.attributes import EmbeddingComparison, PrototypeNetwork, load_prototypes, local_importance
from xai_core.classifiers import load_classifier
from xai_core.classifiers.training.train import figures
from xai_core.datasets import as_float, load_dataset
from xai_core.datasets.casting_drawings import DEFECTIVE
from xai_core.errors import ClassifierUnavailable, DatasetUnavailable
from xai_core.examples import feature_space

NETWORKS = {
    "cifar10": ("cifar10-protopnet", "cifar10-cnn"),
    "casting-synthetic": ("casting-protopnet", "casting-cnn"),
}
SEEDS, PICTURES = (0, 1, 2), 100  # of every planted world
REPEATS = 30


def accuracies() -> list[Row]:
    """Every shipped network of prototypes beside the plain one."""
    rows = []
    for name, pair in NETWORKS.items():
        try:
            data = load_dataset(name)
            networks = [load_classifier(each) for each in pair]
            parts = load_prototypes(pair[0])
        except (DatasetUnavailable, ClassifierUnavailable) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        ours, plain = (figures(network, data) for network in networks)
        field = max(int(np.diff(parts.rows).max()), int(np.diff(parts.columns).max()))
        rows.append(
            {
                "data": data.name,
                "test images": len(data.x_test),
                "prototypes": len(parts.prototypes),
                "prototypes, %": round(100 * ours["accuracy"], 1),
                "plain, %": round(100 * plain["accuracy"], 1),
                "a part sees at most": f"{field} of {data.image_shape[0]} px",
                "distinct training patches": len({(each.image, each.place) for each in parts.prototypes}),
                "farthest from its patch": round(_farthest(parts), 2),
            }
        )
    return rows


def _farthest(parts: PrototypeNetwork) -> float:
    """The least similarity of a prototype to the training patch that it is said to be; 9.21 is the most there is."""
    name = next(name for name, (ours, _) in NETWORKS.items() if ours == parts.classifier.name)
    data = load_dataset(name)
    maps = parts.similarity_maps(as_float(data.x_train[[each.image for each in parts.prototypes]]))
    return min(float(maps[number][each.place][number]) for number, each in enumerate(parts.prototypes))


def planted() -> list[Row]:
    """How often the planted attribute ranks first, by seed; null is the largest score of doing nothing."""
    rows = []
    for attribute in LEVELS:
        row: dict[str, object] = {"planted": attribute, "pictures": PICTURES * len(SEEDS)}
        for title, space in (("first by features, %", "model"), ("first by pixels, %", "pixels")):
            found = [ranked_first(attribute, np.random.default_rng(seed), 400, PICTURES, space) for seed in SEEDS]
            row[title] = round(100 * float(np.mean([share for share, _ in found])), 1)
            row[f"largest null {space}"] = max(null for _, null in found)
        rows.append(row)
    return rows


def on_the_defect() -> list[Row]:
    """Do prototypes of defects show the defect, and does what test images resemble most lie on theirs?"""
    data = load_dataset("casting-synthetic")
    try:
        parts = load_prototypes("casting-protopnet")
    except ClassifierUnavailable as error:
        print(f"The defects are left out: {error}", file=sys.stderr)
        return []
    parts.check(data)
    assert data.masks_train is not None
    assert data.masks_test is not None
    of_defects = [number for number, each in enumerate(parts.prototypes) if each.label == DEFECTIVE]
    noted = parts.notes()
    learned = [parts.prototypes[number] for number in of_defects]
    own = [(data.masks_train[each.image], each.place) for each in learned]
    found: dict[bool, list[tuple[NDArray[np.bool_], tuple[int, int]]]] = {True: [], False: []}
    for row in np.flatnonzero(data.y_test == DEFECTIVE):
        patches = parts.patches(as_float(data.x_test[row]))
        for number in of_defects:
            found[number in noted].append((data.masks_test[row], patches[number].place))
    rows = [("prototypes, training images", own), ("most similar patches, test images", found[False])]
    rows += [("those of prototypes that are noted to tell little", found[True])] if found[True] else []
    return [_touching(what, parts, places) for what, places in rows]


def _touching(what: str, parts: PrototypeNetwork, places: list[tuple[NDArray[np.bool_], tuple[int, int]]]) -> Row:
    """Share of boxes that touch the mask, and the share of all boxes that do."""
    touches, by_chance = [], []
    for mask, place in places:
        every = {each: parts.box(*each) for each in np.ndindex(len(parts.rows), len(parts.columns))}
        touched = {each: bool(mask[top:bottom, left:right].any()) for each, (top, left, bottom, right) in every.items()}
        touches.append(touched[place])
        by_chance.append(np.mean(list(touched.values())))
    return {
        "boxes": what,
        "number": len(touches),
        "touch the defect, %": round(100 * float(np.mean(touches)), 1),
        "any box would, %": round(100 * float(np.mean(by_chance)), 1),
    }


def times() -> list[Row]:
    """Importance of five attributes and null for one image: references by embedding, and learned prototypes."""
    rows: list[Row] = []
    try:
        data = load_dataset("cifar10")
    except DatasetUnavailable as error:
        print(f"Times are left out: {error}", file=sys.stderr)
        return rows
    image = as_float(data.x_test[0])
    space = feature_space("model", load_classifier("cifar10-cnn"))
    compare = EmbeddingComparison(space, space.features(data.x_train[:10]))
    rows.append({"what": "ten references by embedding", **_milliseconds(lambda: local_importance(image, compare))})
    still = dict.fromkeys(LEVELS, 0.0)
    moved = still | {"shape": 1.5}
    rows.append(
        {"what": "one slider moved", **_milliseconds(lambda: local_importance(image, compare, strengths=moved))}
    )
    try:
        parts = load_prototypes("cifar10-protopnet")
    except ClassifierUnavailable:
        return rows
    count = len(parts.prototypes)
    rows.append({"what": f"{count} learned prototypes", **_milliseconds(lambda: local_importance(image, parts))})
    return rows


def _milliseconds(run: Callable[[], object]) -> Row:
    run()
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - start))
    return {"median ms": round(float(np.median(taken)), 1), "slowest ms": round(max(taken), 1)}


def main() -> None:
    """Print the tables and keep them."""
    tables = {
        "Accuracy": accuracies(),
        "Planted attributes": planted(),
        "Prototypes of defects": on_the_defect(),
        "Importance for one CIFAR-10 image": times(),
    }
    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}")
    write("because", [{"table": title, **row} for title, rows in tables.items() for row in rows])


if __name__ == "__main__":
    main()
