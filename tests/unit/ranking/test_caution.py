import numpy as np
import pytest

from xai_core.ranking import FEATURES, Candidate, fit
from xai_core.ranking.caution import SURE, Advantage, advantage, arm_first
from xai_core.ranking.policy import order
from xai_core.ranking.prior import Prior
from xai_core.ranking.psi import with_typical

ARMS = ("grid-5", "grid-7")
FLAT = Prior()


def images(count, *, seed=0):
    """Images with an explanation of each arm; which has the greater r2 differs from image to image."""
    rng = np.random.default_rng(seed)
    r2 = FEATURES["r2"]
    found = []
    for _ in range(count):
        rows = with_typical([{"r2": r2.centre + r2.scale * rng.standard_normal()} for _ in ARMS])
        found.append([Candidate(arm, row, "toy") for arm, row in zip(ARMS, rows, strict=True)])
    return found


def test_probability_of_a_gaussian_advantage():
    assert Advantage("fused", 0.0, 1.0, 5).probability == pytest.approx(0.5)
    assert Advantage("fused", 1.2816, 1.0, 5).probability == pytest.approx(SURE, abs=1e-4)
    assert not Advantage("fused", 1.2, 1.0, 5).sure
    assert Advantage("fused", 1.3, 1.0, 5).sure
    assert Advantage("fused", 0.0, 0.0, 5).probability == 0, "the order is the arm"


def test_without_thumbs_nothing_beats_the_best_arm_for_sure():
    found = advantage(fit([], FLAT), images(20))
    assert not found.sure
    assert found.images == 20


def test_thumbs_that_follow_a_feature_earn_the_order_trust(planted):
    learned = fit(planted(400, {"r2": 3.0}, images=200), FLAT)
    found = advantage(learned, images(20))
    assert found.sure
    assert found.mean > 0


def test_thumbs_that_follow_the_arm_leave_the_best_arm_first(planted):
    learned = fit(planted(400, arms={"grid-5": 3.0, "grid-7": -3.0}, images=200), FLAT)
    found = advantage(learned, images(20))
    assert found.arm == "grid-5"
    assert not found.sure


def test_images_with_other_arms_each_are_compared_on_the_latest():
    lone = [[Candidate("grid-5", {}, "toy")], [Candidate("grid-7", {}, "toy")]]
    assert advantage(fit([], FLAT), lone) == Advantage("grid-7", 0.0, 0.0, 1)


def test_the_best_arm_is_shown_first_and_the_rest_keeps_its_order():
    candidates = [Candidate(arm) for arm in ("a", "b", "c")]
    assert arm_first(candidates, np.array([2, 0, 1]), "b").tolist() == [1, 2, 0]


@pytest.mark.parametrize("policy", ["learned", "frozen"])
def test_policy_shows_the_best_arm_first_as_long_as_it_is_not_sure(planted, policy):
    posterior = fit(planted(200, {"r2": 2.0}), FLAT)
    (candidates,) = images(1)
    best = order(posterior, candidates, policy=policy, rng=np.random.default_rng(0), exploration=0.0).arms[0]
    other = next(arm for arm in ARMS if arm != best)
    for trust, expected in ((Advantage(other, 0.0, 1.0, 9), other), (Advantage(other, 9.0, 1.0, 9), best)):
        drawn = order(posterior, candidates, policy=policy, rng=np.random.default_rng(0), exploration=0.0, trust=trust)
        assert drawn.arms[0] == expected
        assert drawn.propensities[0] == 1
