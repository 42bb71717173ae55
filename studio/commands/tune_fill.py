"""``python -m studio tune-fill NAME``: choose what stands in for hidden pieces, and write it into the model's card."""

from __future__ import annotations

import argparse
import json

from studio.settings import Settings
from xai_core.classifiers import load_classifier
from xai_core.classifiers.registry import stored_files
from xai_core.datasets import load_dataset
from xai_core.lime.fill_choice import IMAGES, FillChoice, choose_fill
from xai_core.progress import show_progress

HELP = "Choose by measurement what stands in for hidden pieces, and write it into the model's card."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("name", help="a stored classifier")
    parser.add_argument("--dataset", help="whose training images are explained; what the card says if not given")
    parser.add_argument("--images", type=int, default=IMAGES, help=f"training images (default: {IMAGES})")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``XaiError`` and ``OSError``."""
    files = stored_files(options.name)
    card = files.card().entries
    name = options.dataset or card.get("dataset", "")
    data = load_dataset(name, root=settings.xai_data_dir, progress=show_progress)
    classifier = load_classifier(options.name, precision=settings.xai_precision, dataset=data)
    choice = choose_fill(data, classifier, images=options.images, seed=options.seed, progress=show_progress)
    fills = {**card.get("fills", {}), data.name: choice.as_dict()}
    files.card_path.write_text(json.dumps(card | {"fills": fills}, indent=1) + "\n", encoding="utf-8")
    print(table(choice))


def table(choice: FillChoice) -> str:
    """The comparison as text, one fill a line, the best first."""
    references = list(choice.scores[0].gaps)
    lines = [
        f"insertion - deletion on {choice.images} training images of {choice.dataset}, {choice.classifier}",
        f"{'fill':>22}" + "".join(f"{reference:>9}" for reference in references) + f"{'mean':>9}{'± se':>8}",
    ]
    for score in choice.scores:
        title = f"{score.fill} {score.constant:g}" if "constant" in score.fill else score.fill
        figures = "".join(f"{gap:>9.3f}" for gap in score.gaps.values())
        lines.append(f"{title:>22}{figures}{score.mean:>9.3f}{score.error:>8.3f}")
    return "\n".join([*lines, f"chosen: {choice.fill}, doubted by {choice.second_fill}"])
