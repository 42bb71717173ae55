"""What an instructor does to a room, as pure functions: the changes that an act makes to what stands there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from db.room_records import STAGES, Room
from studio.classroom.questions import Question
from xai_core.errors import InvalidInput

Changes = dict[str, Any]
Switch = Literal["show_first_tally", "into_ranking"]
COUNTDOWNS = (15, 30, 60, 120)  # seconds


def forward(room: Room, questions: Sequence[Question]) -> Changes:
    """The next phase, or the first of the next question; nothing at the end."""
    if room.phase == "lobby":
        return _enter(0, questions[0].phases[0]) if questions else {}
    phases = questions[room.round_number].phases
    at = phases.index(room.phase)
    if at + 1 < len(phases):
        return _enter(room.round_number, phases[at + 1])
    return skip(room, questions)


def back(room: Room, questions: Sequence[Question]) -> Changes:
    """The phase before, or the last of the question before; nothing at the beginning."""
    if room.phase == "lobby":
        return {}
    phases = questions[room.round_number].phases
    at = phases.index(room.phase)
    if at:
        return _enter(room.round_number, phases[at - 1])
    if room.round_number == 0:
        return _enter(0, "lobby")
    return _enter(room.round_number - 1, questions[room.round_number - 1].phases[-1])


def skip(room: Room, questions: Sequence[Question]) -> Changes:
    """The first phase of the next question; nothing after the last."""
    following = 0 if room.phase == "lobby" else room.round_number + 1
    return _enter(following, questions[following].phases[0]) if following < len(questions) else {}


def reset(room: Room, questions: Sequence[Question]) -> Changes:
    """The first phase of the present question; whoever stores this begins a new attempt at it."""
    return {} if room.phase == "lobby" else _enter(room.round_number, questions[room.round_number].phases[0])


def pause(room: Room, _questions: Sequence[Question], *, now: datetime) -> Changes:
    """Everything rests, a countdown too."""
    left = None if room.deadline is None else max(0, round((room.deadline - now).total_seconds()))
    return {} if room.paused else {"paused": True, "deadline": None, "seconds_left": left}


def go_on(room: Room, _questions: Sequence[Question], *, now: datetime) -> Changes:
    """On from where it was paused."""
    if not room.paused:
        return {}
    left = room.seconds_left
    deadline = None if left is None else now + timedelta(seconds=left)
    return {"paused": False, "deadline": deadline, "seconds_left": None}


def lock(room: Room, _questions: Sequence[Question], *, locked: bool) -> Changes:
    """Refuse answers, or take them again."""
    return {} if room.locked == locked else {"locked": locked}


def count_down(room: Room, _questions: Sequence[Question], *, seconds: int, now: datetime) -> Changes:
    """Take answers for so many seconds from now. Raises ``InvalidInput`` for none at all."""
    if seconds <= 0:
        raise InvalidInput(f"A countdown takes a second or more, not {seconds}.")
    if room.phase not in STAGES:
        return {}
    return {"deadline": now + timedelta(seconds=seconds), "paused": False, "seconds_left": None, "locked": False}


def switch(name: Switch, *, on: bool) -> Callable[[Room, Any], Changes]:
    """The act that turns a switch of the room."""
    return lambda _room, _questions: {name: on}


def _enter(number: int, phase: str) -> Changes:
    fresh = {"paused": False, "locked": False, "deadline": None, "seconds_left": None}
    return {"round_number": number, "phase": phase, **fresh}
