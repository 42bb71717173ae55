"""Erasing one person from the log.

The log only ever grows, with this one exception. The person's events are deleted for good, and one event of the kind
"erasure" is appended, which says that votes before it are gone and not whose: whoever follows the log reads the thumbs
anew. Numbers of events are never used again. What was shown to the person stays, as it says what was drawn and with
which propensity, but no longer to whom; of images that the person brought nothing stays.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, Table, delete, exists, func, insert, or_, select, update

from db.engine import Database
from db.errors import UnknownRater
from db.room_tables import room_answers, room_members, rooms, sign_ins
from db.schema import assignments, decisions, embeddings, events, impressions, participants

FORGOTTEN = "forgotten"
"""Stands for rater and session in what is kept."""

UPLOAD = "upload"
"""Data set or split of an image that a person brought."""


@dataclass(frozen=True)
class Erased:
    """What ``forget`` did: numbers of events deleted by kind, of rows made anonymous, and of images deleted."""

    events: dict[str, int]
    impressions: int
    decisions: int
    uploads: int


def forget(database: Database, rater_id: str) -> Erased:
    """Erase a person: votes, tags, skips, comments, steps in studies, answers in rooms, images brought along; and the
    name from what was shown. What a study had reserved for them goes to others.

    Backups written before still hold everything. Raises ``UnknownRater`` where nothing is stored of such a person,
    ``StorageUnavailable`` and ``StorageFull``; then nothing was erased.
    """
    with database.write() as connection:
        if connection.dialect.name == "sqlite":  # or the bytes would stay in the file
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        deleted = _delete_events(connection, rater_id)
        uploads = _delete_uploads(connection, rater_id)
        shown, drawn = (_make_anonymous(connection, table, rater_id) for table in (impressions, decisions))
        if not (deleted or uploads or shown or drawn):
            raise UnknownRater(f"Nothing is stored of a rater {rater_id}; check the name in an export.")
        if deleted:
            _append_erasure(connection)
    database.settle()
    return Erased(deleted, shown, drawn, uploads)


def _delete_events(connection: Connection, rater_id: str) -> dict[str, int]:
    mine = events.c.rater_id == rater_id
    rows = connection.execute(select(events.c.kind, func.count()).where(mine).group_by(events.c.kind)).all()
    counted = dict(tuple(row) for row in rows)
    connection.execute(delete(events).where(mine))
    for table in (assignments, participants, room_members, sign_ins):
        connection.execute(delete(table).where(table.c.rater_id == rater_id))
    if in_rooms := connection.execute(delete(room_answers).where(room_answers.c.rater_id == rater_id)).rowcount:
        counted["answer in a room"] = in_rooms
    connection.execute(update(rooms).where(rooms.c.opened_by == rater_id).values(opened_by=FORGOTTEN))
    return counted


def _delete_uploads(connection: Connection, rater_id: str) -> int:
    """Returns the number of images."""
    brought = or_(impressions.c.dataset == UPLOAD, impressions.c.split == UPLOAD)
    mine = (impressions.c.rater_id == rater_id, brought)
    images = set(connection.scalars(select(impressions.c.image_id).where(*mine).distinct()))
    answered = exists().where(events.c.impression_id == impressions.c.impression_id)
    connection.execute(delete(impressions).where(*mine, ~answered))
    for image in images:
        of_decision = exists().where(impressions.c.decision_id == decisions.c.decision_id)
        connection.execute(delete(decisions).where(decisions.c.image_id == image, ~of_decision))
        elsewhere = exists().where(impressions.c.image_id == image)
        connection.execute(delete(embeddings).where(embeddings.c.image_id == image, ~elsewhere))
    return len(images)


def _make_anonymous(connection: Connection, table: Table, rater_id: str) -> int:
    nobody = update(table).where(table.c.rater_id == rater_id).values(rater_id=FORGOTTEN, session_id=FORGOTTEN)
    return connection.execute(nobody).rowcount


def _append_erasure(connection: Connection) -> None:
    connection.execute(
        insert(events).values(
            event_id=uuid4(),
            kind="erasure",
            impression_id=None,
            rater_id=FORGOTTEN,
            session_id=FORGOTTEN,
            revision=0,
            reasons=[],
            server_ts=datetime.now(UTC),
        )
    )
