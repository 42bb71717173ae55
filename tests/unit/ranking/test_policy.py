import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.ranking import Candidate, Event, Prior, fit, order

CANDIDATES = [Candidate("grid-5"), Candidate("grid-7"), Candidate("grid-11")]


@pytest.fixture
def posterior():
    events = [
        Event(arm=arm, image_id=f"{arm}{n}", value=int(n < ups), rater="r", sequence=n)
        for arm, ups in (("grid-5", 2), ("grid-7", 5), ("grid-11", 3))
        for n in range(8)
    ]
    return fit(events, Prior(weights={}))


def test_first_propensities_sum_to_one_under_every_policy(posterior):
    for policy in ("learned", "random", "fixed", "frozen"):
        drawn = order(posterior, CANDIDATES, policy=policy, rng=np.random.default_rng(0))
        assert sum(drawn.first) == pytest.approx(1)
        assert sorted(drawn.arms) == sorted(c.arm for c in CANDIDATES)
        assert drawn.propensities[0] == pytest.approx(drawn.first[drawn.candidates[0]])
        assert drawn.propensities[-1] == pytest.approx(1), "the last one has no alternative"


def test_frequency_of_the_first_shown_matches_its_propensity(posterior):
    rng = np.random.default_rng(1)
    drawn = [order(posterior, CANDIDATES, rng=rng, exploration=0.5) for _ in range(1500)]
    shown = np.bincount([d.candidates[0] for d in drawn], minlength=3) / len(drawn)
    stated = np.mean([d.first for d in drawn], axis=0)
    np.testing.assert_allclose(shown, stated, atol=4 * np.sqrt(0.25 / len(drawn)))


def test_inverse_propensities_average_to_one_at_every_position(posterior):
    """E[1/p] over draws is the number of arms that could have stood at each position: 3, then 2, then 1."""
    rng = np.random.default_rng(2)
    inverse = np.array([1 / np.array(order(posterior, CANDIDATES, rng=rng, exploration=1.0).propensities)
                        for _ in range(3000)])  # fmt: skip
    np.testing.assert_allclose(inverse.mean(axis=0), [3, 2, 1], rtol=0.1)


def test_thompson_share_agrees_with_the_normal_probability_that_it_estimates(posterior):
    """Of two candidates, a Thompson draw prefers the first with probability Φ(difference / its sd)."""
    from scipy.stats import norm

    mean, covariance = posterior.utilities(CANDIDATES[:2])
    gap, sd = mean[0] - mean[1], np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    expected = 0.8 * norm.cdf(gap / sd) + 0.2 / 2
    rng = np.random.default_rng(3)
    stated = [order(posterior, CANDIDATES[:2], rng=rng, exploration=1.0).first[0] for _ in range(50)]
    assert np.mean(stated) == pytest.approx(expected, abs=0.02)


def test_no_exploration_shows_the_best(posterior):
    drawn = order(posterior, CANDIDATES, rng=np.random.default_rng(0), exploration=0)
    assert drawn.arms[0] == "grid-7"
    assert drawn.propensities == (1, 1, 1)
    assert not drawn.explored


def test_every_arm_can_be_first_however_sure_the_model(posterior):
    drawn = order(posterior, CANDIDATES, rng=np.random.default_rng(0), exploration=0.1)
    assert min(drawn.first) >= 0.1 * 0.2 / 3


def test_fixed_keeps_the_order_given_and_random_is_uniform(posterior):
    assert order(posterior, CANDIDATES, policy="fixed", rng=np.random.default_rng(0)).candidates == (0, 1, 2)
    drawn = order(posterior, CANDIDATES, policy="random", rng=np.random.default_rng(0))
    assert drawn.propensities == pytest.approx((1 / 3, 1 / 2, 1))


def test_same_generator_state_same_order(posterior):
    assert order(posterior, CANDIDATES, rng=np.random.default_rng(7)) == order(
        posterior, CANDIDATES, rng=np.random.default_rng(7)
    )


def test_nothing_to_order_is_said(posterior):
    with pytest.raises(InvalidInput, match="at least one"):
        order(posterior, [], rng=np.random.default_rng(0))
