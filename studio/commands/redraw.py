"""``python -m studio redraw IMPRESSION``: compute an explanation again and compare it with what was shown."""

from __future__ import annotations

import argparse
from uuid import UUID

from db.engine import Database
from db.showings import impression
from studio.commands.common import add_database, database_url
from studio.redraw import compared, redraw
from studio.settings import Settings
from xai_core.classifiers.registry import load_classifier
from xai_core.datasets import load_dataset
from xai_core.errors import XaiError
from xai_core.progress import show_progress

HELP = "Compute an explanation again from what is stored of it, and compare it with what was shown."


class DrawnDifferently(XaiError):
    """What comes out now is not what was shown."""


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("impression", type=UUID, help="as in the column impression_id of an export")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError``, ``XaiError``, and ``DrawnDifferently`` naming what differs."""
    database = Database.open(database_url(options, settings), create=False)
    shown = impression(database, options.impression)
    database.close()
    data = load_dataset(shown.dataset, root=settings.xai_data_dir, progress=show_progress)
    model = load_classifier(shown.classifier, precision=shown.precision, dataset=data)
    found = compared(shown, redraw(shown, data, model))
    width = max(len(one.name) for one in found)
    for one in found:
        print(f"{'same' if one.same else 'DIFFERENT':<10}{one.name:<{width}}  {one.shown}  {one.now}")
    if different := [one.name for one in found if not one.same]:
        raise DrawnDifferently(f"It comes out differently now: {', '.join(different)}.")
    print(f"{shown.arm} of image {shown.image_index} of {shown.dataset} comes out as it was shown.")
