import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from xai_core.ranking.laplace import ALONE, absorb, find_mode


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 5))
    y = (rng.random(400) < 1 / (1 + np.exp(-X @ [1, -2, 0, 0.5, 0]))).astype(float)
    return X, y


def solve(X, y, *, weights=None, group=None, mean=None, precision=None, group_precision=1.0):
    n, d = X.shape
    mean = np.zeros(d) if mean is None else mean
    return find_mode(
        sparse.csr_array(X),
        y,
        weights=np.ones(n) if weights is None else weights,
        group=np.full(n, ALONE) if group is None else group,
        prior_mean=mean,
        prior_precision=np.eye(d) if precision is None else np.diag(precision),
        group_precision=group_precision,
        start=mean,
    )


def test_mode_is_that_of_scikit_learn(data):
    X, y = data
    reference = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(solve(X, y).mean, reference.coef_[0], atol=1e-5)


def test_weights_count_as_repetitions(data):
    X, y = data
    twice = solve(np.concatenate([X, X[:100]]), np.concatenate([y, y[:100]]))
    weighted = solve(X, y, weights=np.where(np.arange(400) < 100, 2.0, 1.0))
    np.testing.assert_allclose(weighted.mean, twice.mean, atol=1e-6)
    np.testing.assert_allclose(weighted.precision, twice.precision, atol=1e-4)


def test_eliminated_groups_are_those_of_the_full_system(data):
    """Groups as ordinary columns give the same mode, and the same marginal covariance of the other coefficients."""
    X, y = data
    group = np.arange(400) % 7
    eliminated = solve(X, y, group=group, group_precision=4.0)
    full = solve(np.hstack([X, np.eye(7)[group]]), y, precision=np.array([1.0] * 5 + [4.0] * 7))
    np.testing.assert_allclose(eliminated.mean, full.mean[:5], atol=1e-6)
    np.testing.assert_allclose(eliminated.intercepts, full.mean[5:], atol=1e-6)
    np.testing.assert_allclose(np.linalg.inv(eliminated.precision), np.linalg.inv(full.precision)[:5, :5], atol=1e-6)


def test_without_observations_the_prior_remains():
    mode = solve(np.zeros((0, 2)), np.zeros(0), mean=np.array([1.0, -1.0]), precision=np.array([4.0, 9.0]))
    np.testing.assert_allclose(mode.mean, [1, -1])
    np.testing.assert_allclose(mode.precision, np.diag([4, 9]))


def test_perfect_separation_stays_finite():
    mode = solve(np.ones((1000, 1)), np.ones(1000))
    assert np.isfinite(mode.mean).all()
    assert mode.mean[0] > 3


def test_absorbing_one_observation_is_the_exact_mode_under_a_gaussian(data):
    """Under a diagonal Gaussian belief, absorbing three rows equals Newton with that Gaussian as the prior."""
    X, y = data[0][:3], data[1][:3]
    mean, precision = np.array([0.5, 0, -1, 0, 2]), np.array([1.0, 2, 3, 4, 5])
    covariance = np.diag(1 / precision)
    gradients, curvatures = absorb(X @ mean, X @ covariance @ X.T, y, np.ones(3))
    exact = solve(X, y, mean=mean, precision=precision)
    np.testing.assert_allclose(mean + covariance @ X.T @ gradients, exact.mean, atol=1e-7)
    np.testing.assert_allclose(np.diag(precision) + X.T @ (curvatures[:, None] * X), exact.precision, atol=1e-4)
