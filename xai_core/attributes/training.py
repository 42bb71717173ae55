"""Train a prototypical part network: ``python -m xai_core.attributes.training cifar10``, ``casting``, or a folder.

It stands on the first layers of the classifier that there is for the data set, as many as see at most half of the
image, and leaves them as they are, so that an epoch takes seconds to a minute. Progress is printed, the run is seeded,
and an interrupted run goes on from its last finished epoch when the same command is given again. The network lands
beside the other classifiers, and is one of them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
import numpy as np

from xai_core.attributes.prototype_layers import Parts, assembled, untrained
from xai_core.attributes.receptive_field import Spans, cut, receptive_fields
from xai_core.attributes.stages import Push, Stages
from xai_core.attributes.trunk_features import kept_views
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.classifiers.registry import list_classifiers, networks_of_shape, stored_files
from xai_core.classifiers.training.loop import Report
from xai_core.classifiers.training.train import figures, store
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.errors import ClassifierUnavailable, InvalidInput, XaiError
from xai_core.paths import INSTALLED, MODELS_DIR, data_root

SHIPPED = ("cifar10", "casting")
DATASETS = {"casting": "casting-synthetic", "casting-real": "casting"}  # others are called as the network is


@dataclass(frozen=True)
class Plan:
    """How a network is trained: ``each`` prototypes a class of ``width`` features, epochs by stage, images a step."""

    each: int = 10
    width: int = 128
    warm_up: int = 3
    joint: int = 9
    batch: int = 128


PLANS = {"cifar10": Plan(), "casting": Plan(width=64, warm_up=3, joint=20, batch=50)}


def train(name: str, plan: Plan, *, seed: int = 0, report: Report = print) -> ModelFiles:
    """Train the network ``NAME-protopnet`` for the data set ``name`` and store it; returns its files.

    Raises ``InvalidInput`` where a class has fewer images than it is to have prototypes, or images are too small,
    ``ClassifierUnavailable`` where there is no network to stand on, and what ``load_dataset`` raises.
    """
    data = load_dataset(DATASETS.get(name, name), download=True)
    check(data, plan.each)
    base = _base(data)
    plain = keras.models.load_model(base.keras, compile=False)
    chain = cut(plain)
    rows, columns = receptive_fields(chain)
    trunk = keras.Model(plain.inputs, chain[-1].output, name="trunk")
    parts = untrained(trunk, len(data.class_names), plan.each, plan.width, np.random.default_rng([seed, 0]))
    cache = data_root() / "cache" / "training"
    kept = cache / f"{name}-protopnet-seed{seed}-{'-'.join(map(str, asdict(plan).values()))}"
    features = cache / f"{name}-trunk"
    views = kept_views(trunk, data, features, f"{base.version()} {chain[-1].name}", report)
    push = Stages(parts, views, plan.batch, seed, report).run(plan.warm_up, plan.joint, kept)

    folder = MODELS_DIR if name in SHIPPED and not INSTALLED else data_root() / "models"
    files = ModelFiles(folder, f"{name}-protopnet")
    folder.mkdir(parents=True, exist_ok=True)
    network = assembled(parts, files.name)
    store(files, network, data.class_names)
    classifier = load_network(files)
    card = {
        "name": files.name,
        "command": f"python -m xai_core.attributes.training {name} --seed {seed}"
        + "".join(f" --{key.replace('_', '-')} {value}" for key, value in asdict(plan).items()),
        "seed": seed,
        "dataset": data.name,
        "data": data.digest,
        "class_names": data.class_names,
        "input_shape": data.image_shape,
        "exact": True,  # distances are differences of lengths
        "test": {data.name: figures(classifier, data)},
        "plain": {"name": base.name, "weights": base.version(), "test": base.card().entries.get("test")},
        "parameters": network.count_params(),
        "weights": classifier.version,
        "files": files.card().entries["files"],
        "receptive_field": {"layer": chain[-1].name, "rows": rows.tolist(), "columns": columns.tolist()},
        "prototypes": prototypes(parts, push, rows, columns),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    files.card_path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    for done in (kept, features):
        shutil.rmtree(done)
    report(f"{files.name}: stored in {files.folder}, {card['test']}")
    return files


def check(data: ImageDataset, each: int) -> None:
    """Raises ``InvalidInput`` where a class of ``data`` has fewer training images than it is to have prototypes."""
    counts = np.bincount(data.y_train[data.y_train >= 0], minlength=len(data.class_names))
    for name, count in zip(data.class_names, counts, strict=True):
        if count < each:
            raise InvalidInput(
                f"{name} has {count} training images, fewer than the {each} prototypes it is to have: add images, or "
                f"ask for fewer with --each {max(int(counts.min()), 1)}."
            )


def prototypes(parts: Parts, push: Push, rows: Spans, columns: Spans) -> list[dict[str, Any]]:
    """What the card says of each prototype; its box is (top, left, bottom, right)."""
    weights = parts.connections.numpy()
    return [
        {
            "class": int(owner),
            "image": int(image),
            "place": [int(row), int(column)],
            "box": [int(rows[row][0]), int(columns[column][0]), int(rows[row][1]), int(columns[column][1])],
            "weight": round(float(weights[number, owner]), 4),
            "tells": round(float(push.tells[number]), 4),
        }
        for number, (owner, image, (row, column)) in enumerate(
            zip(parts.classes, push.images, push.places, strict=True)
        )
    ]


def _base(data: ImageDataset) -> ModelFiles:
    """The stored network to stand on: the one that suits ``data`` best, or any for images of that shape."""
    for name in [*list_classifiers(data), *networks_of_shape(data.image_shape)]:
        try:
            files = stored_files(name)
        except ClassifierUnavailable:
            continue  # one that is not stored as a network
        if "prototypes" not in files.card().entries:
            return files
    height, width, channels = data.image_shape
    raise ClassifierUnavailable(
        f"No stored network takes the images of {data.title}: put a NAME.keras for images of {height} x {width} x "
        f"{channels} and a NAME.json with its class_names into {data_root() / 'models'}."
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.attributes.training", description=__doc__)
    parser.add_argument("name", help="cifar10, casting (drawn), casting-real, or a folder among the data")
    parser.add_argument("--seed", type=int, default=0)
    for field, meaning in (
        ("each", "prototypes of each class"),
        ("width", "features of a prototype"),
        ("warm-up", "epochs with the last layer as it is"),
        ("joint", "epochs in which the last layer is trained too"),
        ("batch", "images of a step"),
    ):
        parser.add_argument(f"--{field}", type=int, help=meaning)
    options = vars(parser.parse_args(arguments))
    name, seed = options.pop("name"), options.pop("seed")
    plan = replace(PLANS.get(name, Plan()), **{key: value for key, value in options.items() if value is not None})
    try:
        train(name, plan, seed=seed, report=lambda line: print(line, flush=True))
    except XaiError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
