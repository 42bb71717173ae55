"""What researchers do with studies; each asks for their role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.engine import Database
from db.studies import Studies
from db.study_records import Progress
from studio.next_case import Library
from studio.roles import Access, Role
from studio.studies.configuration import Study
from studio.studies.items import items_of


@dataclass(frozen=True)
class Overview:
    """A study as the list of studies shows it; ``closed_at`` None while it runs."""

    study: Study
    version: int
    closed_at: datetime | None
    progress: Progress


def create(access: Access, database: Database, library: Library, study: Study) -> int:
    """Store a study, or a new version of it; returns the version in force.

    Raises ``NotAllowed``, ``StudyClosed``, ``StorageError``, and ``XaiError`` where its items are not to be had.
    """
    access.require(Role.RESEARCHER)
    return Studies(database).save(study.code, study.model_dump(mode="json"), items_of(study, library))


def close(access: Access, database: Database, code: str) -> bool:
    """Admit nobody new; returns whether the study was open. Raises ``NotAllowed`` and ``UnknownStudy``."""
    access.require(Role.RESEARCHER)
    return Studies(database).close(code)


def overviews(access: Access, database: Database) -> list[Overview]:
    """All studies, the newest first. Raises ``NotAllowed`` and ``StorageError``."""
    access.require(Role.RESEARCHER)
    studies = Studies(database)
    found = []
    for code, closed_at in studies.codes().items():
        latest = studies.version(code)
        study = Study.model_validate(latest.configuration)
        found.append(Overview(study, latest.version, closed_at, studies.progress(code)))
    return found


def link(base: str, code: str) -> str:
    """The link of a study on a server with that address."""
    return f"{base.rstrip('/')}/?study={code}"
