"""``python -m studio export FOLDER``: everything that was collected, as CSV with a codebook."""

from __future__ import annotations

import argparse
from pathlib import Path

from db.engine import Database
from studio.commands.common import add_database, database_url
from studio.exports import export
from studio.roles import OWNER
from studio.settings import Settings

HELP = "Write everything that was collected as CSV, with a codebook."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("folder", type=Path, help="where to write; it is created")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError`` and ``OSError``."""
    database = Database.open(database_url(options, settings), create=False)
    for path in export(OWNER, database, options.folder):
        print(path)
