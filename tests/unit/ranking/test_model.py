from dataclasses import replace

import numpy as np
import pytest

from xai_core.ranking import FEATURES, Candidate, Event, Prior, fit, rank
from xai_core.ranking.effects import feature_effects
from xai_core.ranking.events import current, opposites
from xai_core.ranking.prior_fit import prior_for

FLAT = Prior(weights={}, segmenter_sd=0.5, image_sd=0.7)
NARROW = Prior(
    weights={}, level_sd=1.0, segmenter_sd=1e-6, granularity_sd=1e-6, arm_sd=1e-6, arm_dataset_sd=1e-6, feature_sd=1e-6,
    difficulty_sd=1e-6, feature_dataset_sd=1e-6, sitting_sd=1e-6, explanation_sd=0.0,
)  # fmt: skip


def votes(arm, ups, downs, start=0):
    return [
        Event(arm=arm, image_id=f"{arm}-{number}", value=int(number < ups), rater="r", sequence=start + number)
        for number in range(ups + downs)
    ]


def order_of(posterior, arms):
    return [ranked.arm for ranked in rank(posterior, [Candidate(arm) for arm in arms])]


def test_two_arms_by_their_votes():
    posterior = fit(votes("grid-5", 8, 2) + votes("grid-7", 2, 8, start=10), FLAT)
    best, worst = rank(posterior, [Candidate("grid-7"), Candidate("grid-5")])
    assert (best.arm, best.candidate, best.thumbs) == ("grid-5", 1, 10)
    assert best.approval > 0.5 > worst.approval


def test_symmetric_votes_leave_symmetric_utilities():
    posterior = fit(votes("grid-5", 8, 2) + votes("grid-7", 2, 8, start=10), FLAT)
    utility = posterior.mean_utility([Candidate("grid-5"), Candidate("grid-7")])
    assert utility[0] == pytest.approx(-utility[1], abs=1e-6)


def test_mode_of_a_single_arm_solves_its_score_equation():
    """With one coefficient of prior N(0, 1): ups - n σ(u) = u."""
    u = fit(votes("grid-5", 7, 3), NARROW).mean_utility([Candidate("grid-5")])[0]
    # level and level of the data set share it evenly: variance 2 together
    assert 7 - 10 / (1 + np.exp(-u)) == pytest.approx(u / 2, abs=1e-4)


def test_without_thumbs_the_prior_orders_and_ties_keep_their_order():
    prior = Prior(weights={"r2": 1.0})
    high, low = ({"r2": FEATURES["r2"].centre + sign * FEATURES["r2"].scale} for sign in (1, -1))
    candidates = [Candidate("a", low), Candidate("b", high), Candidate("c", high)]
    ranked = rank(fit([], prior), candidates)
    assert [r.arm for r in ranked] == ["b", "c", "a"]
    assert ranked[0].utility == pytest.approx(1.0)
    assert [r.arm for r in rank(fit([], FLAT), candidates)] == ["a", "b", "c"]


def test_fit_is_the_same_bit_for_bit_and_for_any_order_of_arrival(planted):
    events = planted(200, {"r2": 1.0}, embedding=lambda image: np.random.default_rng(image).standard_normal(6))
    shuffled = [events[at] for at in np.random.default_rng(1).permutation(len(events))]
    first, second = fit(events), fit(shuffled)
    assert first.index == second.index
    np.testing.assert_array_equal(first.mean, second.mean)
    assert first.version == second.version


def test_planted_feature_is_recovered_and_orders_unseen_images(planted):
    events = planted(1500, {"area": -1.5, "r2": 1.0})
    posterior = fit(events, prior_for(events))
    effects = {effect.name[1]: effect for effect in feature_effects(posterior)}
    assert abs(effects["area"].mean + 1.5) < 3 * effects["area"].sd
    assert abs(effects["r2"].mean - 1.0) < 3 * effects["r2"].sd
    small, large = ({"area": FEATURES["area"].centre + sign * FEATURES["area"].scale} for sign in (-1, 1))
    assert rank(posterior, [Candidate("new", large, "other"), Candidate("newer", small, "other")])[0].arm == "newer"


def test_image_term_learns_that_another_arm_convinces_on_another_kind_of_image():
    rng = np.random.default_rng(0)
    centres = {0: np.array([5.0, 0, 0]), 1: np.array([0, 5.0, 0])}
    events = []
    for number in range(200):
        kind, arm = number % 2, ("grid-5", "grid-7")[number // 2 % 2]
        likes = (arm == "grid-5") == (kind == 0)
        events.append(Event(arm=arm, embedding=centres[kind] + 0.3 * rng.standard_normal(3), image_id=str(number),
                            value=int(likes), rater="r", sequence=number))  # fmt: skip
    posterior = fit(events, FLAT)
    for kind, best in ((0, "grid-5"), (1, "grid-7")):
        candidates = [Candidate(arm, embedding=centres[kind]) for arm in ("grid-5", "grid-7")]
        assert rank(posterior, candidates)[0].arm == best


def test_update_comes_close_to_a_fit(planted):
    events = planted(300, {"r2": 1.0}, arms={"fused": 1.0}, images=80)
    posterior = fit(events[:250])
    for event in events[250:]:
        posterior = posterior.update(event)
    fresh = fit(events)
    a, b = posterior.mean_utility(events), fresh.mean_utility(events)
    assert np.corrcoef(a, b)[0, 1] > 0.99
    assert np.abs(a - b).max() < 0.35
    assert len(posterior.events) == len(fresh.events)


def test_update_from_nothing_grows_by_what_the_event_touches(planted):
    event = planted(1)[0]
    posterior = fit([]).update(event)
    assert posterior.thumbs == {event.arm: 1}
    before, after = fit([]).mean_utility([event])[0], posterior.mean_utility([event])[0]
    assert (after > before) == bool(event.value)


def test_changed_vote_replaces_the_old_one():
    up = Event(arm="grid-5", image_id="i", value=1, rater="r", sequence=0)
    down = replace(up, value=0, sequence=1)
    np.testing.assert_allclose(fit([up]).update(down).mean, fit([down]).mean)
    assert [e.value for e in current([down, up])] == [0]


def test_opposite_thumbs_on_one_image_make_a_pair_only_for_the_same_rater():
    a = Event(arm="a", image_id="i", value=0, rater="r", sequence=0)
    b = Event(arm="b", image_id="i", value=1, rater="r", sequence=1)
    assert opposites([a, b]) == [(a, b)]
    assert opposites([a, replace(b, rater="s")]) == []
    assert opposites([a, replace(b, image_id="j")]) == []


def test_pairs_sharpen_the_comparison():
    pairs = [
        Event(arm=arm, image_id=f"i{number}", value=value, rater="r", sequence=2 * number + value)
        for number in range(10)
        for arm, value in (("a", 0), ("b", 1))
    ]
    candidates = [Candidate("a"), Candidate("b")]
    apart = [np.diff(fit(pairs, replace(FLAT, pair_weight=w)).mean_utility(candidates))[0] for w in (0.0, 1.0)]
    assert apart[1] > apart[0] > 0


def test_rater_who_always_says_no_moves_the_level_less_than_the_order():
    fair = votes("grid-5", 8, 2) + votes("grid-7", 2, 8, start=10)
    grudge = [Event(arm=arm, image_id=f"g{n}", value=0, rater="no", sequence=100 + n)
              for n, arm in enumerate(["grid-5"] * 20)]  # fmt: skip
    assert order_of(fit(fair + grudge, FLAT), ["grid-7", "grid-5"]) == ["grid-5", "grid-7"]
    alone = fit(grudge, FLAT)
    assert np.isfinite(alone.mean).all()
    assert all(mean < 0 for mean, _ in alone.sittings.values())


def test_contradictory_votes_cancel():
    both = [Event(arm=arm, image_id=str(n), value=n % 2, rater=f"r{n}", sequence=n)
            for n, arm in enumerate(["a", "a", "b", "b"] * 5)]  # fmt: skip
    utility = fit(both, FLAT).mean_utility([Candidate("a"), Candidate("b")])
    assert utility[0] == pytest.approx(utility[1], abs=1e-8)


def test_votes_for_an_arm_that_no_longer_exists_still_teach_features(planted):
    events = [replace(event, arm="retired-segmenter") for event in planted(400, {"r2": 1.5})]
    high, low = ({"r2": FEATURES["r2"].centre + sign * FEATURES["r2"].scale} for sign in (1, -1))
    assert rank(fit(events), [Candidate("grid-5", low), Candidate("grid-7", high)])[0].arm == "grid-7"


def test_missing_features_count_as_average_and_are_said(planted):
    events = [replace(event, features={}, embedding=None) for event in planted(20)]
    posterior = fit(events)
    total = len(posterior.events) * len(FEATURES)
    assert f"{total} of {total} feature values" in posterior.notes[0]
    assert fit([]).notes == ()
    odd = Candidate("grid-5", {"r2": float("nan"), "area": float("inf"), "unknown": 1.0})
    assert np.isfinite(posterior.mean_utility([odd])).all()


def test_half_life_forgets():
    """After a change of taste, a forgetting posterior turns; one that never forgets does not yet."""
    events = votes("grid-5", 60, 0) + votes("grid-7", 0, 60, start=60)
    later = [replace(event, value=1 - event.value, image_id=event.image_id + "'", sequence=event.sequence + 120)
             for event in events[20:100]]  # fmt: skip
    arms = ["grid-5", "grid-7"]
    assert order_of(fit(events + later, FLAT), arms)[0] == "grid-5"
    assert order_of(fit(events + later, replace(FLAT, half_life=30)), arms)[0] == "grid-7"
    updated = fit(events, replace(FLAT, half_life=30))
    for event in later:
        updated = updated.update(event)
    assert order_of(updated, arms)[0] == "grid-7"


def test_embeddings_of_other_lengths_and_classifiers_live_side_by_side(planted):
    events = planted(30, embedding=lambda image: np.ones(4) * image)
    events += [replace(e, embedding=np.ones(9), classifier="other", image_id=e.image_id + "b", sequence=e.sequence + 30)
               for e in events]  # fmt: skip
    assert len(fit(events).landmarks) == 2


def test_evidence_of_one_coefficient_is_its_integral():
    """Laplace's evidence of 6 ups and 4 downs under u ~ N(0, 0.5²) is close to the integral over u."""
    only_level = replace(NARROW, level_sd=0.5 / np.sqrt(2))
    u = np.linspace(-4, 4, 4001)
    joint = 6 * -np.logaddexp(0, -u) + 4 * -np.logaddexp(0, u) - u**2 / (2 * 0.25)
    integral = np.log(np.exp(joint).sum() * (u[1] - u[0]) / np.sqrt(2 * np.pi * 0.25))
    assert fit(votes("grid-5", 6, 4), only_level).evidence == pytest.approx(integral, abs=0.02)
