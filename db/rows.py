"""Rows as they are written: events with an id that repetition does not change, inserted at most once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from db.encoding import to_json
from db.errors import ForeignImpression, UnknownImpression
from db.records import EventKind
from db.schema import impressions

LONGEST_MS = 2**31 - 1
"""What the column holds: 24 days."""


def event_row(
    kind: EventKind, impression_id: UUID, *, rater_id: str, session_id: str, revision: int, detail: str
) -> dict[str, Any]:
    """A row of events without what is particular to its kind. The same act has the same id, wherever it comes from."""
    return {
        "event_id": uuid5(impression_id, to_json([kind, rater_id, revision, detail])),
        "kind": kind,
        "impression_id": impression_id,
        "rater_id": rater_id,
        "session_id": session_id,
        "revision": revision,
        "reasons": [],
        "server_ts": datetime.now(UTC),
    }


def session_of(connection: Connection, impression_id: UUID, rater_id: str) -> str:
    """The session of what this rater was shown. Raises ``UnknownImpression`` and ``ForeignImpression``."""
    query = select(impressions.c.session_id, impressions.c.rater_id).where(impressions.c.impression_id == impression_id)
    shown = connection.execute(query).first()
    if shown is None:
        raise UnknownImpression(f"Nothing was shown under the id {impression_id}; load a new image and answer that.")
    if shown.rater_id != rater_id:
        raise ForeignImpression(
            f"What has the id {impression_id} was shown to somebody else; load a new image and answer that."
        )
    return str(shown.session_id)


def possible_lead_time(lead_time_ms: int | None) -> int | None:
    """The lead time, or None for one that cannot be, as where a clock was set back meanwhile."""
    return lead_time_ms if lead_time_ms is not None and 0 <= lead_time_ms <= LONGEST_MS else None


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert the row unless its key is there already; returns whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def plain(value: object) -> object:
    """A NumPy scalar as a Python one: SQLite would store a NumPy integer as a blob."""
    return value.item() if isinstance(value, np.generic) else value
