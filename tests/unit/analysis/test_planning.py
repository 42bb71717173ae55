"""Planned power against closed forms and against studies that are simulated and analysed as on the page."""

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower

from xai_core.analysis.effects import contrasts
from xai_core.analysis.planning import Design, power, raters_needed
from xai_core.analysis.planted import Plan, conditional, planted_thumbs
from xai_core.errors import InvalidInput


def test_without_a_difference_power_is_the_level() -> None:
    for within in (True, False):
        found = power(Design(difference=0.0, within=within), 40, studies=4000, rng=np.random.default_rng(0))
        assert found.low < 0.05 < found.high + 0.005


def test_alike_people_seen_once_have_the_power_of_two_groups() -> None:
    """Nobody differs: 2 x 20 people with 50 answers each, shares .5 and .6; a t test of two normal samples."""
    found = power(
        Design(items=50, within=False, rater_sd=0, effect_sd=0), 40, studies=4000, rng=np.random.default_rng(0)
    )
    sd = np.sqrt((0.25 + 0.24) / 2 / 50)
    assert found.estimate == pytest.approx(TTestIndPower().power(0.1 / sd, 20, 0.05), abs=0.03)


def test_planned_power_is_that_of_the_analysis() -> None:
    """100 planted studies of 20 people and 20 images, analysed by regression; both find the effect about as often."""
    base = conditional(0.5, 0.7)
    arms = {"a": base, "b": conditional(0.65, 0.7)}
    found = [
        contrasts(planted_thumbs(Plan(raters=20, items=20, arms=arms, item_sd=0), np.random.default_rng(seed)).answers)
        for seed in range(100)
    ]
    seen = np.mean([one.p < 0.05 for [one] in found])
    planned = power(Design(difference=0.15, effect_sd=0), 20, rng=np.random.default_rng(0))
    assert planned.estimate == pytest.approx(seen, abs=0.12)


def test_more_people_more_power_and_the_number_needed_reaches_it() -> None:
    rng = np.random.default_rng(0)
    needed, reached = raters_needed(Design(), rng=rng)
    assert reached.estimate >= 0.8
    assert power(Design(), needed - 8, rng=rng).estimate < 0.8 < power(Design(), needed + 8, rng=rng).estimate
    corrected, _ = raters_needed(Design(comparisons=10), rng=rng)
    assert corrected > needed


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda rng: Design(baseline=0.95, difference=0.1), "share of 👍 of 1.05 is impossible"),
        (lambda rng: Design(items=1), "1 items"),
        (lambda rng: power(Design(), 1, rng=rng), "1 people cannot be tested"),
        (lambda rng: raters_needed(Design(difference=0.001, items=4), studies=50, rng=rng), "would not find"),
    ],
)
def test_impossible_plans_are_one_sentence(ask, message) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(np.random.default_rng(0))
