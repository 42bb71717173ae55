import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances

from xai_core.lime.masks import draw, enumerate_all
from xai_core.lime.surrogate import fit, proximity


def quadratic(rows):
    """A response with interactions of pairs and triples, two classes."""
    rng = np.random.default_rng(1)
    segments = rows.shape[1]
    x = rows.astype(float)
    linear, pairs, triples = rng.normal(size=segments), rng.normal(size=segments), rng.normal(size=segments)
    score = x @ linear + (x * np.roll(x, 1, axis=1)) @ pairs + (x * np.roll(x, 1, 1) * np.roll(x, 3, 1)) @ triples
    return np.stack([1 / (1 + np.exp(-score / 3)), np.sin(score)], axis=1)


def test_proximity_is_the_kernel_of_lime_over_the_cosine_distance():
    rows = np.random.default_rng(0).integers(0, 2, (50, 9), dtype=np.uint8)
    rows[0], rows[1] = 1, 0
    distances = pairwise_distances(rows, np.ones((1, 9)), metric="cosine").ravel()
    assert proximity(rows) == pytest.approx(np.sqrt(np.exp(-(distances**2) / 0.25**2)), abs=1e-14)


def test_proximity_by_hand():
    rows = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], np.uint8)
    # distances 0, 1 - sqrt(1/4) = 1/2, and 1
    assert proximity(rows) == pytest.approx([1, np.exp(-2), np.exp(-8)])


def test_agrees_with_scikit_learn():
    rows = draw("bernoulli", 17, 200, np.random.default_rng(0)).rows
    targets, weights = quadratic(rows), proximity(rows)
    fitted = fit(rows, targets, weights, alpha=0.7)
    reference = Ridge(alpha=0.7).fit(rows, targets, sample_weight=weights)
    assert fitted.weights == pytest.approx(reference.coef_, abs=1e-12)
    assert fitted.intercepts == pytest.approx(reference.intercept_, abs=1e-12)
    scores = [
        Ridge(alpha=0.7).fit(rows, y, sample_weight=weights).score(rows, y, sample_weight=weights) for y in targets.T
    ]
    assert fitted.r2 == pytest.approx(scores, abs=1e-12)


def test_one_segment_by_hand():
    # Two samples of weight 1, y = 3 and y = 1: slope = sxy / (sxx + alpha) = 1 / (0.5 + 0.5)
    fitted = fit(np.array([[1], [0]], np.uint8), np.array([[3.0], [1.0]]), np.ones(2), alpha=0.5)
    assert fitted.weights == pytest.approx(np.array([[1.0]]))
    assert fitted.intercepts == pytest.approx([1.5])


def test_a_linear_response_is_recovered_without_penalty():
    rows = draw("hadamard", 12, 100, np.random.default_rng(0)).rows
    truth = np.arange(12) - 5.0
    fitted = fit(rows, (rows @ truth + 2)[:, None], proximity(rows), alpha=1e-10)
    assert fitted.weights[0] == pytest.approx(truth, abs=1e-7)
    assert fitted.intercepts == pytest.approx([2], abs=1e-7)
    assert fitted.r2 == pytest.approx([1])
    assert fitted.standard_errors == pytest.approx(np.zeros((1, 12)), abs=1e-7)


def test_a_constant_response_has_no_weights_and_counts_as_explained():
    rows = draw("bernoulli", 12, 100, np.random.default_rng(0)).rows
    fitted = fit(rows, np.full((100, 1), 0.25), proximity(rows))
    assert fitted.weights == pytest.approx(np.zeros((1, 12)), abs=1e-12)
    assert fitted.standard_errors == pytest.approx(np.zeros((1, 12)), abs=1e-12)


@pytest.mark.parametrize(("design", "samples"), [("bernoulli", 97), ("paired", 97), ("hadamard", 200), ("sobol", 300)])
def test_standard_errors_are_those_of_refitting_without_each_group(design, samples):
    masks = draw(design, 9, samples, np.random.default_rng(2))
    rows, targets = masks.rows, quadratic(masks.rows)
    fitted = fit(rows, targets, proximity(rows), unit=masks.unit)

    size = masks.unit * -(-(samples - 1) // (masks.unit * 32))
    refits = []
    for start in range(1, samples, size):
        kept = np.delete(np.arange(samples), np.arange(start, min(start + size, samples)))
        refits.append(Ridge(alpha=1).fit(rows[kept], targets[kept], sample_weight=proximity(rows)[kept]).coef_)
    groups = len(refits)
    expected = np.sqrt((groups - 1) * np.var(refits, axis=0))
    assert fitted.standard_errors == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("design", ["bernoulli", "paired", "hadamard", "sobol"])
def test_standard_errors_match_the_spread_between_seeds(design):
    weights, errors = [], []
    for seed in range(60):
        masks = draw(design, 20, 300, np.random.default_rng(seed))
        fitted = fit(masks.rows, quadratic(masks.rows), proximity(masks.rows), unit=masks.unit)
        weights.append(fitted.weights)
        errors.append(fitted.standard_errors)
    true, claimed = np.sqrt(np.var(weights, axis=0, ddof=1).mean()), np.sqrt(np.square(errors).mean())
    assert 0.85 < claimed / true < 1.25


def test_designs_beat_independent_masks():
    truth_rows = enumerate_all(12)
    truth = fit(truth_rows, quadratic(truth_rows)[:, :1], proximity(truth_rows), exhaustive=True).weights
    error = {}
    for design in ("bernoulli", "paired", "hadamard", "sobol"):
        draws = [draw(design, 12, 256, np.random.default_rng(seed)).rows for seed in range(30)]
        found = [fit(rows, quadratic(rows)[:, :1], proximity(rows), alpha=1e-6).weights for rows in draws]
        error[design] = np.mean(np.square(np.array(found) - truth))
    assert error["paired"] < error["bernoulli"]
    assert error["hadamard"] < 0.7 * error["bernoulli"]
    assert error["sobol"] < 0.7 * error["bernoulli"]


def test_exhaustive_rows_leave_no_sampling_error():
    rows = enumerate_all(6)
    assert not fit(rows, quadratic(rows), proximity(rows), exhaustive=True).standard_errors.any()


def test_uncertainty_by_hand():
    rows = enumerate_all(3)
    fitted = fit(rows, np.stack([rows @ [1.0, 2.0, 3.0]], axis=1), np.ones(8), alpha=1e-9)
    assert fitted.uncertainty() == pytest.approx(0, abs=1e-6)


def test_expanding_to_all_segments_fills_with_zeros():
    rows = enumerate_all(2)
    spread = fit(rows, quadratic(rows), proximity(rows), exhaustive=True).expanded(np.array([1, 3]), 5)
    assert spread.weights.shape == spread.standard_errors.shape == (2, 5)
    assert not spread.weights[:, [0, 2, 4]].any()
    assert spread.weights[:, [1, 3]].all()
