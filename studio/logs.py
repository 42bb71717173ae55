"""One line an event, in a form that can be searched: time, level, module, ``what happened: key=value …``."""

from __future__ import annotations

import logging
import sys

PACKAGES = ("studio", "ui", "db", "xai_core", "pages", "server")
FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(level: str) -> None:
    """Send the program's log lines of at least ``level`` to standard error; loggers of libraries stay as they are."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    for package in PACKAGES:
        logger = logging.getLogger(package)
        logger.setLevel(level)
        logger.propagate = False
        logger.handlers = [handler]
