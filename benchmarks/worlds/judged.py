"""What the classifier says about the marks of a world's explanations, asked once and kept beside them.

The ranking reads the first figures as features. Raters who judge by faithfulness go by one that no feature knows: what
the marked pieces alone keep, less what is left without them, before the picture's mean colour.
``python -m benchmarks.worlds.judged NAME ...`` explains and asks what is missing.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.explained import Explained, explained, kept_file, load_pictures
from benchmarks.worlds.pictures import WORLDS, Pictures
from xai_core.datasets import as_float
from xai_core.quality.faithfulness import Faithfulness, faithfulness_of
from xai_core.quality.references import references
from xai_core.ranking.scene import marked


@dataclass(frozen=True, eq=False)
class Judged:
    """Figures of K explanations: ``faithfulness`` of each, ``kept`` float32 ``[K, D]`` the embeddings of the marked
    part alone (the rest blurred), ``independent`` float64 ``[K]`` the raters' own figure, -1..1."""

    faithfulness: tuple[Faithfulness, ...]
    kept: NDArray[np.float32]
    independent: NDArray[np.float64]


def judged(pictures: Pictures, number: int, case: Explained) -> Judged:
    """The figures of one picture's explanations, from the data root or asked now."""
    path = kept_file(pictures, number, "judged")
    if not path.exists():
        image, model = as_float(case.image), pictures.classifier
        figures = faithfulness_of(case.explanations, image, model)
        masks = np.stack([marked(explanation) for explanation in case.explanations])[..., None]  # [K, H, W, 1]
        mean = image.mean(axis=(0, 1), dtype=np.float32)
        ways = np.concatenate([np.where(masks, image, mean), np.where(masks, mean, image)])
        alone, without = model.predict_proba(ways)[:, case.explanations[0].classes[0]].reshape(2, -1)
        np.savez_compressed(
            path,
            figures=[[getattr(each, field.name) for field in fields(Faithfulness)] for each in figures],
            kept=model.embed(np.where(masks, image, references(image)["blur"])),
            independent=alone.astype(np.float64) - without,
        )
    with np.load(path) as stored:
        found = tuple(Faithfulness(*row) for row in stored["figures"].tolist())
        return Judged(found, stored["kept"], stored["independent"])


def main() -> None:
    """Explain and judge what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(WORLDS))
    for name in parser.parse_args().names or WORLDS:
        pictures = load_pictures(name)
        for number in range(len(pictures.images)):
            judged(pictures, number, explained(pictures, number))
            print(f"\r{name}: {number + 1} of {len(pictures.images)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)


if __name__ == "__main__":
    main()
