"""A room is led from phase to phase; what is not to be known is not on anybody's screen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from db.errors import NotNow, RoomClosed, RoomMoved, UnknownRoom
from studio.classroom import acts
from studio.classroom.rooms import Classroom, Situation
from studio.classroom.views import screen
from studio.roles import OWNER, Access, NotAllowed
from tests.unit.studio.classroom.toys import FOUR, NINE, stage_of, toy_question
from xai_core.errors import InvalidInput

A, B = 0, 1


def led(classroom: Classroom, code: str, *steps: acts.Changes, resets: bool = False) -> Situation:
    for step in steps:
        classroom.lead(OWNER, classroom.look(code), step, resets=resets)
    return classroom.look(code)


def test_the_way_through_a_room_and_back(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    way = [stage_of(opened)]
    for _ in range(12):
        way.append(stage_of(led(classroom, code, acts.forward)))
    first = [(0, phase) for phase in ("guess", "prediction", "rate", "tally", "revote", "result")]
    second = [(1, phase) for phase in ("prediction", "rate", "tally", "revote", "result")]
    assert way == [(0, "lobby"), *first, *second, (1, "result")], "and stays at the end"
    back = [stage_of(led(classroom, code, acts.back)) for _ in range(11)]
    assert back == [*reversed(first + second[:-1]), (0, "lobby")]


def test_skip_goes_to_the_next_question_and_stays_at_the_last(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    assert stage_of(led(classroom, code, acts.skip)) == (0, "guess")
    assert stage_of(led(classroom, code, acts.skip)) == (1, "prediction")
    assert stage_of(led(classroom, code, acts.skip)) == (1, "prediction")


def test_only_instructors_lead(classroom: Classroom, opened: Situation) -> None:
    nobody = Access(frozenset())
    with pytest.raises(NotAllowed):
        classroom.open(nobody, [], title="x", opened_by="eve")
    with pytest.raises(NotAllowed):
        classroom.lead(nobody, opened, acts.forward)
    with pytest.raises(NotAllowed):
        classroom.close(nobody, opened)
    with pytest.raises(NotAllowed):
        classroom.add_question(nobody, opened, toy_question())
    with pytest.raises(NotAllowed):
        classroom.open_rooms(nobody)
    assert stage_of(classroom.look(opened.room.code)) == (0, "lobby")


def test_another_device_goes_on_where_the_first_stopped(classroom: Classroom, opened: Situation) -> None:
    led(classroom, opened.room.code, acts.forward)
    assert [room.code for room in Classroom(classroom.rooms).open_rooms(OWNER)] == [opened.room.code]
    with pytest.raises(RoomMoved, match="Somebody else"):
        classroom.lead(OWNER, opened, acts.forward)  # the first device, which has not looked since
    assert stage_of(classroom.look(opened.room.code)) == (0, "guess")


def test_a_title_is_needed_and_kept_word_by_word(classroom: Classroom) -> None:
    with pytest.raises(InvalidInput, match="needs a title"):
        classroom.open(OWNER, [], title="  ", opened_by="t")
    room = classroom.open(OWNER, [], title="<script>alert(1)</script>" * 20, opened_by="t")
    assert classroom.look(room.code).room.title.startswith("<script>alert(1)</script>")
    assert len(classroom.look(room.code).room.title) == 200


def everything_said(situation: Situation) -> str:
    return repr(screen(situation))


def test_nothing_is_told_before_it_is_revealed(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    guessing = led(classroom, code, acts.forward)
    for who, label in (("ann", NINE), ("bob", NINE), ("eve", FOUR)):
        classroom.answer(guessing, who, choice=label)
    shown = screen(classroom.look(code))
    assert (shown.answered, shown.prediction, shown.truth, shown.guesses, shown.note) == (3, None, None, None, "")
    assert shown.picture is not None
    assert shown.picture.shown == ()
    assert "0.625" not in everything_said(classroom.look(code))

    shown = screen(led(classroom, code, acts.forward))
    assert (shown.phase, shown.prediction, shown.truth) == ("prediction", "four", None)
    assert shown.guesses is not None
    assert shown.guesses.counts == {FOUR: 1, NINE: 2}
    assert shown.picture.shown == ()

    rating = led(classroom, code, acts.forward)
    for who, choice in (("ann", A), ("bob", A), ("eve", B)):
        classroom.answer(rating, who, choice=choice)
    shown = screen(classroom.look(code))
    assert (shown.phase, shown.votes, shown.guesses, shown.truth) == ("rate", None, None, None)
    assert shown.picture.shown == ("slic-medium", "grid-7")

    shown = screen(led(classroom, code, acts.forward))
    assert shown.votes is not None
    assert (shown.phase, shown.votes.counts, shown.truth) == ("tally", {A: 2, B: 1}, None)

    again = led(classroom, code, acts.forward)
    for who, choice in (("ann", A), ("bob", B), ("eve", B), ("late", B)):
        classroom.answer(again, who, choice=choice)
    shown = screen(classroom.look(code))
    assert (shown.phase, shown.votes, shown.change, shown.truth) == ("revote", None, None, None)

    shown = screen(led(classroom, code, acts.forward))
    assert (shown.truth, shown.note) == ("nine", "the-note")
    assert shown.change is not None
    assert shown.change.after.counts == {A: 1, B: 3}
    assert (shown.change.changed, shown.change.both) == (1, 3)


def test_the_first_tally_can_be_kept_for_the_end(classroom: Classroom) -> None:
    room = classroom.open(OWNER, [toy_question(guess=False)], title="x", opened_by="t", show_first_tally=False)
    rating = led(classroom, room.code, acts.forward, acts.forward)
    classroom.answer(rating, "ann", choice=A)
    assert screen(led(classroom, room.code, acts.forward)).votes is None
    shown = screen(led(classroom, room.code, acts.forward, acts.forward))
    assert shown.change is not None
    assert shown.change.before.counts == {A: 1, B: 0}


def test_a_place_to_be_tapped_is_not_given_away(classroom: Classroom) -> None:
    room = classroom.open(OWNER, [toy_question(guess=False, rate="point", show=("fused",))], title="x", opened_by="t")
    rating = led(classroom, room.code, acts.forward, acts.forward)
    shown = screen(rating)
    assert shown.points
    assert shown.open
    assert shown.picture is not None
    assert shown.picture.shown == ()
    classroom.answer(rating, "ann", place=(0.25, 0.5))
    with pytest.raises(InvalidInput, match="no answer to this question"):
        classroom.answer(rating, "ann", choice=1)
    shown = screen(led(classroom, room.code, acts.forward))
    assert shown.votes is not None
    assert shown.votes.places == ((0.25, 0.5),)
    assert shown.picture.shown == ("fused",)


def test_what_is_no_answer_is_refused(classroom: Classroom, opened: Situation) -> None:
    with pytest.raises(InvalidInput, match="nothing to answer"):
        classroom.answer(opened, "ann", choice=1)
    guessing = led(classroom, opened.room.code, acts.forward)
    with pytest.raises(InvalidInput, match="7 is no answer"):
        classroom.answer(guessing, "ann", choice=7)
    with pytest.raises(InvalidInput):
        classroom.answer(guessing, "ann", place=(0.5, 0.5))


def test_a_reset_asks_anew(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    guessing = led(classroom, code, acts.forward)
    classroom.answer(guessing, "ann", choice=NINE)
    led(classroom, code, acts.forward)
    again = led(classroom, code, acts.reset, resets=True)
    assert stage_of(again) == (0, "guess")
    assert screen(again).answered == 0
    assert screen(again).key != screen(guessing).key, "phones draw new buttons"
    with pytest.raises(NotNow):
        classroom.answer(guessing, "bob", choice=NINE)  # a phone that slept


def test_pause_lock_and_countdown(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    now = datetime.now(UTC)
    guessing = led(classroom, code, acts.forward, partial(acts.count_down, seconds=60, now=now))
    assert screen(guessing).seconds_left in (59, 60)
    paused = led(classroom, code, partial(acts.pause, now=now + timedelta(seconds=20)))
    shown = screen(paused)
    assert (shown.paused, shown.open, shown.picture, shown.seconds_left) == (True, False, None, 40)
    with pytest.raises(NotNow, match="paused"):
        classroom.answer(paused, "ann", choice=NINE)
    later = led(classroom, code, partial(acts.go_on, now=now + timedelta(hours=1)))
    assert later.room.deadline == now + timedelta(hours=1, seconds=40)
    locked = led(classroom, code, partial(acts.lock, locked=True))
    assert not screen(locked).open
    with pytest.raises(NotNow, match="closed"):
        classroom.answer(locked, "ann", choice=NINE)
    classroom.answer(led(classroom, code, partial(acts.lock, locked=False)), "ann", choice=NINE)
    up = led(classroom, code, partial(acts.count_down, seconds=1, now=now - timedelta(seconds=5)))
    assert screen(up).seconds_left == 0
    assert not screen(up).open
    assert screen(led(classroom, code, acts.forward)).seconds_left is None


def test_a_room_that_is_over_says_so(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    classroom.close(OWNER, led(classroom, code, acts.forward))
    shown = screen(classroom.look(code))
    assert (shown.over, shown.picture) == (True, None)
    with pytest.raises(RoomClosed, match=f"{code} is over"):
        classroom.rooms.join(code, "ann")
    with pytest.raises(UnknownRoom):
        classroom.look("ZZZZZZ")


def test_questions_on_the_fly(classroom: Classroom) -> None:
    room = classroom.open(OWNER, [], title="x", opened_by="t")
    empty = classroom.look(room.code)
    classroom.lead(OWNER, empty, acts.forward)
    assert stage_of(classroom.look(room.code)) == (0, "lobby"), "there is nothing to go on to"
    classroom.add_question(OWNER, classroom.look(room.code), toy_question())
    assert stage_of(led(classroom, room.code, acts.forward)) == (0, "guess")


@pytest.mark.parametrize("steps", [1, 3, 5], ids=["guess", "rate", "revote"])
def test_screens_of_rooms_that_differ_in_answers_truth_and_note_are_the_same(classroom: Classroom, steps: int) -> None:
    """While people answer, what they are sent does not depend on what they are not to know."""
    screens = []
    for choices, changes in (((A, A, A), {}), ((B, A, B), {"truth": FOUR, "true_name": "four", "note": "other"})):
        foretold = {"prediction": NINE, "predicted": "nine", "confidence": 0.99} if changes and steps == 1 else {}
        room = classroom.open(OWNER, [toy_question(**changes, **foretold)], title="x", opened_by="t")
        situation = led(classroom, room.code, *[acts.forward] * steps)
        values = list(situation.questions[0].answers_of(situation.room.phase))
        for who, choice in zip(("ann", "bob", "eve"), choices, strict=True):
            classroom.answer(situation, who, choice=values[choice])
        shown = screen(classroom.look(room.code))
        assert shown.answered == 3
        screens.append(replace(shown, code="", key=""))
    assert screens[0] == screens[1]
