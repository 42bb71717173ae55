"""``python -m studio import FILE``: add what another instance exported."""

from __future__ import annotations

import argparse
from pathlib import Path

from db.engine import Database
from db.merge import Merged
from studio.commands.common import add_database, database_url
from studio.exports import take_in
from studio.roles import OWNER
from studio.settings import Settings
from xai_core.progress import show_progress

HELP = "Add what another instance exported as a zip archive. Best while nobody is rating: votes wait meanwhile."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("archive", type=Path, help="what `python -m studio export FILE.zip` wrote")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError`` and ``OSError``. The database is made where there is none."""
    database = Database.open(database_url(options, settings))
    print(told(options.archive, take_in(OWNER, database, options.archive, show_progress)))
    database.close()


def told(archive: Path, merged: Merged) -> str:
    """What was done, in sentences."""
    added = ", ".join(f"{number} {name}" for name, number in merged.added.items() if number)
    known = sum(merged.known.values())
    sentences = [f"Imported {archive}: {added or 'nothing new'}."]
    if known:
        sentences.append(f"{known} rows were here already.")
    if merged.withheld:
        sentences.append(f"{merged.withheld} rows of people who were erased here were left out.")
    sentences += [
        f"The study {old} is here as {new}, because another one has its code." for old, new in merged.renamed.items()
    ]
    return " ".join(sentences)
