"""``python -m studio forget RATER``: take one person's data out."""

from __future__ import annotations

import argparse

from db.engine import Database
from db.forget import Erased, forget
from db.personal import Held, anonymise
from studio.commands.common import add_database, database_url
from studio.settings import Settings
from studio.withdrawal import rater_of

HELP = "Erase one rater: votes, tags, comments, uploads, and the name from what was shown; or only whose they are."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("rater", help="the pseudonym, as in the column rater_id of an export, or with --code the code")
    parser.add_argument("--code", action="store_true", help="the person is named by the code from the page Your data")
    parser.add_argument("--anonymise", action="store_true", help="keep the answers, under a name nobody can trace")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError``, and ``InvalidInput`` for a code that is none."""
    database = Database.open(database_url(options, settings), create=False)
    rater = rater_of(options.rater, settings.cookie_secret()) if options.code else options.rater
    name = "the person of this code" if options.code else rater
    done = anonymise(database, rater) if options.anonymise else forget(database, rater)
    print(told(name, done))
    database.close()


def told(rater: str, done: Erased | Held) -> str:
    """What was done, in sentences."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(done.events.items())) or "none"
    if isinstance(done, Held):
        what = f"Anonymised {rater}. Events that no longer say whose they are; words among them are deleted: {kinds}."
    else:
        what = (
            f"Erased {rater}. Events deleted: {kinds}. Uploaded images deleted with all that was known of them: "
            f"{done.uploads}. Impressions and decisions that no longer say whose they were: {done.impressions} and "
            f"{done.decisions}."
        )
    return (
        f"{what}\nBackups and exports made before still hold all of it: delete them. Restart a running "
        "studio, so that nothing stays in its memory."
    )
