"""Approval beside faithfulness: by hand, with planted correlations, and with raters who love what is false."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from xai_core.ranking import Candidate
from xai_core.ranking.events import Decision
from xai_core.ranking.persuasion import GROUPS, LEAST, RIGHT, WRONG, Judgement, persuasion, policy_gap


def test_an_empty_log_says_nothing():
    found = persuasion([])
    assert found.by_gap == {RIGHT: (), WRONG: ()}
    assert found.correlation is None
    assert found.approval[RIGHT].n == 0


def test_groups_and_shares_by_hand():
    log = [Judgement(int(n >= 6), n / 10, n % 2 == 0, f"i{n}") for n in range(8)]
    log += [Judgement(1, None, True, "old"), Judgement(1, 0.7, None, "photo")]
    found = persuasion(log)
    assert found.unmeasured == 1
    assert (found.approval[RIGHT].estimate, found.approval[RIGHT].n) == (2 / 5, 5), (
        "0, 2, 4 and 👍 of 6 and the old one"
    )
    assert (found.approval[WRONG].estimate, found.approval[WRONG].n) == (1 / 4, 4)
    assert [group.approval.n for group in found.by_gap[RIGHT]] == [1, 1, 1, 1]
    assert sum(group.approval.n for group in found.by_gap[WRONG]) == 4
    last = found.by_gap[WRONG][-1]
    assert (last.gap, last.high) == (pytest.approx(0.7), pytest.approx(0.7)), "the last group holds its upper end"


def planted(strength, seed, n=400):
    rng = np.random.default_rng(seed)
    gaps = rng.uniform(-0.2, 0.8, n)
    likes = 1 / (1 + np.exp(-strength * (gaps - 0.3)))
    return [
        Judgement(int(rng.random() < p), float(gap), True, f"i{at % 100}")
        for at, (gap, p) in enumerate(zip(gaps, likes, strict=True))
    ]


@pytest.mark.parametrize(("strength", "sign"), [(6.0, 1), (-6.0, -1)])
def test_a_planted_taste_is_found(strength, sign):
    found = persuasion(planted(strength, 0))
    assert sign * found.correlation.estimate > 0.3
    assert sign * found.correlation.low > 0
    assert sign * found.correlation.high > 0
    shares = [group.approval.estimate for group in found.by_gap[RIGHT]]
    assert len(shares) == GROUPS
    assert shares == sorted(shares, reverse=sign < 0)


def test_the_correlation_is_spearmans_and_its_interval_holds_zero_where_nothing_is():
    log = planted(6.0, 1)
    expected = spearmanr([j.value for j in log], [j.gap for j in log]).statistic
    assert persuasion(log).correlation.estimate == pytest.approx(expected)
    held = [(c := persuasion(planted(0.0, seed)).correlation).low <= 0 <= c.high for seed in range(40)]
    assert np.mean(held) >= 0.85


def test_few_thumbs_and_constant_ones_have_no_correlation():
    assert persuasion(planted(6.0, 0, LEAST - 1)).correlation is None
    assert persuasion([Judgement(1, n / 20, True, f"i{n}") for n in range(20)]).correlation is None


def decision(number, gaps):
    offered = tuple(Candidate(f"arm-{at}", {} if gap is None else {"gap": gap}) for at, gap in enumerate(gaps))
    return Decision(f"i{number}", "r", offered, 0, 0.5, 1)


def test_how_faithful_a_policy_is_needs_no_propensity():
    decisions = [decision(0, (0.2, 0.6)), decision(1, (0.4, 0.0)), decision(2, (0.1, None))]
    first, mixed = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    assert policy_gap(decisions, [first] * 3).estimate == pytest.approx(0.3)
    found = policy_gap(decisions, [mixed] * 3)
    assert (found.estimate, found.n) == (pytest.approx(0.3), 2)
    assert found.low == pytest.approx(0.2)
    assert found.high == pytest.approx(0.4)
    assert policy_gap(decisions[2:], [first]) is None
