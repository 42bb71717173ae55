"""``python -m studio backup FILE``: copy the database while people vote."""

from __future__ import annotations

import argparse
from pathlib import Path

from db.backup import backup
from studio.commands.common import add_database, database_url
from studio.settings import Settings

HELP = "Copy the database while people vote."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("destination", type=Path, help="the file to write; it must not exist")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError``."""
    backup(database_url(options, settings), options.destination)
    print(f"Backed up to {options.destination}.")
