import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from xai_core.errors import InvalidInput
from xai_core.ranking import Event
from xai_core.ranking.evaluation import (
    approval_by_arm,
    calibration,
    leave_images_out,
    popularity_rule,
    scores,
    wilson,
)


@pytest.mark.parametrize(("ups", "n"), [(0, 5), (3, 10), (50, 60), (7, 7)])
def test_wilson_is_that_of_statsmodels(ups, n):
    found = wilson(ups, n)
    assert (found.low, found.high) == pytest.approx(proportion_confint(ups, n, method="wilson"))
    assert found.estimate == ups / n


def test_wilson_of_nothing_knows_nothing():
    assert (wilson(0, 0).low, wilson(0, 0).high, wilson(0, 0).n) == (0, 1, 0)


def test_approval_by_arm_is_sorted():
    events = [Event(arm=arm, value=value) for arm, value in (("a", 0), ("a", 1), ("b", 1), ("c", 0))]
    found = approval_by_arm(events)
    assert list(found) == ["b", "a", "c"]
    assert found["a"].estimate == 0.5


def test_popularity_is_the_mean_of_its_beta_posterior():
    events = [Event(arm="a", value=1), Event(arm="a", value=1), Event(arm="a", value=0)]
    np.testing.assert_allclose(popularity_rule(events, ["a", "unknown"]), [3 / 5, 1 / 2])


def test_scores_of_a_toy():
    events = [
        Event(arm="a", image_id="1", value=1),
        Event(arm="b", image_id="1", value=0),
        Event(arm="a", image_id="2", value=0),
        Event(arm="b", image_id="2", value=1),
    ]
    found = scores(events, np.array([0.8, 0.4, 0.6, 0.2]))
    assert found.brier == pytest.approx((0.04 + 0.16 + 0.36 + 0.64) / 4)
    assert found.log_loss == pytest.approx(-np.mean(np.log([0.8, 0.6, 0.4, 0.2])))
    assert found.auc == 0.5
    assert (found.top_hit, found.chance) == (0.5, 0.5)


def test_scores_without_contrast_are_not_numbers_rather_than_errors():
    found = scores([Event(arm="a", value=1)], np.array([1.0]))
    assert np.isnan([found.auc, found.top_hit]).all()
    assert np.isfinite(found.log_loss)


def test_calibration_splits_by_prediction():
    events = [Event(arm="a", value=value) for value in (0, 1, 0, 1)]
    low, high = calibration(events, np.array([0.2, 0.9, 0.1, 0.8]), bins=2)
    assert (low.predicted, low.observed.estimate) == (pytest.approx(0.15), 0)
    assert (high.predicted, high.observed.estimate) == (pytest.approx(0.85), 1)


def test_planted_feature_predicts_thumbs_on_images_left_out(planted):
    result = leave_images_out(planted(500, {"r2": 2.0}), folds=5)
    learned = scores(result.events, result.learned)
    popular = scores(result.events, result.popularity)
    assert learned.log_loss < popular.log_loss - 0.05
    assert learned.auc > 0.75


def test_held_out_image_does_not_tell_of_itself(planted):
    """With all thumbs on one image turned round, the predictions for that image stay as they were."""
    events = planted(60, {"r2": 2.0}, images=6)
    image = events[0].image_id
    turned = [
        Event(**{**vars(event), "value": 1 - event.value}) if event.image_id == image else event for event in events
    ]
    before, after = leave_images_out(events), leave_images_out(turned)
    held = [at for at, event in enumerate(before.events) if event.image_id == image]
    # a rater's leniency is learned from other images alone, too
    np.testing.assert_allclose(before.learned[held], after.learned[held])


def test_one_image_cannot_be_left_out():
    with pytest.raises(InvalidInput, match="two images"):
        leave_images_out([Event(arm="a", image_id="1", value=1)])
