"""Counts, change of mind and α, against figures worked out by hand and published."""

from datetime import UTC, datetime

import pytest

from db.room_records import GivenAnswer, Stage
from studio.classroom.tally import Tally, alpha, change, tally


def given(stage: Stage, **choices: int) -> list[GivenAnswer]:
    return [
        GivenAnswer(
            number=0,
            attempt=0,
            stage=stage,
            rater_id=who,
            choice=choice,
            revision=0,
            into_ranking=False,
            answered_at=datetime.now(UTC),
        )
        for who, choice in choices.items()
    ]


def test_options_that_nobody_chose_are_counted_as_none() -> None:
    found = tally(given("rate", a=0, b=0, c=2), "rate", [0, 1, 2])
    assert found.counts == {0: 2, 1: 0, 2: 1}
    assert found.total == 3
    assert tally(given("rate", a=0), "revote", [0, 1]).total == 0


def test_agreement_is_the_share_of_pairs_who_chose_the_same() -> None:
    assert Tally({0: 2, 1: 1}).agreement == pytest.approx(1 / 3)  # of ab, ac, bc only ab
    assert Tally({0: 4, 1: 0}).agreement == 1
    assert Tally({0: 1, 1: 0}).agreement is None


def test_who_changed_their_mind() -> None:
    answers = given("rate", a=0, b=0, c=1, left=1) + given("revote", a=0, b=1, c=1, late=1)
    found = change(answers, [0, 1])
    assert found.before.counts == {0: 2, 1: 2}
    assert found.after.counts == {0: 1, 1: 3}
    assert found.moved == {(0, 0): 1, (0, 1): 1, (1, 1): 1}
    assert (found.changed, found.both) == (1, 3)


def test_alpha_of_krippendorffs_own_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, missing values; nominal α = .743."""
    observers = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    rows = {who: values.split() for who, values in observers.items()}
    votes = [{who: int(row[at]) for who, row in rows.items() if row[at] != "."} for at in range(12)]
    assert alpha(votes) == pytest.approx(0.743, abs=5e-4)


def test_alpha_says_nothing_where_there_is_nothing_to_compare() -> None:
    assert alpha([{"a": 0, "b": 1}]) is None
    assert alpha([{"a": 0, "b": 0}, {"a": 0, "b": 0}]) is None
    assert alpha([{"a": 0}, {"b": 1}]) is None
    assert alpha([{"a": 0, "b": 0}, {"a": 1, "b": 1}]) == 1
