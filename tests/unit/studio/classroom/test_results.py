"""The table and the figures of a room, and thumbs for the ranking."""

import csv
import io

import pytest

from db.feedback import Feedback
from studio.classroom import acts
from studio.classroom.questions import question_of
from studio.classroom.ranking import pass_on
from studio.classroom.results import results_csv, summary
from studio.classroom.rooms import Classroom, Situation
from studio.lessons import ImagePlan, RoundPlan
from studio.roles import OWNER, Access, NotAllowed
from tests.unit.studio.classroom.test_lessons import LIBRARY
from tests.unit.studio.classroom.test_rooms import led
from tests.unit.studio.classroom.toys import FOUR, NINE, toy_question
from xai_core.precompute import prepare_case


def test_every_answer_is_a_row_and_nobody_is_named(classroom: Classroom, opened: Situation) -> None:
    code = opened.room.code
    guessing = led(classroom, code, acts.forward)
    for who, label in (("ann", FOUR), ("ann", NINE), ("bob", FOUR)):
        classroom.answer(guessing, who, choice=label)
    led(classroom, code, acts.reset, resets=True)
    classroom.answer(classroom.look(code), "bob", choice=NINE)
    text = results_csv(OWNER, classroom.rooms, classroom.look(code))
    rows = list(csv.DictReader(io.StringIO(text)))
    told = [(row["participant"], row["attempt"], row["answer"], row["right"], row["counts"]) for row in rows]
    assert told == [
        ("1", "0", "four", "False", "False"),
        ("1", "0", "nine", "True", "False"),
        ("2", "0", "four", "False", "False"),
        ("2", "1", "nine", "True", "True"),
    ]
    assert "ann" not in text
    assert "bob" not in text


def test_a_class_name_that_begins_like_a_formula_is_none(classroom: Classroom) -> None:
    room = classroom.open(OWNER, [toy_question(options=((0, "=1+1"), (1, "x")))], title="x", opened_by="t")
    classroom.answer(led(classroom, room.code, acts.forward), "ann", choice=0)
    assert ",'=1+1," in results_csv(OWNER, classroom.rooms, classroom.look(room.code))


def test_results_are_for_instructors(classroom: Classroom, opened: Situation) -> None:
    for ask in (results_csv, summary):
        with pytest.raises(NotAllowed):
            ask(Access(frozenset()), classroom.rooms, opened)


def test_the_figures_of_a_room(classroom: Classroom) -> None:
    room = classroom.open(OWNER, [toy_question(guess=False) for _ in range(2)], title="x", opened_by="t")
    votes = ({"ann": (0, 0), "bob": (1, 0)}, {"ann": (1, 1), "bob": (0, 1)})
    for number in range(2):
        rating = led(classroom, room.code, *([acts.skip, acts.forward] if number else [acts.forward, acts.forward]))
        for who, (first, _) in votes[number].items():
            classroom.answer(rating, who, choice=first)
        again = led(classroom, room.code, acts.forward, acts.forward)
        for who, (_, second) in votes[number].items():
            classroom.answer(again, who, choice=second)
    found = summary(OWNER, classroom.rooms, classroom.look(room.code))
    assert found.members == 2
    assert [one.change.changed for one in found.questions if one.change] == [1, 1]
    before, after = found.alphas["pair"]
    assert before is not None
    assert before < 0, "they differed on everything"
    assert after == 1, "and agree now"


def test_votes_teach_the_ranking_where_the_switch_was_on_and_once(classroom: Classroom) -> None:
    plan = RoundPlan(
        image=ImagePlan(dataset="mnist", index=7), guess=False, rate="pair", show=("slic-medium", "grid-7")
    )
    question = question_of(plan, LIBRARY)
    room = classroom.open(OWNER, [question], title="x", opened_by="t")
    rating = led(classroom, room.code, acts.forward, acts.forward)
    classroom.answer(rating, "before", choice=0)
    led(classroom, room.code, lambda room, _questions: {"into_ranking": True})
    classroom.answer(classroom.look(room.code), "ann", choice=0)
    data = LIBRARY.dataset("mnist")
    case = prepare_case(data, LIBRARY.classifier(None, data), 7, arms=question.show, samples=64)
    feedback = Feedback(classroom.rooms.database)
    assert pass_on(feedback, classroom.look(room.code), case) == 2
    assert pass_on(feedback, classroom.look(room.code), case) == 0, "the server was killed in between and did it again"
    thumbs = {(one.rater_id, one.arm): one for one in feedback.thumbs()}
    assert {key: one.value for key, one in thumbs.items()} == {("ann", "slic-medium"): 1, ("ann", "grid-7"): -1}
    assert list(feedback.embeddings()) == [(case.image_id, case.classifier_version)]
    assert thumbs["ann", "grid-7"].features == pytest.approx(dict(case.features["grid-7"]))
    led(classroom, room.code, acts.forward, acts.forward)
    classroom.answer(classroom.look(room.code), "ann", choice=1)
    pass_on(feedback, classroom.look(room.code), case)
    assert {one.arm: one.value for one in feedback.thumbs()} == {"slic-medium": -1, "grid-7": 1}, (
        "the second vote counts"
    )
