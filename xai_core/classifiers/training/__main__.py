"""Train a classifier of the project: ``python -m xai_core.classifiers.training NAME``.

Progress is printed, the run is seeded, and an interrupted run goes on from its last finished epoch when
the same command is given again. The finished network lands in ``data/models/`` (one made from the user's own
data in ``$XAI_DATA_DIR/models``) as a Keras file, its exported OpenVINO graph and a model card.
"""

from __future__ import annotations

import argparse
import sys

from xai_core.classifiers.training.recipes import RECIPES
from xai_core.classifiers.training.train import train
from xai_core.errors import XaiError


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.classifiers.training", description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="fewer for a trial; the recipe's own number if not given")
    options = parser.parse_args(arguments)
    try:
        train(options.name, seed=options.seed, epochs=options.epochs, report=lambda line: print(line, flush=True))
    except XaiError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
