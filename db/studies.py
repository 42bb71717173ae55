"""The repository of studies: their versions and items, and how far they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, func, insert, select, update

from db.encoding import to_json
from db.engine import Database
from db.errors import StudyClosed, UnknownStudy
from db.rows import insert_once
from db.schema import assignments, events, participants, studies, study_items, study_versions
from db.study_records import NewItem, Progress, StudyItem, StudyVersion
from db.study_rows import NAMESPACE, item, items_of, require


@dataclass(frozen=True)
class Studies:
    """Studies in one database.

    Whatever writes returns after the commit and can be repeated without harm. All methods raise
    ``StorageUnavailable``, those that write ``StorageFull``, and ``UnknownStudy`` where there is no such study.
    """

    database: Database

    def save(self, code: str, configuration: Mapping[str, Any], items: Iterable[NewItem]) -> int:
        """Store a study, or a new version of it where anything changed; returns the version in force, 1 and up.

        Items that the new version lacks go to nobody new; what was answered about them stays. Raises ``StudyClosed``.
        """
        wanted = {_item_id(code, new): new for new in items}
        now = datetime.now(UTC)
        with self.database.write() as connection:
            insert_once(connection, studies, {"code": code, "created_at": now})
            if connection.scalar(select(studies.c.closed_at).where(studies.c.code == code)) is not None:
                raise StudyClosed(f"The study {code} is closed; give the changed one another code.")
            latest = connection.execute(_latest(code)).first()
            there = {row.item_id: row for row in connection.execute(items_of(code))}
            in_use = {key: row.expected for key, row in there.items() if row.dropped_in is None}
            same = in_use == {key: new.expected for key, new in wanted.items()}
            if latest is not None and same and to_json(latest.configuration) == to_json(configuration):
                return int(latest.version)
            version = 1 if latest is None else int(latest.version) + 1
            row = {"study_code": code, "version": version, "configuration": dict(configuration), "created_at": now}
            connection.execute(insert(study_versions).values(row))
            dropped = [key for key in in_use if key not in wanted]
            connection.execute(update(study_items).where(study_items.c.item_id.in_(dropped)).values(dropped_in=version))
            for key, new in wanted.items():
                if key in there:
                    again = update(study_items).where(study_items.c.item_id == key)
                    connection.execute(again.values(expected=new.expected, dropped_in=None))
                else:
                    values = {name.name: getattr(new, name.name) for name in fields(NewItem)}
                    key_values = {"item_id": key, "study_code": code, "added_in": version}
                    connection.execute(insert(study_items).values(values | key_values))
            return version

    def close(self, code: str) -> bool:
        """Admit nobody new from now on; who has begun may finish. Returns whether it was open."""
        with self.database.write() as connection:
            require(connection, code)
            closing = update(studies).where(studies.c.code == code, studies.c.closed_at.is_(None))
            return connection.execute(closing.values(closed_at=datetime.now(UTC))).rowcount > 0

    def codes(self) -> dict[str, datetime | None]:
        """Codes of all studies, the newest first, with when each was closed (None: it runs)."""
        with self.database.read() as connection:
            rows = connection.execute(select(studies.c.code, studies.c.closed_at).order_by(studies.c.created_at.desc()))
            return {row.code: row.closed_at for row in rows}

    def version(self, code: str, version: int | None = None) -> StudyVersion:
        """A version of a study, by default the latest."""
        query = _latest(code) if version is None else _latest(code).where(study_versions.c.version == version)
        with self.database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise UnknownStudy(f"There is no study {code}; check the link.")
        return StudyVersion(row.study_code, row.version, row.configuration, row.created_at)

    def is_closed(self, code: str) -> bool:
        """Whether the study admits nobody new."""
        with self.database.read() as connection:
            return require(connection, code) is not None

    def items(self, code: str) -> list[StudyItem]:
        """All items that a study has or had."""
        with self.database.read() as connection:
            require(connection, code)
            return [item(row) for row in connection.execute(items_of(code))]

    def progress(self, code: str) -> Progress:
        """How far a study is."""
        of_study = events.c.study_code == code
        task = events.c.payload["task"].as_string()
        people = select(participants.c.condition, func.count()).where(participants.c.study_code == code)
        done = (
            select(assignments.c.condition, study_items.c.item_id, func.count(assignments.c.done_at))
            .join_from(study_items, assignments)
            .where(study_items.c.study_code == code, study_items.c.dropped_in.is_(None))
            .where(study_items.c.role == "main", assignments.c.repetition == 0)
            .group_by(assignments.c.condition, study_items.c.item_id)
        )
        with self.database.read() as connection:
            require(connection, code)
            of_condition = dict(tuple(row) for row in connection.execute(people.group_by(participants.c.condition)))
            main = select(func.count()).where(study_items.c.study_code == code, study_items.c.role == "main")
            in_use = connection.scalar(main.where(study_items.c.dropped_in.is_(None))) or 0
            finished = connection.scalar(select(func.count()).where(of_study, task == "completion")) or 0
            answered = connection.scalar(select(func.count()).where(of_study, events.c.assignment_id.is_not(None))) or 0
            overlap: dict[str, dict[int, int]] = {name: {0: in_use} for name in of_condition}
            for condition, _, count in connection.execute(done):
                of = overlap.setdefault(condition, {0: in_use})
                of[count] = of.get(count, 0) + 1
                of[0] -= 1
        return Progress(of_condition, finished, answered, overlap)


def _item_id(code: str, new: NewItem) -> UUID:
    return uuid5(NAMESPACE, to_json([code, new.role, new.dataset, new.split, new.image_id]))


def _latest(code: str) -> Select[tuple[Any, ...]]:
    versions = select(study_versions).where(study_versions.c.study_code == code)
    return versions.order_by(study_versions.c.version.desc()).limit(1)
