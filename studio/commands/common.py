"""What several commands share: the database that is meant, and a line of progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from studio.settings import Settings

Run = Callable[[argparse.Namespace, Settings], None]


def add_database(parser: argparse.ArgumentParser) -> None:
    """The option that names another database than that of the settings."""
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, else the one in the data folder")


def database_url(options: argparse.Namespace, settings: Settings) -> str:
    """The address of the database that is meant."""
    return options.database or settings.database


def show_progress(share: float, what: str) -> None:
    """One line on the terminal's error stream that rewrites itself; nothing where that is not a terminal."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%}  {what:<60}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
