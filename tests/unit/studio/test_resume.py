"""Coming back to a session: what was on screen, what was answered, what was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import studio.rating
from db.engine import Database
from db.feedback import Feedback
from studio.learning import Learner
from studio.rating import Rating
from studio.resume import PAUSE, shown_again
from studio.settings import Settings
from tests.factories import make_case

ANN = "ann"


@pytest.fixture(autouse=True)
def deliberate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.rating, "BURST_SECONDS", 0.0)


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


def tab(feedback: Feedback, *, back: bool = True) -> Rating:
    rating = Rating(feedback, Learner(feedback, Settings(xai_policy="fixed")), ANN)
    if back:
        rating.come_back()
    return rating


def answer(rating: Rating, *answers: str) -> None:
    for one in answers:
        rating.answer(rating.shown.impression_id, one)
        assert rating.outbox.problem is None


def test_somebody_new_has_nothing_to_come_back_to(feedback: Feedback) -> None:
    rating = tab(feedback)
    assert rating.is_new
    assert (rating.wanted, rating.steps, rating.seen) == (None, [], {})


def test_the_explanation_on_screen_comes_back_in_the_same_order_as_a_new_impression(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    answer(before, "down")
    after = tab(feedback)
    assert not after.is_new
    assert after.session_id == before.session_id
    assert after.seen == {"toy": {1}}
    after.reopen(make_case(1))
    assert (after.shown.arm, after.shown.position) == (before.shown.arm, 1)
    assert after.shown.ordering.arms == before.shown.ordering.arms
    assert after.shown.decision == before.shown.decision
    assert after.shown.impression_id != before.shown.impression_id
    answer(after, "up")
    assert feedback.session_summary(before.session_id).thumbs_up == 1


def test_what_was_drawn_keeps_its_propensities_at_every_later_place(feedback: Feedback) -> None:
    learner = Learner(feedback, Settings(xai_policy="random"))
    before = Rating(feedback, learner, ANN)
    before.open(make_case(1))
    count = len(before.shown.ordering.arms)
    answer(before, "down")
    after = Rating(feedback, learner, ANN)
    after.come_back()
    after.reopen(make_case(1))
    assert after.shown.ordering.propensities == before.shown.ordering.propensities
    assert after.shown.ordering.propensities == pytest.approx([1 / (count - at) for at in range(count)])
    answer(after, "down")
    with feedback.database.read() as connection:
        stored = connection.exec_driver_sql("select position, propensity from impressions order by shown_at").all()
    assert dict(stored) == pytest.approx({0: 1 / count, 1: 1 / (count - 1), 2: 1 / (count - 2)})


def test_orders_from_before_propensities_were_kept_know_that_of_what_was_on_screen(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    past = tab(feedback).wanted
    old = replace(past, propensity=0.25, decision=replace(past.decision, propensities=()))
    again = shown_again(old, make_case(1))
    assert again.ordering.propensities[0] == 0.25


def test_an_image_that_was_answered_does_not_come_back_but_can_be_undone(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    judged = before.shown
    answer(before, "up")
    after = tab(feedback)
    assert after.wanted is None
    assert [(step.answer, step.case) for step in after.steps] == [("up", None)]
    after.undo()
    assert after.shown is None
    after.reopen(make_case(1))
    assert (after.shown.impression_id, after.shown.revision) == (judged.impression_id, 1)
    answer(after, "down")
    assert [thumb.value for thumb in feedback.thumbs()] == [-1]


def test_after_an_undo_it_is_the_undone_explanation_that_comes_back(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    first = before.shown
    answer(before, "down")
    before.undo()
    after = tab(feedback)
    assert (after.wanted.impression_id, after.wanted.revision) == (first.impression_id, 1)
    after.reopen(make_case(1))
    answer(after, "up")
    assert [thumb.value for thumb in feedback.thumbs()] == [1]


def test_answers_come_back_with_their_tags(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    answer(before, "down")
    before.give_reasons(before.last, ["too coarse"])
    answer(before, "unclear")
    steps = tab(feedback).steps
    assert [(step.answer, step.reasons) for step in steps] == [
        ("down", ("too coarse",)),
        ("unclear", ("cannot judge",)),
    ]


def test_another_image_in_its_place_is_not_taken_for_it(feedback: Feedback) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    after = tab(feedback)
    after.reopen(replace(make_case(1), image_id="f" * 20))
    assert after.shown is None
    assert after.wanted is None


def test_after_a_long_pause_a_new_session_begins_and_what_was_seen_stays_seen(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tab(feedback)
    before.open(make_case(1))
    monkeypatch.setattr("studio.resume.PAUSE", timedelta(0))
    after = tab(feedback)
    assert after.session_id != before.session_id
    assert after.wanted is None
    assert after.seen == {"toy": {1}}
    assert timedelta(hours=12) == PAUSE


def test_images_rated_today_are_counted_once_and_not_when_undone(feedback: Feedback) -> None:
    rating = tab(feedback)
    for number in (1, 2):
        rating.open(make_case(number))
        answer(rating, "down", "up")
    assert rating.today == 2
    rating.undo()
    assert rating.today == 2, "its first explanation has an answer still"
    rating.undo()
    assert rating.today == 1
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert rating._visits.images_rated(ANN, tomorrow) == 0
    assert tab(feedback).today == 1


def test_practice_is_not_stored(feedback: Feedback) -> None:
    rating = tab(feedback)
    rating.open(make_case(1))
    counting = rating.shown
    rating.practise()
    rating.open(make_case(2))
    answer(rating, "up")
    assert rating.shown.impression_id == counting.impression_id
    assert rating.seen == {"toy": {1}}
    assert feedback.counts().thumbs == 0
    assert len(rating._visits.showings(ANN, rating.session_id)) == 1
