"""Intervals of shares: published examples, and what resemblance within people costs."""

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from xai_core.analysis.planted import Plan, planted_thumbs
from xai_core.analysis.rates import approval, difference, rate
from xai_core.errors import InvalidInput
from xai_core.intervals import wilson


def ones(successes: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [successes, n - successes])


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_newcombe_1998_table_1(successes: int, n: int, low: float, high: float) -> None:
    found = rate(ones(successes, n))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert (found.low, found.high) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-12)
    plain = wilson(successes, n)
    assert (plain.low, plain.high, plain.n) == (pytest.approx(found.low), pytest.approx(found.high), n)


def test_newcombe_1998_differences() -> None:
    """56 of 70 against 48 of 80, example (a), method 10."""
    found = difference(rate(ones(56, 70)), rate(ones(48, 80)))
    assert (found.estimate, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    library = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(library, abs=1e-12)


def test_people_who_each_say_one_thing_are_worth_an_answer_each() -> None:
    """Six people who answer the same 50 times: between them p(1-p)·6/5, so 300 are worth five, and less by t."""
    values, raters = np.repeat([1, 1, 1, 0, 0, 0], 50), np.repeat(range(6), 50)
    found = rate(values, raters)
    assert (found.n, found.raters) == (300, 6)
    assert found.effective == pytest.approx(5 * (1.959964 / 2.570582) ** 2, rel=1e-5)
    assert found.high - found.low > 5 * (rate(values).high - rate(values).low)


def test_independent_answers_lose_little_by_naming_raters() -> None:
    rng = np.random.default_rng(0)
    values, raters = rng.random(4000) < 0.4, rng.integers(100, size=4000)
    named, plain = rate(values, raters), rate(values)
    assert named.high - named.low == pytest.approx(plain.high - plain.low, rel=0.15)


def test_no_answer_has_no_share() -> None:
    with pytest.raises(InvalidInput, match="no answers"):
        rate([])


def test_approval_counts_the_latest_thumb_of_a_study_without_its_exercises(table) -> None:
    answers = table(
        value=[1, 0, 1, 1, 0],
        arm=["a", "a", "a", "b", "b"],
        current=[1, 0, 1, 1, 1],
        role=[None, None, "practice", "main", "attention"],
        task="thumb",
    )
    assert {arm: (one.estimate, one.n) for arm, one in approval(answers).items()} == {"a": (1.0, 1), "b": (1.0, 1)}


def test_planted_approval_is_held() -> None:
    """Twenty small studies, three arms each; of 60 intervals at least 54 hold the truth (P < 10⁻³ otherwise)."""
    held = []
    for seed in range(20):
        study = planted_thumbs(
            Plan(raters=15, items=20, arms={"a": -0.5, "b": 0.5, "c": 1.0}), np.random.default_rng(seed)
        )
        found = approval(study.answers)
        held += [found[arm].low <= share <= found[arm].high for arm, share in study.shares.items()]
    assert sum(held) >= 54
