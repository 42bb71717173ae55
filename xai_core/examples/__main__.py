"""Choose kernel width and number of prototypes: ``python -m xai_core.examples DATASET [--classifier NAME]``.

Prints the grid search of Herchenbach et al. (5-fold 1-NN recall) and the MMD² scree of every class.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from xai_core.classifiers import default_classifier, load_classifier
from xai_core.datasets import load_dataset
from xai_core.errors import XaiError
from xai_core.examples.embeddings import training_features
from xai_core.examples.kernel_width import WidthSearch, scree, search_gamma
from xai_core.examples.spaces import SPACES, feature_space
from xai_core.progress import show_progress

IMAGENET_CLASSIFIER = "imagenet-efficientnet-lite0"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.examples", description=__doc__)
    parser.add_argument("dataset", help="name of a data set")
    parser.add_argument("--classifier", help="whose embedding to use; by default the data set's own")
    parser.add_argument("--space", choices=SPACES, default="model", help="feature space (default: model)")
    parser.add_argument("--prototypes", type=int, default=3, help="prototypes a class in the search (default: 3)")
    parser.add_argument("--largest", type=int, default=15, help="last point of the scree (default: 15)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        data = load_dataset(options.dataset, progress=show_progress)
        classifier = load_classifier(options.classifier or default_classifier(data), dataset=data)
        imagenet = load_classifier(IMAGENET_CLASSIFIER) if options.space == "imagenet" else None
        space = feature_space(options.space, classifier, imagenet)
        features = training_features(data, space, progress=show_progress)
        labels = data.y_train[features.rows]
        search = search_gamma(
            features.vectors,
            labels,
            scale=space.points,
            count=options.prototypes,
            seed=options.seed,
            progress=show_progress,
        )
        curves = scree(
            features.vectors,
            labels,
            scale=space.points,
            largest=options.largest,
            gamma=search.best.gamma,
            seed=options.seed,
        )
    except XaiError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{data.title}, {classifier.name}, space {space.name}, {options.prototypes} prototypes a class\n")
    print(search_table(search))
    print(f"\nMMD² by number of prototypes, gamma {_width(search.best.gamma)}\n")
    counts = np.arange(1, options.largest + 1)
    print("class".ljust(16) + "".join(f"{count:>8}" for count in counts))
    for label, curve in curves.items():
        print(data.class_names[label][:15].ljust(16) + "".join(f"{value:>8.4f}" for value in curve))
    return 0


def search_table(search: WidthSearch) -> str:
    """The search as text, one width a line, the best one marked."""
    lines = [f"{'gamma':>18}  {'recall':>7}  {'sd':>6}"]
    for score in search.scores:
        mark = "  <- best" if score is search.best else ""
        lines.append(f"{_width(score.gamma):>18}  {score.recall:>7.4f}  {score.deviation:>6.4f}{mark}")
    return "\n".join(lines)


def _width(gamma: float | None) -> str:
    return "median heuristic" if gamma is None else f"{gamma:.3g}"


if __name__ == "__main__":
    sys.exit(main())
