"""What likeness to learned prototypes usually rests on: ``python -m xai_core.attributes NETWORK``.

Scores of training and of test images are computed in pieces that are kept, so that an interrupted run goes on. Prints
the similarity-weighted mean importance of every prototype, and whether training and test images differ.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from xai_core.attributes.importance import Scores, importance_scores
from xai_core.attributes.modifications import ATTRIBUTES
from xai_core.attributes.protopnet import PrototypeNetwork, load_prototypes
from xai_core.attributes.summary import Means, global_importance, shifts
from xai_core.datasets import ImageDataset, as_float, load_dataset
from xai_core.errors import InvalidInput, XaiError
from xai_core.examples.embeddings import kept_path
from xai_core.examples.store import kept_array
from xai_core.progress import show_progress

PIECE = 100  # images whose scores are kept together
SPLITS = ("train", "test")


def kept_scores(
    data: ImageDataset, network: PrototypeNetwork, split: str, count: int, *, seed: int = 0, root: Path | None = None
) -> Scores:
    """Scores of a random sample of ``count`` images of a split, kept on disk piece by piece.

    Raises ``InvalidInput`` where the split has no images, or the prototypes are patches of other images.
    """
    network.check(data)
    images = data.x_train if split == "train" else data.x_test
    if count < 1 or len(images) == 0:
        raise InvalidInput(f"{data.title}: scores of {count} of {len(images)} images cannot be averaged.")
    rows = np.random.default_rng(seed).permutation(len(images))[:count]
    parts = []
    for start in range(0, len(rows), PIECE):
        show_progress(start / len(rows), f"{split}: {start:,} of {len(rows):,} images")
        piece = rows[start : start + PIECE]

        def build(piece: np.ndarray = piece) -> np.ndarray:
            scores = importance_scores(as_float(images[piece]), network)
            return np.concatenate([scores.before[None], scores.after])

        key = {"data": data.digest, "network": network.classifier.version, "rows": str(piece.tolist())}
        path = kept_path(data, network.classifier.name, f"importance-{split}-{seed}-{start}", root)
        parts.append(kept_array(path, key, build))
    show_progress(1, split)
    found = np.concatenate(parts, axis=1)
    return Scores(found[0], found[1:])


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.attributes", description=__doc__)
    parser.add_argument("network", help="a network of prototypes, as casting-protopnet")
    parser.add_argument("--images", type=int, default=500, help="of each split (default: 500)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        network = load_prototypes(options.network)
        data = load_dataset(network.files.card().entries["dataset"], progress=show_progress)
        train, test = (kept_scores(data, network, split, options.images, seed=options.seed) for split in SPLITS)
    except XaiError as error:
        print(error, file=sys.stderr)
        return 1
    rng, notes = np.random.default_rng(options.seed), network.notes()
    print(f"\n{network.classifier.name}: importance over {len(train.before)} training images, with 95 % intervals\n")
    print("prototype".ljust(28) + "".join(name.rjust(24) for name in ATTRIBUTES))
    for number, prototype in enumerate(network.prototypes):
        title = f"{number + 1} {data.class_names[prototype.label]}"[:27]
        print(title.ljust(28) + _cells(global_importance(train, number, rng).weighted), notes.get(number, ""))
    print("\nTraining minus test images, paired by prototype, p after Holm's correction\n")
    for name, shift in shifts(train, test).items():
        if shift is not None:
            low, high = shift.difference.low, shift.difference.high
            print(f"{name:<12}{shift.difference.estimate:+.4f} ({low:+.4f} to {high:+.4f})  p = {shift.adjusted:.3f}")
    return 0


def _cells(means: Means) -> str:
    found = [means[name] for name in ATTRIBUTES]
    texts = ["–" if one is None else f"{one.estimate:.3f} ({one.low:.3f}, {one.high:.3f})" for one in found]
    return "".join(text.rjust(24) for text in texts)


if __name__ == "__main__":
    sys.exit(main())
