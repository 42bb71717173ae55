import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.lime.masks import DESIGNS, draw, enumerate_all, given


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("segments", "samples"), [(10, 100), (25, 500), (49, 333), (121, 500)])
def test_a_design_gives_the_asked_number_of_balanced_rows_after_one_that_shows_all(design, segments, samples):
    masks = draw(design, segments, samples, np.random.default_rng(0))
    assert masks.rows.shape == (samples, segments)
    assert masks.rows.dtype == np.uint8
    assert masks.rows[0].all()
    assert not masks.exhaustive
    assert abs(masks.rows[1:].mean() - 0.5) < 0.02
    assert np.abs(masks.rows[1:].mean(axis=0) - 0.5).max() < 0.2


@pytest.mark.parametrize("design", DESIGNS)
def test_the_same_generator_draws_the_same_rows_and_another_seed_others(design):
    first, again, other = (draw(design, 20, 200, np.random.default_rng(seed)).rows for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("design", ["paired", "hadamard"])
def test_rows_come_with_their_complements(design):
    masks = draw(design, 13, 201, np.random.default_rng(3))
    assert masks.unit == 2
    assert (masks.rows[1::2] + masks.rows[2::2] == 1).all()


def test_hadamard_columns_are_orthogonal_within_a_block():
    rows = draw("hadamard", 13, 1 + 32, np.random.default_rng(0)).rows[1:].astype(int)  # order 16 and its complements
    signs = 2 * rows - 1
    assert np.array_equal(signs.T @ signs, 32 * np.eye(13, dtype=int))


def test_a_hadamard_block_that_is_not_filled_comes_matrix_first():
    masks = draw("hadamard", 13, 1 + 24, np.random.default_rng(0))  # order 16, and 8 of 16 complements
    rows = masks.rows[1:].astype(int)
    signs = 2 * rows[:16] - 1
    assert np.array_equal(signs.T @ signs, 16 * np.eye(13, dtype=int))
    assert np.array_equal(rows[16:], 1 - rows[:8])
    assert masks.unit == 1


def test_hadamard_has_an_order_that_leaves_the_constant_column_out():
    for segments in (15, 16, 31, 32):
        rows = draw("hadamard", segments, 129, np.random.default_rng(0)).rows[1:].astype(int)
        assert len(np.unique(rows, axis=1).T) == segments
        assert (rows.std(axis=0) > 0).all()


def test_sobol_blocks_are_balanced():
    rows = draw("sobol", 20, 1 + 128, np.random.default_rng(0)).rows[1:].astype(int)
    assert (rows[:64].sum(axis=0) == 32).all()
    assert (rows[64:].sum(axis=0) == 32).all()


def test_all_rows_are_run_when_they_are_no_more_than_asked_for():
    masks = draw("bernoulli", 5, 32, np.random.default_rng(0))
    assert masks.exhaustive
    assert len(np.unique(masks.rows, axis=0)) == 32
    assert not draw("bernoulli", 5, 31, np.random.default_rng(0)).exhaustive


def test_enumeration_by_hand():
    assert enumerate_all(2).tolist() == [[1, 1], [0, 1], [1, 0], [0, 0]]
    assert enumerate_all(0).shape == (1, 0)


def test_a_given_matrix_is_used_as_it_is():
    matrix = np.array([[0, 1], [1, 1], [1, 0]])
    assert np.array_equal(given(matrix, 2).rows, matrix)


@pytest.mark.parametrize("matrix", [np.ones((3, 4)), np.ones(3), np.full((3, 2), 0.5), np.ones((1, 2))])
def test_an_improper_matrix_is_named(matrix):
    with pytest.raises(InvalidInput, match="perturbations"):
        given(matrix, 2)


def test_an_unknown_design_is_named():
    with pytest.raises(InvalidInput, match="fractional"):
        draw("fractional", 5, 10, np.random.default_rng(0))
