"""``python -m studio study``: check, create (or change) and close studies from their files."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from db.engine import Database
from studio.commands.common import add_database, database_url
from studio.library import PlainLibrary
from studio.roles import OWNER
from studio.settings import Settings
from studio.studies import service
from studio.studies.files import read_study
from studio.studies.items import items_of

HELP = "Check, create or close a study from its file."


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    for act, told in {
        "check": "tell what is wrong with a file, or what the study is",
        "create": "store the study, or a new version of one that was changed",
        "close": "admit nobody new to the study of a file; who has begun may finish",
    }.items():
        one = acts.add_parser(act, help=told, description=told.capitalize() + ".")
        one.add_argument("file", type=Path, help="YAML; docs/studies.md says what may stand in it")
        if act != "check":
            add_database(one)


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``StudyFileError``, ``XaiError``, ``StorageError`` and ``OSError``."""
    study = read_study(options.file)
    if options.act == "check":
        roles = Counter(item.role for item in items_of(study, PlainLibrary(settings)))
        told = ", ".join(f"{count} {role}" for role, count in roles.items())
        print(f"{study.code}: {study.task} on {study.dataset}; items: {told}.")
        people = -(-roles["main"] * study.overlap // study.stop_after)
        print(f"It takes {people} participants in each of the conditions {', '.join(study.shares)}.")
        return
    database = Database.open(database_url(options, settings), create=options.act == "create")
    if options.act == "create":
        version = service.create(OWNER, database, PlainLibrary(settings), study)
        print(f"{study.code}: version {version} is in force. Its link ends with {service.link('', study.code)}")
    else:
        closed = service.close(OWNER, database, study.code)
        print(f"{study.code} is closed." if closed else f"{study.code} was closed already.")
    database.close()
