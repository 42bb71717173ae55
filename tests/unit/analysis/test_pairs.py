"""Bradley-Terry strengths: a textbook's baseball season, ties, and planted strengths."""

import numpy as np
import pytest

from xai_core.analysis.pairs import bradley_terry, strengths
from xai_core.errors import InvalidInput

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ]
)
"""American League 1987, eastern division (Agresti 2002, Categorical Data Analysis, table 10.10)."""


def test_baseball_as_in_agresti() -> None:
    """Estimates with Baltimore at 0, Agresti's table 10.10 to the two digits that he prints."""
    found = strengths(WINS.astype(float), ridge=0)
    assert found - found[-1] == pytest.approx([1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0], abs=0.0051)
    assert found.mean() == pytest.approx(0, abs=1e-12)


def season(table):
    """Every game as the answer of a rater of its own."""
    games = [(w, lost) for w in range(7) for lost in range(7) for _ in range(WINS[w, lost])]
    return table(
        task="pair",
        left_arm=[TEAMS[w] for w, _ in games],
        right_arm=[TEAMS[lost] for _, lost in games],
        value=[1.0] * len(games),
        rater=[str(number) for number in range(len(games))],
        arm=None,
    )


def test_intervals_of_the_baseball_season(table) -> None:
    """Standard errors in R's BradleyTerry2 are near .34 for differences from Baltimore; one strength varies less."""
    found = bradley_terry(season(table))
    assert list(found.intervals) == list(TEAMS)
    assert (found.comparisons, found.raters) == (273, 273)
    halves = [(one.high - one.low) / 2 for one in found.intervals.values()]
    assert halves == pytest.approx([1.97 * 0.34 * np.sqrt(6 / 14)] * 7, rel=0.2)
    assert {one.n for one in found.intervals.values()} == {78}


def test_sides_do_not_matter_and_a_tie_is_half_a_win(table) -> None:
    answers = table(task="pair", left_arm=list("abab"), right_arm=list("baba"), value=[1, 0, 0.5, 0.5], arm=None)
    found = bradley_terry(answers)
    assert found.intervals["a"].estimate == pytest.approx(np.log(3) / 2, abs=0.02)
    assert found.intervals["a"].estimate == pytest.approx(-found.intervals["b"].estimate)


def test_an_arm_that_always_won_is_far_ahead_and_finite(table) -> None:
    answers = table(task="pair", left_arm=["a"] * 6, right_arm=["b"] * 6, value=[1] * 6, rater=list("uvwxyz"), arm=None)
    found = bradley_terry(answers)
    assert 2 < found.intervals["a"].estimate < 20


def test_planted_strengths_are_held(table) -> None:
    """Twenty seasons of 15 raters with tastes of their own; of 60 intervals at least 52 hold the truth."""
    truth, held = np.array([0.6, 0.0, -0.6]), 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rater = np.repeat(np.arange(15), 24)
        left = rng.integers(3, size=360)
        right = (left + rng.integers(1, 3, size=360)) % 3
        taste = truth + rng.normal(0, 0.2, (15, 3))
        won = rng.random(360) < 1 / (1 + np.exp(taste[rater, right] - taste[rater, left]))
        names = np.array(["a", "b", "c"])
        answers = table(
            task="pair", left_arm=names[left], right_arm=names[right], value=won * 1.0, rater=rater, arm=None
        )
        found = bradley_terry(answers).intervals
        held += sum(found[name].low <= truth[at] <= found[name].high for at, name in enumerate(names))
    assert held >= 52


def test_without_comparisons_that_is_said(table) -> None:
    with pytest.raises(InvalidInput, match="compared two explanations"):
        bradley_terry(table(value=[1]))
