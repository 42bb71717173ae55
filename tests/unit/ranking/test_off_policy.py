import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.ranking import Candidate
from xai_core.ranking.off_policy import Decision, crossfit, off_policy

CANDIDATES = (Candidate("grid-5"), Candidate("grid-7"))
APPROVAL = np.array([0.3, 0.8])


def log(n, rng, propensity=0.75):
    """A policy that shows the first arm with that probability."""
    shown = (rng.random(n) > propensity).astype(int)
    return [
        Decision(f"i{k}", "r", CANDIDATES, int(a), propensity if a == 0 else 1 - propensity,
                 int(rng.random() < APPROVAL[a]), k)
        for k, a in enumerate(shown)
    ]  # fmt: skip


def estimate(decisions, target, q=(0.5, 0.5), seed=0):
    n = len(decisions)
    return off_policy(decisions, [np.array(target)] * n, [np.array(q)] * n, seed=seed)


def test_toy_by_hand():
    decisions = [
        Decision("1", "r", CANDIDATES, 0, 0.8, 1),
        Decision("2", "r", CANDIDATES, 1, 0.2, 1),
        Decision("3", "r", CANDIDATES, 0, 0.8, 0),
    ]
    found = estimate(decisions, [0.5, 0.5], q=(0.4, 0.6))
    weights = np.array([0.625, 2.5, 0.625])
    assert found.ips.estimate == pytest.approx((0.625 + 2.5) / 3)
    assert found.snips.estimate == pytest.approx((0.625 + 2.5) / weights.sum())
    assert found.dr.estimate == pytest.approx(0.5 + (0.625 * 0.6 + 2.5 * 0.4 - 0.625 * 0.4) / 3)
    assert found.effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


@pytest.mark.parametrize("estimator", ["ips", "snips", "dr"])
def test_estimates_average_to_the_truth(estimator):
    truth = APPROVAL @ [0.1, 0.9]
    found = [
        getattr(estimate(log(200, np.random.default_rng(seed)), [0.1, 0.9]), estimator).estimate for seed in range(60)
    ]
    assert np.mean(found) == pytest.approx(truth, abs=4 * np.std(found) / np.sqrt(60))


def test_intervals_hold_the_truth_as_often_as_they_say():
    truth = APPROVAL[1]
    inside = [
        (found := estimate(log(300, np.random.default_rng(seed)), [0, 1]).dr).low <= truth <= found.high
        for seed in range(100)
    ]
    assert 0.88 <= np.mean(inside) <= 1


def test_right_model_makes_doubly_robust_narrow():
    decisions = log(400, np.random.default_rng(0), propensity=0.95)
    good = estimate(decisions, [0, 1], q=tuple(APPROVAL)).dr
    assert good.high - good.low < estimate(decisions, [0, 1]).ips.high - estimate(decisions, [0, 1]).ips.low


def test_a_policy_that_the_log_never_follows_is_warned_of():
    decisions = [Decision(str(k), "r", CANDIDATES, 0, 1.0, 1) for k in range(30)]
    never = estimate(decisions, [0, 1])
    assert "cannot say" in never.warning
    assert never.effective == 0
    assert "too few" in estimate(decisions, [1, 0]).warning
    assert estimate(log(200, np.random.default_rng(0)), [0.75, 0.25]).warning == ""


def test_impossible_propensities_and_empty_logs_are_refused():
    with pytest.raises(InvalidInput, match="not above 0"):
        estimate([Decision("1", "r", CANDIDATES, 0, 0.0, 1)], [1, 0])
    with pytest.raises(InvalidInput, match="no logged decision"):
        estimate([], [1, 0])


def test_crossfit_predicts_every_candidate_from_other_images():
    decisions = log(60, np.random.default_rng(1), propensity=0.5)
    q = np.array(crossfit(decisions, folds=3))
    assert q.shape == (60, 2)
    assert (q[:, 1] > q[:, 0]).all()
