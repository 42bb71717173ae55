"""Answers to pairs as thumbs: the better explanation was convincing, the other one beside it was not."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from db.engine import Database
from db.payloads import Pair, payload_of
from db.records import Impression, Thumb
from db.schema import events, impressions

_AT_A_TIME = 500  # impressions a query: SQLite takes some thousand values at most
_FIELDS = tuple(item.name for item in fields(Impression))


def compared(database: Database, after: int, up_to: int) -> list[Thumb]:
    """Two thumbs for every pair that was answered, but for ties, after the event ``after`` and up to ``up_to``.

    Both have the sequence of their answer. Practice and what attention items ask for say nothing of explanations.
    Raises ``StorageUnavailable``.
    """
    if up_to <= after:
        return []
    query = (
        select(events)
        .where(events.c.sequence > after, events.c.sequence <= up_to, events.c.kind == "task")
        .where(events.c.payload["task"].as_string() == "pair")
        .order_by(events.c.sequence)
    )
    with database.read() as connection:
        answers = [(row, pair) for row in connection.execute(query) if (pair := _preference(row.payload))]
        shown = _impressions(connection, [one for _, pair in answers for one in (pair.left, pair.right)])
    return [thumb for row, pair in answers for thumb in _thumbs(row, pair, shown)]


def _preference(stored: object) -> Pair | None:
    payload = payload_of(stored)
    counts = isinstance(payload, Pair) and payload.answer != "tie" and payload.role in ("main", "gold")
    return payload if counts and isinstance(payload, Pair) else None


def _impressions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    found: dict[UUID, Row[Any]] = {}
    for start in range(0, len(ids), _AT_A_TIME):
        some = ids[start : start + _AT_A_TIME]
        query = select(impressions).where(impressions.c.impression_id.in_(some))
        found |= {row.impression_id: row for row in connection.execute(query)}
    return found


def _thumbs(row: Row[Any], pair: Pair, shown: dict[UUID, Row[Any]]) -> Iterator[Thumb]:
    for side, impression in (("left", pair.left), ("right", pair.right)):
        values = {name: getattr(shown[impression], name) for name in _FIELDS}
        values |= {"rater_id": row.rater_id, "session_id": row.session_id, "features": values["features"] or {}}
        yield Thumb(
            **values,
            sequence=row.sequence,
            value=1 if pair.answer == side else -1,
            reasons=(),
            voted_at=row.server_ts,
        )
