"""A card in sentences: cross-validation beside guessing, test results, silence where nothing is known."""

import json

import pytest

from studio.model_card import told_card
from xai_core.paths import MODELS_DIR


def test_cross_validation_is_told_beside_what_guessing_would_give() -> None:
    card = {
        "images": {"cat": 30, "dog": 10},
        "cross_validation": {"folds": 5, "accuracy": 0.8251},
        "base": "imagenet-efficientnet-lite0",
        "date": "2026-11-25",
    }
    assert told_card(card) == [
        "Right on 83 % of images that it had not learned from (cross-validation in 5 parts, 40 images of 2 classes; "
        "naming always the largest class would be right on 75 %).",
        "Trained on 2026-11-25: logistic regression on what imagenet-efficientnet-lite0 sees.",
    ]


def test_one_image_a_class_cannot_be_cross_validated_and_the_card_says_so() -> None:
    card = {"images": {"cat": 1, "dog": 1}, "cross_validation": {"folds": 0, "accuracy": None}}
    assert "not known" in " ".join(told_card(card))


@pytest.mark.parametrize("path", sorted(MODELS_DIR.glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_card_says_how_often_it_is_right(path) -> None:
    assert told_card(json.loads(path.read_text()))[0].startswith("Right on ")


@pytest.mark.parametrize("card", [None, {}, {"class_names": ["a", "b"]}])
def test_nothing_is_made_up_where_nothing_is_recorded(card) -> None:
    assert told_card(card) == []
