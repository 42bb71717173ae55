"""``python -m studio export FOLDER``: everything that was collected, as plain files with a codebook."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from db.engine import Database
from db.export_files import Format
from studio.commands.common import add_database, database_url
from studio.exports import export, export_archive
from studio.roles import OWNER
from studio.settings import Settings
from xai_core.progress import show_progress

HELP = "Write everything that was collected as CSV, JSON lines, Parquet or one zip archive, with a codebook."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("destination", type=Path, help="a folder, which is created, or the archive to write")
    formats = [*get_args(Format), "zip"]
    parser.add_argument("--format", choices=formats, help="default: zip where the name ends like one, else csv")
    add_database(parser)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StorageError`` and ``OSError``."""
    database = Database.open(database_url(options, settings), create=False)
    if options.format == "zip" or (options.format is None and options.destination.suffix == ".zip"):
        print(export_archive(OWNER, database, options.destination, settings, show_progress))
        return
    for path in export(OWNER, database, options.destination, options.format or "csv", show_progress):
        print(path)
