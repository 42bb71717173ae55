"""``python -m studio forget RATER``: erase one person."""

from __future__ import annotations

import argparse

from db.engine import Database
from db.forget import Erased, forget
from studio.commands.common import add_database, database_url
from studio.settings import Settings

HELP = "Erase one rater: votes, tags, comments, uploads, and the name from what was shown."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("rater", help="the pseudonym, as in the column rater_id of an export")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError``."""
    database = Database.open(database_url(options, settings), create=False)
    print(told(options.rater, forget(database, options.rater)))
    database.close()


def told(rater: str, erased: Erased) -> str:
    """What was done, in sentences."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(erased.events.items()))
    return (
        f"Erased {rater}. Events deleted: {kinds or 'none'}. Uploaded images deleted with all that was known of them: "
        f"{erased.uploads}. Impressions and decisions that no longer say whose they were: {erased.impressions} and "
        f"{erased.decisions}.\nBackups and exports made before still hold all of it: delete them. Restart a running "
        "studio, so that nothing stays in its memory."
    )
