import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.linear_model import Ridge

from xai_core.lime import kriging
from xai_core.lime.kriging import fit_kriged
from xai_core.lime.masks import draw, enumerate_all
from xai_core.lime.surrogate import fit, left_out, proximity

SEGMENTS = 12


def answers(rows, seed=1):
    """Two probabilities with interactions of pairs and triples."""
    rng = np.random.default_rng(seed)
    x = rows.astype(float)
    linear, pairs, triples = rng.normal(size=(3, rows.shape[1]))
    score = x @ linear + (x * np.roll(x, 1, axis=1)) @ pairs + (x * np.roll(x, 1, 1) * np.roll(x, 3, 1)) @ triples
    first = 1 / (1 + np.exp(-score))
    return np.stack([first, (1 - first) / 2], axis=1)


def truth(seed=1):
    """LIME's weights when every mask is asked."""
    rows = enumerate_all(SEGMENTS)
    return fit(rows, answers(rows, seed), proximity(rows), exhaustive=True).weights


def distance(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


@pytest.mark.parametrize(("samples", "share"), [(65, 0.85), (129, 0.75), (257, 0.65)])
def test_weights_come_nearer_to_those_of_all_masks_than_a_plain_regression_brings_them(samples, share):
    kriged, plain = [], []
    for seed in range(12):
        masks = draw("hadamard", SEGMENTS, samples, np.random.default_rng(seed))
        targets = answers(masks.rows, seed)
        found = fit_kriged(masks.rows, targets, np.ones(SEGMENTS), unit=masks.unit)
        kriged.append(distance(found.weights, truth(seed)))
        plain.append(distance(fit(masks.rows, targets, proximity(masks.rows)).weights, truth(seed)))
    assert np.mean(kriged) < share * np.mean(plain)


def test_predictions_are_those_of_scikit_learns_gaussian_process():
    masks = draw("hadamard", SEGMENTS, 90, np.random.default_rng(0))
    targets, areas = answers(masks.rows), np.arange(1.0, SEGMENTS + 1)
    plain = fit(masks.rows, targets, proximity(masks.rows)).weights
    by_weight = np.sqrt((plain**2).mean(axis=0))
    matters = 0.2 * areas / areas.sum() + 0.8 * by_weight / by_weight.sum()
    odds = np.log(targets / (1 - targets))
    process = GaussianProcessRegressor(
        ConstantKernel(1) + RBF(np.sqrt(kriging.LENGTH / 2 / matters)), alpha=kriging.NUGGET, optimizer=None
    ).fit(masks.rows, odds - odds.mean(axis=0))
    every = kriging._population(SEGMENTS)
    predicted = 1 / (1 + np.exp(-process.predict(every) - odds.mean(axis=0)))
    reference = Ridge(alpha=1.0).fit(every, predicted, sample_weight=proximity(every))
    found = fit_kriged(masks.rows, targets, areas, unit=masks.unit)
    assert found.weights == pytest.approx(reference.coef_, abs=2e-5)
    assert found.intercepts == pytest.approx(reference.intercept_, abs=2e-5)


def test_a_lost_group_is_a_process_without_its_answers():
    masks = draw("hadamard", SEGMENTS, 90, np.random.default_rng(0))
    values, level = answers(masks.rows), 0.0
    importance = np.full(SEGMENTS, 1 / SEGMENTS, np.float32)
    gram = kriging._covariance(kriging._halves(masks.rows), kriging._halves(masks.rows), importance).astype(float)
    gram += kriging.NUGGET * np.eye(90)
    group = left_out(90, 2)[3]
    kept = np.setdiff1d(np.arange(90), np.arange(90)[group])
    without = kriging._without(np.linalg.inv(gram), np.linalg.solve(gram, values - level), group)
    assert without[group] == pytest.approx(0, abs=1e-9)
    assert without[kept] == pytest.approx(np.linalg.solve(gram[np.ix_(kept, kept)], values[kept] - level), abs=1e-6)


def test_standard_errors_are_as_large_as_the_errors():
    squares, claimed = [], []
    for seed in range(24):
        masks = draw("hadamard", SEGMENTS, 65, np.random.default_rng(seed))
        found = fit_kriged(masks.rows, answers(masks.rows, seed), np.ones(SEGMENTS), unit=masks.unit)
        squares.append(((found.weights - truth(seed)) ** 2).mean())
        claimed.append((found.standard_errors**2).mean())
    assert 0.5 < np.mean(claimed) / np.mean(squares) < 2


def test_an_answer_that_never_changes_has_no_weights():
    rows = draw("hadamard", 20, 100, np.random.default_rng(0)).rows
    found = fit_kriged(rows, np.full((100, 2), [0.3, 1.0]), np.ones(20))
    assert found.weights == pytest.approx(np.zeros((2, 20)), abs=1e-12)
    assert found.standard_errors == pytest.approx(np.zeros((2, 20)), abs=1e-12)
    assert found.intercepts == pytest.approx([0.3, 1 - kriging.CERTAIN], abs=1e-9)


def test_of_two_samples_nothing_is_claimed():
    rows = np.array([[1, 1, 1], [0, 1, 0]], np.uint8)
    found = fit_kriged(rows, np.array([[0.9], [0.2]]), np.ones(3))
    assert np.isinf(found.standard_errors).all()
    assert np.isfinite(found.weights).all()


@pytest.mark.parametrize("segments", [3, 40, 255, 300])
def test_the_population_is_balanced_and_orthogonal(segments):
    rows = kriging._population(segments)
    assert len(rows) >= kriging.POPULATION
    signs = rows.astype(int) * 2 - 1
    assert (signs.sum(axis=0) == 0).all()
    assert (signs.T @ signs == len(rows) * np.eye(segments)).all()
