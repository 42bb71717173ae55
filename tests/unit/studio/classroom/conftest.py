"""A room with two questions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from db.rooms import Rooms
from studio.classroom.rooms import Classroom, Situation
from studio.roles import OWNER
from tests.unit.studio.classroom.toys import toy_question


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    database = Database.open(f"sqlite:///{tmp_path}/rooms.sqlite")
    yield Classroom(Rooms(database))
    database.close()


@pytest.fixture
def opened(classroom: Classroom) -> Situation:
    questions = [toy_question(), toy_question(guess=False, rate="thumb", show=("fused",), index=5)]
    room = classroom.open(OWNER, questions, title="Digits", opened_by="teacher")
    return classroom.look(room.code)
