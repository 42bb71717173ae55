"""Forward simulation, reliance, response times, careless raters: small tables by hand, planted behaviour."""

import numpy as np
import pytest

from xai_core.analysis.carelessness import careless
from xai_core.analysis.planted import Plan, planted_reliance, planted_thumbs
from xai_core.analysis.reliance import appropriate_reliance, approval_by_correctness
from xai_core.analysis.simulation import CONTROL, simulation_accuracy
from xai_core.analysis.times import response_times
from xai_core.errors import InvalidInput


def test_simulation_against_control(table) -> None:
    answers = table(
        task="simulation",
        arm=["a"] * 4 + [None] * 4,
        value=[1, 1, 1, 0, 1, 0, 0, 0],
        rater=list("stuvwxyz"),
    )
    found = simulation_accuracy(answers)
    assert {arm: one.estimate for arm, one in found.accuracy.items()} == {"a": 0.75, CONTROL: 0.25}
    assert found.gains["a"].estimate == 0.5
    assert found.gains["a"].low < 0 < found.gains["a"].high, "four answers each prove nothing"


def test_guesses_before_the_explanation_are_the_control(table) -> None:
    answers = table(task="simulation", arm=["a", "a"], step=["before", "after"], value=[0, 1])
    assert {arm: one.estimate for arm, one in simulation_accuracy(answers).accuracy.items()} == {"a": 1.0, CONTROL: 0.0}


def test_without_control_there_is_no_gain_and_without_guesses_a_sentence(table) -> None:
    assert simulation_accuracy(table(task="simulation", value=[1])).gains == {}
    with pytest.raises(InvalidInput, match="what the model will say"):
        simulation_accuracy(table(value=[1]))


def test_reliance_by_hand(table) -> None:
    """Ann accepts all: right on the three right predictions, wrong on the one that is not."""
    found = appropriate_reliance(table(task="reliance", correct=[1, 1, 1, 0], value=[1, 1, 1, 0]))["a"]
    assert (found.on_right.estimate, found.on_wrong.estimate) == (1.0, 0.0)
    assert (found.under.estimate, found.over.estimate) == (0.0, 1.0)
    assert (found.over.n, found.over.high) == (1, 1.0)
    assert found.over.low == pytest.approx(1 - found.on_wrong.high)
    assert appropriate_reliance(table(task="reliance", correct=[1], value=[1]))["a"].over is None


def test_planted_harm_shows_where_it_was_planted() -> None:
    """ "Flattering" makes people believe wrong predictions, and right ones no more than "sober" does."""
    plan = Plan(raters=40, items=60, arms={"sober": 0.8, "flattering": 0.8}, wrong=0.4, likes_wrong={"sober": -1.6})
    found = appropriate_reliance(planted_reliance(plan, np.random.default_rng(0)).answers)
    assert found["flattering"].over.low > found["sober"].over.high
    assert found["flattering"].on_right.low < found["sober"].on_right.estimate < found["flattering"].on_right.high


def test_liking_wrong_predictions_shows_in_approval() -> None:
    plan = Plan(raters=40, items=60, arms={"a": 0.0, "b": 0.0}, wrong=0.4, likes_wrong={"a": 1.5})
    found = approval_by_correctness(planted_thumbs(plan, np.random.default_rng(0)).answers)
    assert found["a"].on_wrong.low > found["a"].on_right.high
    assert found["b"].on_wrong.low < found["b"].on_right.high


def test_response_times_are_medians_of_people(table) -> None:
    """Seven people of 1 to 7 seconds, the last of whom answers a hundred times: the typical person takes 4.

    Order statistics 1 and 7 of 7 hold the median with probability 98.4 % (Conover 1999)."""
    seconds = [*range(1, 7), *[7] * 100]
    answers = table(lead_time_ms=[1000 * s for s in seconds], rater=[f"r{s}" for s in seconds], value=1)
    found = response_times(answers)["thumb"]
    assert (found.estimate, found.low, found.high, found.n) == (4.0, 1.0, 7.0, 106)


def test_three_people_give_no_interval_and_unknown_times_are_left_out(table) -> None:
    found = response_times(table(lead_time_ms=[1000, 2000, 3000, None], rater=list("abcd"), value=1))["thumb"]
    assert (found.estimate, found.n) == (2.0, 3)
    assert not np.isfinite(found.low)


def test_careless_people_are_flagged_for_what_they_do() -> None:
    plan = Plan(raters=30, items=120, arms={"a": 0.5}, item_sd=1.5, careless=("random", "hasty", "constant"))
    flagged = {one.rater: one.signs for one in careless(planted_thumbs(plan, np.random.default_rng(0)).answers)}
    assert "agrees with nobody" in flagged["rater-0"]
    assert "hasty" in flagged["rater-1"]
    assert flagged["rater-2"] == ("always the same answer",)
    assert sum(bool(signs) for rater, signs in flagged.items() if rater not in ("rater-0", "rater-1", "rater-2")) <= 3


def test_failed_checks_are_a_sign_and_few_answers_none(table) -> None:
    answers = table(
        value=[1] * 6,
        rater=["ann"] * 3 + ["bob"] * 3,
        role=["main", "attention", "gold"] * 2,
        passed=[None, 0, 0, None, 1, 0],
    )
    found = {one.rater: one for one in careless(answers)}
    assert (found["ann"].signs, found["ann"].failed, found["ann"].checks) == (("failed checks",), 2, 2)
    assert found["bob"].signs == ()
    assert careless(answers, "pair") == []
