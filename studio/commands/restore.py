"""``python -m studio restore FILE``: put a backup in the place of the database."""

from __future__ import annotations

import argparse
from pathlib import Path

from db.restore import restore
from studio.commands.common import add_database, database_url
from studio.settings import Settings

HELP = "Put a backup in the place of the database, while the studio is stopped. The old database is kept."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("backup", type=Path, help="a file that the backup command wrote")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError`` and ``OSError``."""
    kept = restore(database_url(options, settings), options.backup)
    print(f"Restored {options.backup}." + (f" The old database is kept as {kept}." if kept else ""))
