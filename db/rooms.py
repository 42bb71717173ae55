"""The repository of rooms: their state, who is in them, and every answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from db.encoding import to_json
from db.engine import Database
from db.errors import NotNow, RoomClosed, UnknownRoom
from db.room_records import GivenAnswer, Room, RoomAnswer, StoredRound
from db.room_tables import room_answers, room_members, room_rounds, rooms
from db.rows import insert_once

_ROOM = tuple(item.name for item in fields(Room))
_GIVEN = tuple(item.name for item in fields(GivenAnswer))


@dataclass(frozen=True)
class Rooms:
    """Rooms in one database. All methods raise ``StorageUnavailable``, those that write ``StorageFull``."""

    database: Database

    def add(self, room: Room, plans: Sequence[Mapping[str, Any]]) -> bool:
        """Store a new room with its questions; False where its code is taken."""
        with self.database.write() as connection:
            if not insert_once(connection, rooms, {name: getattr(room, name) for name in _ROOM}):
                return False
            for number, plan in enumerate(plans):
                connection.execute(insert(room_rounds).values(_round_row(room.room_id, number, plan)))
            return True

    def find(self, code: str) -> Room:
        """The room of a code as it stands. Raises ``UnknownRoom``."""
        with self.database.read() as connection:
            row = connection.execute(select(rooms).where(rooms.c.code == code)).first()
        if row is None:
            raise UnknownRoom(f"There is no room {code}; compare the code with the one on the screen.")
        return _room(row)

    def open_rooms(self) -> list[Room]:
        """Rooms that are neither closed nor expired, the newest first."""
        query = select(rooms).where(rooms.c.closed_at.is_(None), rooms.c.expires_at > datetime.now(UTC))
        with self.database.read() as connection:
            return [_room(row) for row in connection.execute(query.order_by(rooms.c.opened_at.desc()))]

    def rounds(self, room_id: UUID) -> list[StoredRound]:
        """The questions of a room in their order."""
        query = select(room_rounds).where(room_rounds.c.room_id == room_id).order_by(room_rounds.c.number)
        with self.database.read() as connection:
            return [StoredRound(row.number, row.attempt, row.plan) for row in connection.execute(query)]

    def change(
        self,
        room: Room,
        changes: Mapping[str, Any],
        *,
        reset: int | None = None,
        added: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Change a room that is still as the caller saw it; False, and nothing is changed, where it is not.

        ``reset`` begins a new attempt of that question, ``added`` are new ones, put behind the last.
        """
        with self.database.write() as connection:
            moved = (
                update(rooms)
                .where(rooms.c.room_id == room.room_id, rooms.c.revision == room.revision)
                .values({**changes, "revision": room.revision + 1})
            )
            if connection.execute(moved).rowcount == 0:
                return False
            of_room = room_rounds.c.room_id == room.room_id
            if reset is not None:
                again = update(room_rounds).where(of_room, room_rounds.c.number == reset)
                connection.execute(again.values(attempt=room_rounds.c.attempt + 1))
            there = connection.scalar(select(func.count()).select_from(room_rounds).where(of_room)) or 0
            for number, plan in enumerate(added, start=there):
                connection.execute(insert(room_rounds).values(_round_row(room.room_id, number, plan)))
            return True

    def join(self, code: str, rater_id: str) -> int:
        """The number of a person in a room, given when they come first. Raises ``UnknownRoom`` and ``RoomClosed``."""
        with self.database.write() as connection:
            row = connection.execute(select(rooms).where(rooms.c.code == code)).first()
            if row is None:
                raise UnknownRoom(f"There is no room {code}; compare the code with the one on the screen.")
            return _number(connection, _room(row), rater_id)

    def is_member(self, room_id: UUID, rater_id: str) -> bool:
        """Whether somebody has joined."""
        query = select(room_members.c.number).where(
            room_members.c.room_id == room_id, room_members.c.rater_id == rater_id
        )
        with self.database.read() as connection:
            return connection.scalar(query) is not None

    def members(self, room_id: UUID) -> dict[str, int]:
        """Who has joined a room: pseudonyms and numbers in the order of joining."""
        query = select(room_members.c.rater_id, room_members.c.number).where(room_members.c.room_id == room_id)
        with self.database.read() as connection:
            return dict(tuple(row) for row in connection.execute(query.order_by(room_members.c.number)))

    def answer(self, room_id: UUID, answer: RoomAnswer) -> bool:
        """Store an answer to the present question; the last of a person counts. False where it is that already.

        Raises ``NotNow`` where the question is not, or no longer, open, ``RoomClosed`` and ``UnknownRoom``.
        """
        with self.database.write() as connection:
            row = connection.execute(select(rooms).where(rooms.c.room_id == room_id)).first()
            if row is None:
                raise UnknownRoom(f"There is no room {room_id}; join it again by its code.")
            room = _room(row)
            _number(connection, room, answer.rater_id)
            _require_open(connection, room, answer)
            mine = _of_stage(room_id, answer).where(room_answers.c.rater_id == answer.rater_id)
            before = connection.execute(mine.order_by(room_answers.c.sequence.desc()).limit(1)).first()
            if before is not None and (before.choice, before.x, before.y) == answer.value:
                return False
            revision = 0 if before is None else before.revision + 1
            values = {item.name: getattr(answer, item.name) for item in fields(RoomAnswer)}
            key = [answer.number, answer.attempt, answer.stage, answer.rater_id, revision]
            values |= {"answer_id": uuid5(room_id, to_json(key)), "room_id": room_id, "revision": revision}
            values |= {"into_ranking": room.into_ranking, "answered_at": datetime.now(UTC)}
            return insert_once(connection, room_answers, values)

    def answers(self, room_id: UUID, number: int, attempt: int) -> list[GivenAnswer]:
        """What counts of an attempt at a question: of each person and stage the last answer, oldest first."""
        of = room_answers.c
        mine = (of.room_id == room_id, of.number == number, of.attempt == attempt)
        last = select(func.max(of.sequence)).where(*mine).group_by(of.stage, of.rater_id)
        return self._given(select(room_answers).where(of.sequence.in_(last)).order_by(of.sequence))

    def all_answers(self, room_id: UUID) -> list[GivenAnswer]:
        """Every answer ever given in a room, changes of mind and former attempts included, oldest first."""
        of_room = select(room_answers).where(room_answers.c.room_id == room_id)
        return self._given(of_room.order_by(room_answers.c.sequence))

    def _given(self, query: Select[Any]) -> list[GivenAnswer]:
        with self.database.read() as connection:
            return [GivenAnswer(**{name: getattr(row, name) for name in _GIVEN}) for row in connection.execute(query)]


def _require_open(connection: Connection, room: Room, answer: RoomAnswer) -> None:
    attempt = connection.scalar(
        select(room_rounds.c.attempt).where(
            room_rounds.c.room_id == room.room_id, room_rounds.c.number == room.round_number
        )
    )
    if (answer.number, answer.attempt, answer.stage) != (room.round_number, attempt, room.phase):
        raise NotNow("This question is over; answer the one on the screen.")
    if room.paused:
        raise NotNow("The room is paused; wait until it goes on.")
    if room.locked:
        raise NotNow("Answers are closed; wait for the next question.")
    if room.deadline is not None and datetime.now(UTC) >= room.deadline:
        raise NotNow("Time is up; wait for the next question.")


def _number(connection: Connection, room: Room, rater_id: str) -> int:
    of_room = room_members.c.room_id == room.room_id
    mine = select(room_members.c.number).where(of_room, room_members.c.rater_id == rater_id)
    now = datetime.now(UTC)
    if room.is_over(now):
        raise RoomClosed(f"The room {room.code} is over; ask for the code of a new one.")
    number = connection.scalar(mine)
    if number is None:
        number = 1 + (connection.scalar(select(func.max(room_members.c.number)).where(of_room)) or 0)
        row = {"room_id": room.room_id, "rater_id": rater_id, "number": number, "joined_at": now}
        connection.execute(insert(room_members).values(row))
    return int(number)


def _of_stage(room_id: UUID, answer: RoomAnswer) -> Select[Any]:
    of = room_answers.c
    return select(room_answers).where(
        of.room_id == room_id,
        of.number == answer.number,
        of.attempt == answer.attempt,
        of.stage == answer.stage,
    )


def _room(row: Row[Any]) -> Room:
    return Room(**{name: getattr(row, name) for name in _ROOM})


def _round_row(room_id: UUID, number: int, plan: Mapping[str, Any]) -> dict[str, Any]:
    return {"room_id": room_id, "number": number, "attempt": 0, "plan": dict(plan)}
