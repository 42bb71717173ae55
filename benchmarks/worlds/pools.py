"""A world's explanations as a pool: ψ, what each covers of the evidence, embeddings. Kept under the data root.

``python -m benchmarks.worlds.pools NAME ...`` makes what is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.worlds.explained import ENGINE, explained, load_pictures
from benchmarks.worlds.judged import judged
from benchmarks.worlds.pictures import WORLDS
from xai_core.datasets import as_float, image_id
from xai_core.numerics import iou
from xai_core.paths import data_root
from xai_core.ranking import FEATURES, all_features
from xai_core.ranking.guard import EFFECT
from xai_core.ranking.scene import marked
from xai_core.ranking.simulation import Pool

MEASURES = 1  # to be raised when ψ is measured differently: pools are then made anew
COVERING = ("iou", "precision", "recall", "patches")


def pool(name: str) -> Pool:
    """The pool of that name; explains, judges and measures what is missing."""
    path = _path(name)
    if not path.exists():
        _measured(name).save(path)
    return Pool.load(path)


def _path(name: str) -> Path:
    return data_root() / "cache" / "ranking" / f"{name}-{ENGINE}.{MEASURES}.npz"


def _measured(name: str) -> Pool:
    pictures = load_pictures(name)
    features, truth, faithful, effects, embeddings = [], [], [], [], []
    arms: tuple[str, ...] = ()
    for number in range(len(pictures.images)):
        case = explained(pictures, number)
        found = judged(pictures, number, case)
        image = as_float(case.image)
        rows = all_features(
            case.explanations, image, faithfulness=found.faithfulness, embeddings=(case.embedding, found.kept)
        )
        features.append([[row.get(feature, np.nan) for feature in FEATURES] for row in rows])
        masks = [marked(explanation) for explanation in case.explanations]
        truth.append([_covering(mask, case.evidence) for mask in masks])
        faithful.append(found.independent)
        effects.append([each.whole - each.without_marked for each in found.faithfulness])
        embeddings.append(case.embedding)
        arms = tuple(explanation.arm for explanation in case.explanations)
        print(f"\r{name}: {number + 1} of {len(pictures.images)} measured", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    covering = np.moveaxis(np.array(truth, np.float64), -1, 0)  # [measures, N, K]
    return Pool(
        dataset=name,
        classifier=pictures.classifier.name,
        arms=arms,
        image_ids=tuple(image_id(image) for image in pictures.images),
        features=np.array(features),
        measures={
            **dict(zip(COVERING, covering, strict=True)),
            "faithful": np.array(faithful),
            EFFECT: np.array(effects),
        },
        embeddings=np.array(embeddings),
    )


def _covering(mask: NDArray[np.bool_], evidence: NDArray[np.bool_]) -> tuple[float, ...]:
    """The figures of ``COVERING`` for one mask."""
    shared = (mask & evidence).sum()
    precision, recall = shared / max(mask.sum(), 1), shared / max(evidence.sum(), 1)
    return iou(mask, evidence), float(precision), float(recall), float(ndimage.label(mask)[1])


def main() -> None:
    """Make the pools."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(WORLDS))
    for name in parser.parse_args().names or WORLDS:
        found = pool(name)
        print(f"{name}: {len(found.image_ids)} images, {len(found.arms)} arms")


if __name__ == "__main__":
    main()
