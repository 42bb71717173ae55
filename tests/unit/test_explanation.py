"""Which pieces of an explanation count as its evidence."""

import numpy as np
import pytest

from tests.factories import make_explanation

TWENTY = np.arange(20).reshape(4, 5)  # each piece is a twentieth of the image: four fit


def of(weights, segments=TWENTY, **changes):
    return make_explanation(segments, [*weights, *[0.0] * (20 - len(weights))], **changes)


@pytest.mark.parametrize(
    ("weights", "marked"),
    [
        ([0.6, 0.3, 0.1, -0.9], {0, 1}),  # nine tenths exactly
        ([0.6, 0.2, 0.15, 0.05], {0, 1, 2}),
        ([0.05, 0.2, 0.15, 0.6], {1, 2, 3}),
        ([0.2, 0.2, 0.2, 0.2, 0.1, 0.1], {0, 1, 2, 3}),  # the fifth would be too much of the image
        ([-0.1, -0.2], set()),
        ([], set()),
    ],
)
def test_the_fewest_pieces_that_carry_most_of_the_evidence_are_marked(weights, marked):
    assert set(np.flatnonzero(of(weights).marked())) == marked


def test_the_strongest_is_marked_however_large():
    halves = np.repeat([0, 1], 10).reshape(4, 5)
    assert make_explanation(halves, [0.2, 0.5]).marked().tolist() == [False, True]


def test_a_large_piece_ends_the_marks():
    cut = np.zeros((4, 5), int)  # piece 0 covers most, the others a twentieth each
    cut[0, :4] = [1, 2, 3, 4]
    found = make_explanation(cut, [0.3, 0.4, 0.2, 0.05, 0.05])
    assert found.marked().tolist() == [False, True, False, False, False], "weaker ones do not slip in behind it"


def test_what_is_not_settled_is_no_evidence():
    found = of([0.5, 0.4, 0.02], errors=[0.3, 0.01, 0.0, *[0.0] * 17])
    assert set(np.flatnonzero(found.marked())) == {1}


def test_evidence_does_not_depend_on_the_unit_or_the_class_before_it():
    weights = np.random.default_rng(0).normal(size=(2, 20))
    assert (make_explanation(TWENTY, weights).marked(1) == make_explanation(TWENTY, weights[1] * 7).marked()).all()
