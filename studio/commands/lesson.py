"""``python -m studio lesson FILE``: what is wrong with a lesson, by line and field."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.lessons import read_lesson
from studio.settings import Settings

HELP = "Check a lesson; mistakes are told with line and field."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", type=Path, help="a YAML file")


def run(options: argparse.Namespace, _settings: Settings) -> None:
    """Raises ``BrokenFile``."""
    lesson = read_lesson(options.file)
    print(f"{options.file.name}: “{lesson.title}”, {len(lesson.rounds)} questions, no mistakes.")
