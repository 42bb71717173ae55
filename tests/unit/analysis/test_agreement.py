"""Krippendorff's own examples, bootstrap intervals, and people who meet the same twice."""

import numpy as np
import pandas as pd
import pytest

from xai_core.analysis.agreement import krippendorff_alpha, rater_agreement, self_agreement
from xai_core.errors import InvalidInput

STAR = np.nan
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, STAR, STAR, STAR],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, STAR, 3],
        [STAR, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, STAR],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, STAR],
    ]
)
"""Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units."""


def counts(reliability: np.ndarray, values: range) -> np.ndarray:
    return np.stack([(reliability == value).sum(axis=0) for value in values], axis=1)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_2011_section_c(level, alpha, rng) -> None:
    found = krippendorff_alpha(counts(OBSERVERS, range(1, 6)), [1, 2, 3, 4, 5], level=level, resamples=50, rng=rng)
    assert found.estimate == pytest.approx(alpha, abs=5e-4)
    assert found.low < alpha < found.high
    assert found.n == 11, "the twelfth unit was seen by one observer only"


def test_krippendorff_2011_section_a(rng) -> None:
    """Two observers, ten units, two values."""
    meg, owen = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    found = krippendorff_alpha(counts(np.array([meg, owen]), range(2)), resamples=200, rng=rng)
    assert found.estimate == pytest.approx(0.095, abs=5e-4)


def test_thumbs_make_the_same_matrix(table, rng) -> None:
    """The example of section A again, as thumbs on ten images; a third person, alone on an image, says nothing."""
    meg, owen = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    images = [f"image-{number}" for number in range(10)]
    answers = table(value=[*meg, *owen, 1], rater=["meg"] * 10 + ["owen"] * 10 + ["sue"], image=[*images, *images, "x"])
    found = rater_agreement(answers, resamples=10, rng=rng)
    assert (found.estimate, found.n) == (pytest.approx(0.095, abs=5e-4), 10)


def test_the_bootstrap_interval_holds_the_alpha_of_all_items(rng) -> None:
    """One copies the other half of the time: alpha is .5. Of 60 samples of 60 items at least 52 intervals hold it."""
    held = 0
    for _ in range(60):
        first, other, copies = rng.random(60) < 0.5, rng.random(60) < 0.5, rng.random(60) < 0.5
        found = krippendorff_alpha(
            counts(np.array([first, np.where(copies, first, other)]), range(2)), resamples=200, rng=rng
        )
        held += found.low <= 0.5 <= found.high
    assert held >= 52


@pytest.mark.parametrize("reliability", [[[1, 1], [1, 1]], [[1, STAR], [STAR, 0]]], ids=["all alike", "nobody twice"])
def test_where_alpha_does_not_exist_that_is_said(reliability, rng) -> None:
    with pytest.raises(InvalidInput, match="Agreement needs"):
        krippendorff_alpha(counts(np.array(reliability), range(2)), rng=rng)


def test_self_agreement_compares_first_and_second_only(table, rng) -> None:
    answers = table(
        image=["i", "i", "i", "j", "j", "k"],
        rater=["ann", "ann", "ann", "bob", "bob", "bob"],
        value=[1, 1, 0, 1, 0, 1],
        repetition=[0, 1, 2, 0, 1, 0],
        current=[0, 0, 1, 0, 1, 1],
    )
    found = self_agreement(answers, resamples=10, rng=rng)
    assert (found.same.estimate, found.same.n, found.same.raters) == (0.5, 2, 2)
    assert found.alpha.n == 2
    with pytest.raises(InvalidInput, match="twice"):
        self_agreement(pd.DataFrame(answers[answers["repetition"] == 0]), rng=rng)
