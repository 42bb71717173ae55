"""What a picture shows, in words: the effect of pieces on the answer."""

from dataclasses import replace

import numpy as np
import pytest

from studio.pieces import effect_sentence, pieces_in_words, told_effect
from tests.factories import make_case
from xai_core.quality.faithfulness import Faithfulness

DECISIVE = Faithfulness(0.95, 0.12, 0.71, 0.5, 0.2, 0.8, 0.1, 0.0)


def test_what_decides_is_told_by_its_effect():
    assert effect_sentence(DECISIVE, "4", "strongest blue") == (
        "Without the strongest blue pieces (10\u00a0% of the image), 4 falls from 95\u00a0% to 12\u00a0%. "
        "With them alone: 71\u00a0%."
    )
    assert "rises from 50\u00a0% to 60\u00a0%" in effect_sentence(
        replace(DECISIVE, whole=0.5, without_marked=0.6), "4", "green"
    )


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ({"without_marked": 0.93}, "they hardly matter"),
        ({"without_marked": 0.97}, "they hardly matter"),
        ({"strongest": 0.04}, "No single piece decides, only several together."),
        ({"marked_area": 0.0}, "gives no reason"),
    ],
)
def test_what_decides_little_is_told_as_that(weak, said):
    assert said in effect_sentence(replace(DECISIVE, **weak), "4", "blue")


@pytest.fixture
def case():
    found = make_case(1)
    return replace(found, faithfulness={arm: DECISIVE for arm in found.explanations if arm != "fused"})


def test_the_effect_is_told_of_the_predicted_class_where_it_is_known(case):
    assert "cat falls from" in told_effect(case, "grid-5", "blue")
    assert told_effect(case, "fused", "blue") == ""


def in_odds(case):
    changed = {arm: replace(e, scale="log-odds", weights=e.weights * 4) for arm, e in case.explanations.items()}
    return replace(case, explanations=changed)


def test_effects_have_the_unit_of_the_explanation(case):
    assert pieces_in_words(case, "grid-5")[0].effects == ("for, 50 points", "against, 40 points")
    assert pieces_in_words(in_odds(case), "grid-5")[0].effects == ("for, odds × 7.4", "against, odds ÷ 5")
    assert pieces_in_words(case, "fused")[0].effects[0] == "for, 50\u00a0% of the strongest"


def test_log_odds_are_said_to_be_shown(case):
    assert "odds" in told_effect(in_odds(case), "grid-5", "blue")
    assert "odds" not in told_effect(case, "grid-5", "blue")
    assert np.isclose(in_odds(case).full_colour("grid-5"), 2.0)
