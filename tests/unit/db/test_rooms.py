"""Rooms in the database: one answer of a person counts, one change after the other, none to a closed question."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.engine import Database
from db.errors import InvalidRecord, NotNow, RoomClosed, UnknownRoom
from db.forget import forget
from db.room_records import Room, RoomAnswer
from db.room_tables import room_members
from db.rooms import Rooms
from db.sign_ins import StoredSignIns

NOW = datetime.now(UTC)
VOTE = RoomAnswer(number=0, attempt=0, stage="rate", rater_id="ann", choice=1)


def make_room(code: str = "BCDFGH", **changes: object) -> Room:
    values = {
        "title": "<b>Digits</b>",
        "opened_by": "teacher",
        "opened_at": NOW,
        "expires_at": NOW + timedelta(hours=8),
    }
    return Room(
        room_id=uuid4(), code=code, **(values | {"expires_at": NOW + timedelta(hours=8), "phase": "rate"} | changes)
    )


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


@pytest.fixture
def room(rooms: Rooms) -> Room:
    made = make_room()
    assert rooms.add(made, [{"question": "first"}, {"question": "second"}])
    return made


def counted(rooms: Rooms, room: Room, number: int = 0, attempt: int = 0) -> dict[tuple[str, str], int | None]:
    return {(one.rater_id, one.stage): one.choice for one in rooms.answers(room.room_id, number, attempt)}


def test_a_room_comes_back_as_it_was_stored(rooms, room):
    assert rooms.find("BCDFGH") == room
    assert [(one.number, one.attempt, one.plan["question"]) for one in rooms.rounds(room.room_id)] == [
        (0, 0, "first"),
        (1, 0, "second"),
    ]
    assert rooms.open_rooms() == [room]


def test_a_code_is_one_room_s(rooms, room):
    assert not rooms.add(make_room(), [])
    assert rooms.find("BCDFGH") == room


def test_an_unknown_code_is_told(rooms):
    with pytest.raises(UnknownRoom, match="no room XXXXXX"):
        rooms.find("XXXXXX")
    with pytest.raises(UnknownRoom):
        rooms.join("XXXXXX", "ann")


def test_people_are_numbered_as_they_come_and_keep_their_number(rooms, room):
    assert [rooms.join("BCDFGH", who) for who in ("ann", "bob", "ann")] == [1, 2, 1]
    assert rooms.members(room.room_id) == {"ann": 1, "bob": 2}
    assert rooms.is_member(room.room_id, "bob")
    assert not rooms.is_member(room.room_id, "eve")


@pytest.mark.parametrize("over", [{"closed_at": NOW}, {"expires_at": NOW - timedelta(seconds=1)}])
def test_a_room_that_is_over_takes_nobody_and_nothing(rooms, over):
    room = make_room("XYZXYZ", **over)
    rooms.add(room, [{}])
    with pytest.raises(RoomClosed, match="is over"):
        rooms.join("XYZXYZ", "ann")
    with pytest.raises(RoomClosed):
        rooms.answer(room.room_id, VOTE)
    assert rooms.open_rooms() == []


def test_the_last_answer_of_a_person_counts_and_all_are_kept(rooms, room):
    assert rooms.answer(room.room_id, VOTE)
    assert not rooms.answer(room.room_id, VOTE), "the same from another tab"
    assert rooms.answer(room.room_id, replace(VOTE, choice=0))
    assert rooms.answer(room.room_id, VOTE)
    assert counted(rooms, room) == {("ann", "rate"): 1}
    assert [(one.choice, one.revision) for one in rooms.all_answers(room.room_id)] == [(1, 0), (0, 1), (1, 2)]


def test_places_are_stored(rooms, room):
    rooms.answer(room.room_id, replace(VOTE, choice=None, x=0.25, y=0.75))
    assert rooms.answers(room.room_id, 0, 0)[0].value == (None, 0.25, 0.75)
    with pytest.raises(InvalidRecord):
        rooms.answer(room.room_id, replace(VOTE, choice=None, x=1.25, y=0.75))
    with pytest.raises(InvalidRecord):
        rooms.answer(room.room_id, replace(VOTE, x=0.25, y=0.75))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phase": "tally"}, "This question is over"),
        ({"phase": "revote"}, "This question is over"),
        ({"round_number": 1}, "This question is over"),
        ({"paused": True}, "paused"),
        ({"locked": True}, "closed"),
        ({"deadline": NOW - timedelta(seconds=1)}, "Time is up"),
    ],
)
def test_a_question_that_is_not_open_takes_no_answer(rooms, room, changes, said):
    assert rooms.change(room, changes)
    with pytest.raises(NotNow, match=said):
        rooms.answer(room.room_id, VOTE)
    assert counted(rooms, room) == {}
    assert rooms.change(rooms.find(room.code), {"phase": "rate", "round_number": 0, "paused": False, "locked": False})
    assert rooms.change(rooms.find(room.code), {"deadline": NOW + timedelta(hours=1)})
    assert rooms.answer(room.room_id, VOTE)


def test_of_two_instructors_who_press_at_once_one_moves_the_room(rooms, room):
    assert rooms.change(room, {"phase": "tally"})
    assert not rooms.change(room, {"phase": "revote"}, reset=0, added=[{}])
    now = rooms.find(room.code)
    assert (now.phase, now.revision) == ("tally", 1)
    assert [one.attempt for one in rooms.rounds(room.room_id)] == [0, 0]


def test_a_reset_counts_anew_and_keeps_what_was(rooms, room):
    rooms.answer(room.room_id, VOTE)
    assert rooms.change(room, {}, reset=0)
    assert counted(rooms, room, attempt=1) == {}
    with pytest.raises(NotNow):
        rooms.answer(room.room_id, VOTE)
    assert rooms.answer(room.room_id, replace(VOTE, attempt=1, choice=0))
    assert len(rooms.all_answers(room.room_id)) == 2


def test_questions_can_be_added_on_the_fly(rooms, room):
    assert rooms.change(room, {}, added=[{"question": "third"}])
    assert [one.plan["question"] for one in rooms.rounds(room.room_id)] == ["first", "second", "third"]


def test_the_switch_of_the_ranking_is_stored_with_each_answer(rooms, room):
    rooms.answer(room.room_id, VOTE)
    rooms.change(room, {"into_ranking": True})
    rooms.answer(room.room_id, replace(VOTE, rater_id="bob"))
    assert [one.into_ranking for one in rooms.answers(room.room_id, 0, 0)] == [False, True]


def test_a_person_who_votes_from_many_tabs_at_once_has_one_vote(rooms, room):
    voters = [threading.Thread(target=rooms.answer, args=(room.room_id, VOTE)) for _ in range(8)]
    for voter in voters:
        voter.start()
    for voter in voters:
        voter.join()
    assert len(rooms.all_answers(room.room_id)) == 1


def test_a_server_that_was_killed_in_mid_round_loses_nothing(url, database, rooms, room, start_python):
    program = """
import os, sys
from db.engine import Database
from db.rooms import Rooms
from db.room_records import RoomAnswer
rooms = Rooms(Database.open(sys.argv[1]))
room = rooms.find("BCDFGH")
for number in range(1000):
    rooms.answer(room.room_id, RoomAnswer(number=0, attempt=0, stage="rate", rater_id=str(number), choice=1))
    print(number, flush=True)
    if number == 30: os.kill(os.getpid(), 9)
"""
    process = start_python(program, url)
    told = process.communicate(timeout=300)[0].split()
    assert process.returncode == -9
    assert {who for who, _ in counted(rooms, room)} == set(told)
    assert rooms.find("BCDFGH") == room


def test_who_is_forgotten_leaves_no_answer_and_no_name(database, rooms, room):
    rooms.answer(room.room_id, VOTE)
    rooms.answer(room.room_id, replace(VOTE, rater_id="bob"))
    StoredSignIns(database).add("ann", "instructor", NOW + timedelta(hours=1))
    assert forget(database, "ann").events == {"answer in a room": 1}
    assert {one.rater_id for one in rooms.all_answers(room.room_id)} == {"bob"}
    assert StoredSignIns(database).roles("ann") == frozenset()
    with database.read() as connection:
        assert list(connection.scalars(select(room_members.c.rater_id))) == ["bob"]


def test_sign_ins_are_each_one_s_and_end(database):
    kept = StoredSignIns(database)
    kept.add("ann", "instructor", datetime.now(UTC) + timedelta(hours=1))
    kept.add("ann", "researcher", datetime.now(UTC) - timedelta(hours=1))
    assert kept.roles("ann") == {"instructor"}
    assert kept.roles("bob") == frozenset()
    kept.add("ann", "instructor", datetime.now(UTC) + timedelta(hours=2))
    kept.remove("ann")
    assert kept.roles("ann") == frozenset()
