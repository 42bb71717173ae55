"""Arm effects: published figures, the reference package, and planted effects."""

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

from xai_core.analysis.effects import clustered_logistic, contrasts, holm
from xai_core.analysis.planted import Plan, marginal, planted_thumbs
from xai_core.errors import InvalidInput

WHEEZE = {
    0: (237, 10, 15, 4, 16, 2, 7, 3, 24, 3, 3, 2, 6, 2, 5, 11),
    1: (118, 6, 8, 2, 11, 1, 6, 4, 7, 3, 3, 1, 4, 2, 4, 7),
}
"""Children of the Ohio cohort by mother's smoking and wheeze at ages 7 to 10, patterns 0000, 0001, ... 1111
(Fitzmaurice & Laird 1993, Biometrika 80: 141-151, table 1)."""


def ohio() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design (1, age, smoke, age × smoke), wheeze, child; 537 children at four ages."""
    rows, wheeze, child = [], [], []
    for smoke, counts in WHEEZE.items():
        for pattern, number in zip(itertools.product((0, 1), repeat=4), counts, strict=True):
            for _ in range(number):
                child += [len(child) // 4] * 4
                wheeze += pattern
                rows += [(1, age, smoke, age * smoke) for age in (-2, -1, 0, 1)]
    return np.array(rows, float), np.array(wheeze, float), np.array(child)


def test_wheeze_of_ohio_children_as_in_geepack() -> None:
    """R's geepack, ``geeglm(resp ~ age * smoke, id, data = ohio, binomial, corstr = "exch")``: coefficients and robust
    standard errors. Every child was seen four times, so the working correlation hardly matters."""
    design, wheeze, child = ohio()
    fit = clustered_logistic(design, wheeze, np.ones_like(wheeze), child)
    assert fit.coefficients == pytest.approx([-1.9005, -0.1412, 0.3138, 0.0708], abs=5e-4)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([0.1191, 0.0582, 0.1878, 0.0883], rel=0.01)
    assert fit.freedom == 537 - 4


def test_rows_added_up_give_what_single_answers_give_in_statsmodels() -> None:
    rng = np.random.default_rng(0)
    rater, arm = np.repeat(np.arange(12), 60), rng.integers(3, size=720)
    design = np.column_stack([np.ones(720), arm == 1, arm == 2]).astype(float)
    value = (rng.random(720) < 1 / (1 + np.exp(-rng.normal(0, 1, 12)[rater] - 0.5 * arm))).astype(float)
    reference = sm.GEE(value, design, groups=rater, family=sm.families.Binomial()).fit(cov_type="bias_reduced")
    cells = pd.DataFrame({"rater": rater, "arm": arm, "value": value}).groupby(["rater", "arm"])["value"]
    added = cells.agg(["sum", "size"]).reset_index()
    few = np.column_stack([np.ones(len(added)), added["arm"] == 1, added["arm"] == 2]).astype(float)
    fit = clustered_logistic(few, added["sum"], added["size"], added["rater"])
    assert len(added) == 36
    assert fit.coefficients == pytest.approx(reference.params, abs=1e-8)
    assert fit.covariance == pytest.approx(reference.cov_params(), rel=1e-6)


def test_holm_as_in_statsmodels() -> None:
    p = np.random.default_rng(0).random(20) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


def test_a_planted_effect_is_found_and_none_is_not() -> None:
    arms = {"none": 0.0, "same": 0.0, "better": 1.0}
    study = planted_thumbs(Plan(raters=40, items=60, arms=arms), np.random.default_rng(1))
    found = {one.arm: one for one in contrasts(study.answers, "none")}
    assert list(found) == ["better", "same"]
    assert (found["better"].adjusted_p < 0.001, found["same"].adjusted_p > 0.05) == (True, True)
    better, none = study.shares["better"], study.shares["none"]
    truth = np.log(better / (1 - better) / (none / (1 - none)))
    assert found["better"].low < truth < found["better"].high
    assert (found["better"].raters, found["better"].reference) == (40, "none")
    assert all(one.adjusted_p >= one.p for one in found.values())


def test_without_an_effect_five_in_a_hundred_are_found() -> None:
    """120 studies of eight people: the share of p < .05 is below .12 (with plain sandwich errors it is above)."""
    p = [
        contrasts(
            planted_thumbs(Plan(raters=8, items=30, arms={"a": 0.0, "b": 0.0}), np.random.default_rng(seed)).answers
        )
        for seed in range(120)
    ]
    assert np.mean([one.p < 0.05 for [one] in p]) < 0.12


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"value": [1, 0], "rater": ["ann", "bob"]}, "another kind"),
        ({"value": [1, 0], "arm": ["a", "b"], "rater": ["ann", "bob"]}, "more than 2 people"),
        ({"value": [1, 1, 0, 1, 1, 1, 1, 1], "arm": list("aaaabbbb"), "rater": list("wxyzwxyz")}, "agree"),
    ],
    ids=["one arm", "two people", "certain"],
)
def test_what_cannot_be_compared_is_one_sentence(columns, message, table) -> None:
    with pytest.raises(InvalidInput, match=message):
        contrasts(table(**columns))


def test_marginal_shares_lie_nearer_to_one_half() -> None:
    assert marginal(0.0, 2.0) == pytest.approx(0.5)
    assert marginal(1.0, 0.0) == pytest.approx(1 / (1 + np.exp(-1)))
    draws = 1 / (1 + np.exp(-1 - 0.7 * np.random.default_rng(0).standard_normal(200_000)))
    assert marginal(1.0, 0.7) == pytest.approx(draws.mean(), abs=2e-3)
