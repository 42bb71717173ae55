import pytest

from xai_core.ranking import Prior, fit
from xai_core.ranking.prior import built_in
from xai_core.ranking.prior_fit import WORTH, fit_prior, milestone, prior_for

FLAT = Prior(weights={}, segmenter_sd=0.5, image_sd=0.7)


def test_tuning_finds_out_which_effects_there_are(planted):
    by_feature = fit_prior(planted(400, {"r2": 2.0, "area": 2.0, "edges": -2.0}, images=200), FLAT)
    by_arm = fit_prior(planted(400, arms={"fused": 3.0, "grid-5": -3.0}, images=200), FLAT)
    assert by_feature.feature_sd > by_arm.feature_sd
    assert by_arm.segmenter_sd > by_feature.segmenter_sd


def test_the_tuned_prior_makes_the_log_more_probable(planted):
    events = planted(200, {"r2": 2.0, "area": 2.0}, images=100)
    assert fit(events, fit_prior(events)).evidence > fit(events).evidence + WORTH


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (19, 0), (20, 20), (39, 20), (599, 500), (2999, 2000)])
def test_milestones(count, expected):
    assert milestone(count) == expected


def test_the_prior_changes_only_at_milestones(planted):
    """Between two milestones further thumbs change the posterior, not the prior: a replay finds the same."""
    events = planted(59, {"r2": 3.0}, images=59)
    assert prior_for(events) == prior_for(events[:40]) == fit_prior(events[:40])
    assert prior_for(events[:19]) == prior_for([]) == built_in()


def test_where_only_arms_matter_the_prior_of_features_is_given_up(planted):
    events = planted(120, arms={"fused": 3.0, "grid-5": -3.0, "slic-medium": 1.0}, images=60)
    assert fit_prior(events).belief == 0
    assert fit_prior(planted(120, dict.fromkeys(("area", "coverage", "necessity"), 1.0), images=60)).belief > 0
