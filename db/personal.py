"""What is stored about one person: listing it, and cutting the tie between them and it.

``db.forget`` deletes; here answers stay, under a name that nobody can trace. Pseudonym and visits are replaced by
random ones in every table, and with them the identifiers of events, which are made of them. Words of the person's own,
images that they brought, and the codes by which a study paid them are deleted.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Subquery, Table, delete, func, select, union_all, update

from db.engine import Database
from db.errors import UnknownRater
from db.forget import FORGOTTEN, UPLOAD, append_erasure, delete_uploads, erase_bytes
from db.room_tables import PRIVATE, room_answers, rooms
from db.schema import events, impressions, metadata

ANONYMOUS = "anonymous-"
"""What the names begin with that stand for people who may not be known any more."""


@dataclass(frozen=True)
class Held:
    """Numbers of rows by table and of events by kind, images brought along, and first and last time of anything."""

    rows: dict[str, int]
    events: dict[str, int]
    uploads: int
    first: datetime | None
    last: datetime | None


def held(database: Database, rater_id: str) -> Held:
    """What is stored about a person; nothing of a person who was never here."""
    mine, shown = events.c.rater_id == rater_id, impressions.c.rater_id == rater_id
    moments = _moments()
    brought = (impressions.c.dataset == UPLOAD) | (impressions.c.split == UPLOAD)
    with database.read() as connection:
        times = select(func.min(moments.c.at), func.max(moments.c.at)).where(moments.c.rater_id == rater_id)
        first, last = connection.execute(times).one()
        kinds = connection.execute(select(events.c.kind, func.count()).where(mine).group_by(events.c.kind)).all()
        images = select(func.count(impressions.c.image_id.distinct())).where(shown, brought)
        return Held(
            rows={table.name: _count(connection, table, rater_id) for table in about_people()},
            events=dict(tuple(row) for row in kinds),
            uploads=connection.scalar(images) or 0,
            first=first,
            last=last,
        )


def about_people() -> list[Table]:
    """The tables that say whom their rows are about."""
    return [table for table in metadata.sorted_tables if "rater_id" in table.c]


def anonymise(database: Database, rater_id: str) -> Held:
    """Keep a person's answers and forget whose they are; returns what was stored about them.

    Backups written before still hold the old name. Raises ``UnknownRater`` where nothing is stored of such a person,
    ``StorageUnavailable`` and ``StorageFull``; then nothing was changed.
    """
    before = held(database, rater_id)
    with database.write() as connection:
        erase_bytes(connection)
        if not any(before.rows.values()):
            raise UnknownRater(f"Nothing is stored of a rater {rater_id}; check the name in an export.")
        _delete_words(connection, rater_id)
        delete_uploads(connection, rater_id)
        name = f"{ANONYMOUS}{uuid4().hex}"
        for key in (events.c.event_id, room_answers.c.answer_id):
            for old in connection.scalars(select(key).where(key.table.c.rater_id == rater_id)).all():
                connection.execute(update(key.table).where(key == old).values({key: uuid4()}))
        connection.execute(update(rooms).where(rooms.c.opened_by == rater_id).values(opened_by=name))
        visits: dict[str, str] = defaultdict(lambda: uuid4().hex)
        for table in about_people():
            mine = table.c.rater_id == rater_id
            if table.info.get(PRIVATE):
                connection.execute(delete(table).where(mine))
                continue
            if "session_id" in table.c:
                _rename_visits(connection, table, rater_id, visits)
            connection.execute(update(table).where(mine).values(rater_id=name))
        append_erasure(connection)
    database.settle()
    return before


def idle(database: Database, since: datetime) -> list[str]:
    """People of whom nothing is stored since then, those left out who are anonymous already."""
    moments = _moments()
    query = select(moments.c.rater_id).group_by(moments.c.rater_id).having(func.max(moments.c.at) < since)
    with database.read() as connection:
        found = connection.scalars(query.order_by(moments.c.rater_id)).all()
    return [name for name in found if name != FORGOTTEN and not name.startswith(ANONYMOUS)]


def _moments() -> Subquery:
    """Whenever somebody did or saw something."""
    times = (events.c.server_ts, impressions.c.shown_at, room_answers.c.answered_at)
    return union_all(*(select(at.table.c.rater_id, at.label("at")) for at in times)).subquery()


def _count(connection: Connection, table: Table, rater_id: str) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(table.c.rater_id == rater_id)) or 0


def _delete_words(connection: Connection, rater_id: str) -> None:
    mine = events.c.rater_id == rater_id
    connection.execute(delete(events).where(mine, events.c.kind == "comment"))
    said = connection.execute(select(events.c.sequence, events.c.payload).where(mine, events.c.kind == "task")).all()
    for sequence, payload in said:
        this = events.c.sequence == sequence
        if payload["task"] == "completion":
            connection.execute(delete(events).where(this))
        elif payload["task"] == "questionnaire":
            connection.execute(update(events).where(this).values(payload=_without_words(payload)))


def _without_words(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"answers": {item: told for item, told in payload["answers"].items() if isinstance(told, int)}}


def _rename_visits(connection: Connection, table: Table, rater_id: str, new: Mapping[str, str]) -> None:
    mine = table.c.rater_id == rater_id
    for visit in connection.scalars(select(table.c.session_id).where(mine).distinct()).all():
        connection.execute(update(table).where(mine, table.c.session_id == visit).values(session_id=new[visit]))
