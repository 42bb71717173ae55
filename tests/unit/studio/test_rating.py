"""How many explanations of one image are shown, which comes last, and what is stored of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from db.engine import Database
from db.feedback import Feedback
from studio import rating
from studio.learning import Learner
from studio.rating import Rating
from studio.settings import Settings
from studio.shown import MOST_SHOWN, shortened
from tests.factories import make_explanation
from xai_core.arms import FUSED_ARM
from xai_core.case import Case
from xai_core.ranking import Ordering


def ordering(arms: list[str]) -> Ordering:
    count = len(arms)
    return Ordering(
        arms=tuple(arms),
        candidates=tuple(range(count)),
        propensities=tuple(1 / (count - at) for at in range(count)),
        first=(1 / count,) * count,
        explored=True,
        policy="random",
        policy_version="random",
    )


@pytest.mark.parametrize("place", [0, MOST_SHOWN - 1])
def test_a_fused_map_among_the_best_keeps_its_place(place: int) -> None:
    arms = [f"arm {at}" for at in range(20)]
    arms[place] = FUSED_ARM
    whole = ordering(arms)
    short = shortened(whole)
    assert short.arms == whole.arms[:MOST_SHOWN]
    assert short.propensities == whole.propensities[:MOST_SHOWN]


def test_a_fused_map_that_did_not_come_up_closes_the_order_for_certain() -> None:
    whole = ordering([*(f"arm {at}" for at in range(20)), FUSED_ARM])
    short = shortened(whole)
    assert short.arms == (*whole.arms[: MOST_SHOWN - 1], FUSED_ARM)
    assert short.candidates[-1] == 20
    assert short.propensities == (*whole.propensities[: MOST_SHOWN - 1], 1.0)


def test_a_short_order_stays_as_it_is() -> None:
    whole = ordering(["a", FUSED_ARM, "b"])
    assert shortened(whole) is whole


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


@pytest.fixture
def tab(feedback: Feedback, monkeypatch: pytest.MonkeyPatch) -> Rating:
    monkeypatch.setattr(rating, "BURST_SECONDS", -1.0)
    return Rating(feedback, Learner(feedback, Settings(xai_policy="random")), "ann")


def case(*arms: str, image_id: str = "a" * 20) -> Case:
    return Case(
        dataset="mnist",
        split="test",
        index=7,
        image=np.zeros((2, 2, 1), np.uint8),
        image_id=image_id,
        truth=1,
        class_names=("0", "1"),
        classifier="toy",
        classifier_version="1",
        precision="float32",
        probabilities=np.array([0.9, 0.1], np.float32),
        embedding=np.ones(3, np.float32),
        explanations={arm: make_explanation([[0, 1]], [1.0, 0.0], arm=arm) for arm in arms},
        features={arm: {"area": 0.125 * at} for at, arm in enumerate(arms)},
    )


def answer(tab: Rating, what: rating.Answer) -> rating.Shown:
    shown = tab.shown
    assert shown
    tab.answer(shown.impression_id, what)
    assert tab.outbox.problem is None
    return shown


def test_every_order_that_is_drawn_is_stored_with_its_own_candidates(tab: Rating, feedback: Feedback) -> None:
    for image, arms in (
        ("a", ("grid-7", "slic-medium", FUSED_ARM)),
        ("b", ("grid-7", "slic-medium", "rise", FUSED_ARM)),
    ):
        tab.open(case(*arms, image_id=image * 20))
        answer(tab, "down")
        answer(tab, "up")
        tab.leave()
    (before, first), (after, later) = feedback.decisions()
    assert [candidate.arm for candidate in before.candidates] == ["grid-7", "slic-medium", FUSED_ARM]
    assert [candidate.propensity for candidate in after.candidates] == [0.25] * 4
    assert after.candidates[2].features == {"area": 0.25}
    assert (before.arms[0], after.arms[0]) == (first.arm, later.arm)
    assert {thumb.decision_id for thumb in feedback.thumbs()} == {before.decision_id, after.decision_id}


def test_an_order_is_stored_once_also_where_undo_comes_back_to_it(tab: Rating, feedback: Feedback) -> None:
    tab.open(case("grid-7", "slic-medium"))
    shown = answer(tab, "up")
    tab.open(case("grid-7", "slic-medium", image_id="b" * 20))
    tab.undo()
    assert tab.shown
    assert tab.shown.impression_id == shown.impression_id
    answer(tab, "down")
    answer(tab, "up")
    with feedback.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar() == 2


def test_tags_can_be_given_changed_and_withdrawn(tab: Rating, feedback: Feedback) -> None:
    tab.open(case("grid-7", "slic-medium"))
    answer(tab, "down")
    tab.undo()
    answer(tab, "down")
    assert tab.last
    for tags in (["too fine"], ["too fine", "confusing"], []):
        tab.give_reasons(tab.last, tags)
        (thumb,) = feedback.thumbs()
        assert thumb.reasons == tuple(tags)


def test_a_vote_that_a_lock_held_up_is_kept_and_goes_in_with_the_next_try(
    feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.backend.PATIENCE_S", 0.05)
    monkeypatch.setattr(rating, "BURST_SECONDS", -1.0)
    impatient = Feedback(Database.open(f"sqlite:///{feedback.database.backend.path}"))
    tab = Rating(impatient, Learner(impatient, Settings(xai_policy="random")), "ann")
    tab.open(case("grid-7", "slic-medium"))
    shown = tab.shown
    assert shown
    with feedback.database.write():
        tab.answer(shown.impression_id, "up")
        assert tab.outbox.problem
        assert "held by another program" in tab.outbox.problem
        assert tab.shown is shown
    tab.outbox.retry()
    assert tab.outbox.problem is None
    (thumb,) = feedback.thumbs()
    assert (thumb.arm, thumb.value) == (shown.arm, 1)


def test_a_clock_that_is_set_back_costs_no_vote(tab: Rating, feedback: Feedback) -> None:
    tab.open(case("grid-7"))
    assert tab.shown
    tab.shown = replace(tab.shown, since=datetime.now(UTC) + timedelta(hours=1))
    answer(tab, "up")
    assert [thumb.value for thumb in feedback.thumbs()] == [1]
    with feedback.database.read() as connection:
        assert connection.exec_driver_sql("SELECT lead_time_ms FROM events").all() == [(None,)]
