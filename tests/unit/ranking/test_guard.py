"""What convinces comes first among what is true, and the propensities know it."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.worlds.persuaded import persuaded
from xai_core.quality.faithfulness import Faithfulness
from xai_core.ranking import Candidate, Event, fit, order
from xai_core.ranking.features import with_typical
from xai_core.ranking.guard import MARGIN, faithful, faithful_first, guard_features


def candidate(arm: str, gap: float | None = None, effect: float = 0.5) -> Candidate:
    return Candidate(arm, {} if gap is None else {"gap": gap, "effect": effect})


def test_only_what_is_about_as_faithful_as_the_best_may_come_first():
    some = [candidate("a", 0.5), candidate("b", 0.5 - MARGIN + 0.01), candidate("c", 0.5 - MARGIN - 0.01)]
    assert faithful(some).tolist() == [True, True, False]


def test_marks_that_decide_nothing_stay_behind_where_others_decide():
    assert faithful([candidate("a", 0.9, 0.01), candidate("b", 0.3)]).tolist() == [False, True]
    assert faithful([candidate("a", 0.9, 0.01), candidate("b", 0.3, 0.0)]).tolist() == [True, False]


def test_logs_without_the_figures_are_not_guarded_and_what_is_unknown_stays_behind():
    assert faithful([candidate("a"), candidate("b")]).all()
    assert faithful([candidate("a", 0.1), candidate("b")]).tolist() == [True, False]


def test_figures_come_from_what_the_classifier_said():
    found = Faithfulness(0.9, 0.2, 0.6, 0.4, 0.3, 0.8, 0.1, 0.0)
    assert guard_features(found) == {"gap": pytest.approx(0.5), "effect": pytest.approx(0.7)}


def test_each_group_keeps_its_order():
    orders = np.array([[0, 1, 2, 3], [3, 2, 1, 0]])
    allowed = np.array([False, True, False, True])
    assert faithful_first(orders, allowed).tolist() == [[1, 3, 0, 2], [3, 1, 2, 0]]


@pytest.fixture
def posterior():
    """A posterior of raters who love arm "pretty" and dislike the rest."""
    return fit(
        [
            Event(arm=arm, image_id=f"{arm}{n}", value=int(arm == "pretty"), rater="r", sequence=3 * n + at)
            for n in range(40)
            for at, arm in enumerate(("pretty", "true", "dull"))
        ]
    )


OFFERED = [candidate("pretty", 0.1), candidate("true", 0.6), candidate("dull", 0.58)]


def test_what_people_love_comes_first_only_without_the_guard(posterior):
    rng = np.random.default_rng(0)
    assert order(posterior, OFFERED, policy="learned", rng=rng, exploration=0).arms[0] == "pretty"
    guarded = order(posterior, OFFERED, policy="guarded", rng=rng, exploration=0)
    assert guarded.arms == (guarded.arms[0], guarded.arms[1], "pretty")
    assert guarded.propensities == (1.0, 1.0, 1.0)
    assert guarded.policy_version == posterior.version


def test_propensities_are_those_of_the_guarded_draw(posterior):
    rng = np.random.default_rng(1)
    drawn = [order(posterior, OFFERED, policy="guarded", rng=rng, exploration=0.5) for _ in range(1500)]
    share = Counter(each.arms[0] for each in drawn)
    assert share["pretty"] == 0, "exploring does not show what is not true first either"
    first = np.mean([each.first for each in drawn], axis=0)
    assert first[0] == 0
    assert first.sum() == pytest.approx(1)
    assert share["true"] / 1500 == pytest.approx(first[1], abs=0.04)
    for each in drawn[:50]:
        assert each.propensities[0] == pytest.approx(each.first[each.candidates[0]])


def invented(seed: int, images: int = 40, arms: int = 6) -> list[list[Candidate]]:
    """Images whose explanations are of random size and truth, the smaller the less true."""
    rng = np.random.default_rng(seed)
    offered = []
    for _ in range(images):
        size = rng.standard_normal(arms)
        gaps = 0.4 + 0.1 * size + 0.05 * rng.standard_normal(arms)
        features = with_typical([{"area": -2.5 + one, "visible": -2.6 + 0.6 * rng.standard_normal()} for one in size])
        offered.append(
            [Candidate(f"arm-{at}", {**features[at], "gap": gaps[at], "effect": 0.5}, "toy") for at in range(arms)]
        )
    return offered


def test_votes_for_small_wrong_marks_do_not_make_the_first_less_true():
    guarded, learned = (
        [persuaded(invented(seed), policy, seed) for seed in range(20)] for policy in ("guarded", "learned")
    )
    fall = {
        name: np.array([each.gap_before - each.gap_after for each in found])
        for name, found in (("guarded", guarded), ("learned", learned))
    }
    assert fall["guarded"].mean() + 2 * fall["guarded"].std() / np.sqrt(20) < 0.02
    assert fall["learned"].mean() > 0.05, "without the guard they would"
    assert np.mean([each.approval_after - each.approval_before for each in learned]) > 0.1, "these votes are learned"
