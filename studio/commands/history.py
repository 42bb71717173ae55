"""``python -m studio history``: how the ranking evolved, replayed from the stored thumbs."""

from __future__ import annotations

import argparse

from db.engine import Database
from db.feedback import Feedback
from studio.commands.common import add_database, database_url
from studio.history import lines
from studio.learning import Learner
from studio.settings import Settings

HELP = "Tell how the ranking evolved, from the stored thumbs alone."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--every", type=int, default=50, help="thumbs between two moments (default: 50)")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError``, and ``InvalidInput`` for an interval below 1."""
    from xai_core.ranking.history import replay

    learner = Learner(Feedback(Database.open(database_url(options, settings), create=False)), settings)
    for snapshot in replay(learner.refresh().events, every=options.every, prior=learner.prior):
        print("\n".join(lines(snapshot)))
