"""What several commands share: the database that is meant."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from studio.settings import Settings

Run = Callable[[argparse.Namespace, Settings], None]


def add_database(parser: argparse.ArgumentParser) -> None:
    """The option that names another database than that of the settings."""
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, else the one in the data folder")


def database_url(options: argparse.Namespace, settings: Settings) -> str:
    """The address of the database that is meant."""
    return options.database or settings.database
