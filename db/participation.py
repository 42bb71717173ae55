"""The repository of participants: who takes part, who gets which item, and every step and answer."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import numpy as np
from sqlalchemy import Connection, Select, func, insert, or_, select, update

from db import balance
from db.encoding import to_json
from db.engine import Database
from db.errors import StudyClosed, StudyFull, UnknownAssignment
from db.payloads import Answer, Condition, Payload, Thumb, payload_of
from db.rows import insert_once, possible_lead_time
from db.schema import assignments, events, participants, study_items
from db.study_records import Assignment, Participant, Quota, StudyEvent
from db.study_rows import ITEM_FIELDS, NAMESPACE, item, items_of, require


@dataclass(frozen=True)
class Participation:
    """What participants of studies do, in one database.

    Whatever writes returns after the commit and can be repeated without harm. All methods raise
    ``StorageUnavailable``, those that write ``StorageFull``, and ``UnknownStudy`` where there is no such study.
    """

    database: Database

    def participant(self, code: str, rater_id: str) -> Participant | None:
        """The participant of that pseudonym, None for somebody new."""
        query = select(participants).where(participants.c.study_code == code, participants.c.rater_id == rater_id)
        with self.database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Participant(*row)

    def has_room(self, code: str, shares: Mapping[Condition, int], overlap: int) -> bool:
        """Whether an item still wants somebody."""
        with self.database.read() as connection:
            return bool(_with_room(connection, code, shares, overlap))

    def join(
        self,
        code: str,
        rater_id: str,
        *,
        version: int,
        shares: Mapping[Condition, int],
        overlap: int,
        consent: Payload,
        session_id: str,
    ) -> Participant:
        """Admit somebody who consents, into the condition that is shortest of people for its share.

        Who has joined already stays as they are. Raises ``StudyClosed``, and ``StudyFull`` where no item wants anybody.
        """
        with self.database.write() as connection:
            closed = require(connection, code)
            mine = select(participants).where(participants.c.study_code == code, participants.c.rater_id == rater_id)
            row = connection.execute(mine).first()
            if row is None and closed is not None:
                raise StudyClosed(f"The study {code} is closed and takes nobody new; thank you for your interest.")
            if row is None:
                open_to = _with_room(connection, code, shares, overlap)
                if not open_to:
                    raise StudyFull(f"The study {code} has all the answers that it needs; thank you for your interest.")
                query = select(participants.c.condition, func.count()).where(participants.c.study_code == code)
                people = dict(tuple(pair) for pair in connection.execute(query.group_by(participants.c.condition)))
                values = {
                    "study_code": code,
                    "rater_id": rater_id,
                    "version": version,
                    "condition": min(open_to, key=lambda name: (people.get(name, 0) + 1) / shares[name]),
                    "joined_at": datetime.now(UTC),
                }
                connection.execute(insert(participants).values(values))
                row = connection.execute(mine).one()
            person = Participant(*row)
            _record(connection, person, consent, "consent", session_id)
            return person

    def record(self, person: Participant, payload: Payload, *, detail: str, session_id: str) -> bool:
        """Store a step besides the answers; ``detail`` tells apart what can happen more than once."""
        with self.database.write() as connection:
            return _record(connection, person, payload, detail, session_id)

    def reserve(
        self,
        person: Participant,
        quota: Quota,
        rng: np.random.Generator,
        now: datetime | None = None,
        *,
        practice_only: bool = False,
    ) -> list[Assignment]:
        """What a participant has to do or has done, in order; what they lack is reserved for them.

        Items are taken that fewest participants of the same condition have answered or hold; empty where every item
        has as many as it needs. What nobody answered before its time ran out goes to others, unless whoever had it
        comes back first. Before somebody has passed the check they get ``practice_only``.

        Transactions take turns, so that any number of servers can share a database.
        """
        now = now or datetime.now(UTC)
        lease = now + quota.lease
        with self.database.write() as connection:
            mine = _assignments_of(connection, person)
            expires = dict(tuple(row) for row in connection.execute(_EXPIRY.where(*_mine(person))))
            expired = {one.assignment_id for one in mine if not one.done and expires[one.assignment_id] <= now}
            taken = dict(tuple(row) for row in connection.execute(_taken(person.study_code, person.condition, now)))
            held = balance.kept(mine, expired, taken, quota)
            for one in held:
                if one.assignment_id in expired and one.item.role == "main" and not one.repetition:
                    taken[one.item.item_id] = taken.get(one.item.item_id, 0) + 1
            renewed = [one.assignment_id for one in held if not one.done]
            connection.execute(
                update(assignments).where(assignments.c.assignment_id.in_(renewed)).values(expires_at=lease)
            )
            free = [item(row) for row in connection.execute(items_of(person.study_code)) if row.dropped_in is None]
            picks = balance.planned(
                free, mine=mine, held=held, taken=taken, quota=quota, rng=rng, practice_only=practice_only
            )
            for pick in picks:
                row = {
                    "assignment_id": uuid4(),
                    "study_code": person.study_code,
                    "item_id": pick.item.item_id,
                    "rater_id": person.rater_id,
                    "condition": person.condition,
                    "repetition": pick.repetition,
                    "place": pick.place,
                    "reserved_at": now,
                    "expires_at": lease,
                }
                connection.execute(insert(assignments).values(row))
            theirs = {one.assignment_id for one in held}
            added = {(pick.item.item_id, pick.repetition) for pick in picks}
            return [
                one
                for one in _assignments_of(connection, person)
                if one.assignment_id in theirs or (one.item.item_id, one.repetition) in added
            ]

    def answer(
        self,
        person: Participant,
        assignment_id: UUID,
        answer: Answer,
        *,
        impression_id: UUID | None,
        lead_time_ms: int | None,
        lease_until: datetime,
        session_id: str,
    ) -> bool:
        """Store one answer to an item, once; everything else that the participant holds is kept until ``lease_until``.

        It is taken however late it comes. Thumbs on main and gold items are votes, from which the ranking learns.
        Raises ``UnknownAssignment`` and ``InvalidRecord``.
        """
        with self.database.write() as connection:
            mine = (assignments.c.assignment_id == assignment_id, *_mine(person))
            if connection.execute(select(assignments.c.place).where(*mine)).first() is None:
                raise UnknownAssignment(
                    f"The item {assignment_id} was not given to this participant; reload the page to go on."
                )
            is_vote = isinstance(answer, Thumb) and answer.role in ("main", "gold")
            row = _row(person, answer, uuid5(assignment_id, answer.step), session_id) | {
                "kind": "vote" if is_vote else "task",
                "value": {"up": 1, "down": -1}[answer.answer] if is_vote else None,  # type: ignore[index]
                "impression_id": impression_id,
                "assignment_id": assignment_id,
                "lead_time_ms": possible_lead_time(lead_time_ms),
            }
            stored = insert_once(connection, events, row)
            if answer.step != "before":
                done = update(assignments).where(*mine, assignments.c.done_at.is_(None))
                connection.execute(done.values(done_at=row["server_ts"]))
            waiting = (*_mine(person), assignments.c.done_at.is_(None), assignments.c.expires_at > row["server_ts"])
            connection.execute(update(assignments).where(*waiting).values(expires_at=lease_until))
            return stored

    def history(self, code: str, rater_id: str) -> list[StudyEvent]:
        """Every step and answer of a participant, in the order in which they were stored."""
        query = (
            select(*(events.c[item.name] for item in fields(StudyEvent)))
            .where(events.c.study_code == code, events.c.rater_id == rater_id, events.c.payload.is_not(None))
            .order_by(events.c.sequence)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [StudyEvent(**(row._asdict() | {"payload": payload_of(row.payload)})) for row in rows]


_EXPIRY = select(assignments.c.assignment_id, assignments.c.expires_at)


def _mine(person: Participant) -> tuple[Any, ...]:
    return (assignments.c.study_code == person.study_code, assignments.c.rater_id == person.rater_id)


def _assignments_of(connection: Connection, person: Participant) -> list[Assignment]:
    query = select(
        *(study_items.c[name] for name in ITEM_FIELDS),
        *(assignments.c[name] for name in ("assignment_id", "rater_id", "condition", "repetition", "place", "done_at")),
    ).join_from(assignments, study_items)
    rows = connection.execute(query.where(*_mine(person)).order_by(assignments.c.place))
    return [
        Assignment(
            row.assignment_id,
            item(row),
            row.rater_id,
            row.condition,
            row.repetition,
            row.place,
            row.done_at is not None,
        )
        for row in rows
    ]


def _with_room(connection: Connection, code: str, shares: Mapping[Condition, int], overlap: int) -> list[Condition]:
    """Conditions in which a main item wants another participant."""
    wanted = {row.item_id for row in connection.execute(items_of(code)) if row.role == "main" and not row.dropped_in}
    now = datetime.now(UTC)
    return [
        name
        for name in shares
        if wanted - {key for key, count in connection.execute(_taken(code, name, now)) if count >= overlap}
    ]


def _taken(code: str, condition: Condition, now: datetime) -> Select[tuple[Any, ...]]:
    """Items with the number of participants of a condition who answered them or hold them."""
    theirs = or_(assignments.c.done_at.is_not(None), assignments.c.expires_at > now)
    return (
        select(assignments.c.item_id, func.count())
        .where(assignments.c.study_code == code, assignments.c.condition == condition)
        .where(assignments.c.repetition == 0, theirs)
        .group_by(assignments.c.item_id)
    )


def _row(person: Participant, payload: Payload, event_id: UUID, session_id: str) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "kind": "task",
        "rater_id": person.rater_id,
        "session_id": session_id,
        "revision": 0,
        "reasons": [],
        "server_ts": datetime.now(UTC),
        "study_code": person.study_code,
        "study_version": person.version,
        "payload": payload.model_dump(mode="json"),
    }


def _record(connection: Connection, person: Participant, payload: Payload, detail: str, session_id: str) -> bool:
    event_id = uuid5(NAMESPACE, to_json([person.study_code, person.rater_id, payload.task, detail]))
    return insert_once(connection, events, _row(person, payload, event_id, session_id))
