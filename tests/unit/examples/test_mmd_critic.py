import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from xai_core.errors import InvalidInput
from xai_core.examples import mmd_critic
from xai_core.examples.kernels import median_gamma
from xai_core.examples.mmd_critic import prototypes_by_class, select_criticisms, select_prototypes


def objective(kernel, chosen):
    """J(S) as the paper writes it: the double sums, nothing running along."""
    return 2 * kernel[:, chosen].mean() - kernel[np.ix_(chosen, chosen)].mean()


def brute_force_prototypes(kernel, count):
    chosen = []
    for _ in range(count):
        free = [c for c in range(len(kernel)) if c not in chosen]
        chosen.append(max(free, key=lambda c: objective(kernel, [*chosen, c])))
    return chosen


def brute_force_criticisms(kernel, prototypes, count):
    witness = np.abs(kernel.mean(axis=1) - kernel[:, prototypes].mean(axis=1))

    def full(chosen):
        return witness[chosen].sum() + np.linalg.slogdet(kernel[np.ix_(chosen, chosen)])[1]

    chosen = []
    for _ in range(count):
        free = [c for c in range(len(kernel)) if c not in chosen and c not in prototypes]
        chosen.append(max(free, key=lambda c: full([*chosen, c])))
    return chosen


@pytest.mark.parametrize("seed", range(8))
def test_greedy_steps_are_the_argmax_of_the_full_objective(seed):
    points = np.random.default_rng(seed).normal(size=(30, 3)).astype(np.float32)
    kernel = rbf_kernel(points.astype(np.float64), gamma=0.4)
    found = select_prototypes(points, 8, gamma=0.4)
    assert found.indices.tolist() == brute_force_prototypes(kernel, 8)
    expected = [kernel.mean() - objective(kernel, list(found.indices[: m + 1])) for m in range(8)]
    np.testing.assert_allclose(found.mmd2, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_criticisms_are_the_argmax_of_witness_and_log_determinant(seed):
    points = np.random.default_rng(seed).normal(size=(30, 3)).astype(np.float32)
    kernel = rbf_kernel(points.astype(np.float64), gamma=0.4)
    found = select_criticisms(points, np.array([3, 11, 17]), 8, gamma=0.4)
    assert found.indices.tolist() == brute_force_criticisms(kernel, [3, 11, 17], 8)
    assert not {3, 11, 17} & set(found.indices.tolist())


def test_two_clusters_get_a_prototype_each():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.1, (30, 2)), rng.normal(5, 0.1, (20, 2))]).astype(np.float32)
    first, second = select_prototypes(points, 2).indices
    assert first < 30 <= second


def test_an_outlier_is_the_first_criticism():
    points = np.concatenate([np.random.default_rng(0).normal(0, 0.3, (40, 2)), [[9, 9]]]).astype(np.float32)
    prototypes = select_prototypes(points, 3, gamma=0.5)
    assert 40 in select_criticisms(points, prototypes.indices, 3, gamma=0.5).indices


def test_the_scree_curve_reaches_zero_when_all_are_prototypes():
    points = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
    found = select_prototypes(points, 12)
    assert found.mmd2[-1] == pytest.approx(0, abs=1e-6)
    assert found.mmd2[0] > found.mmd2[5] > found.mmd2[-1]


def test_moving_all_points_changes_nothing():
    points = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    moved = points + np.float32(100)
    assert select_prototypes(points, 6).indices.tolist() == select_prototypes(moved, 6).indices.tolist()


def test_blocks_choose_what_one_kernel_chooses(monkeypatch):
    points = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)
    whole = select_prototypes(points, 10)
    in_blocks = mmd_critic.column_means
    monkeypatch.setattr(mmd_critic, "column_means", lambda points, gamma: in_blocks(points, gamma, block=13))
    pieces = select_prototypes(points, 10)
    assert pieces.indices.tolist() == whole.indices.tolist()
    np.testing.assert_allclose(pieces.mmd2, whole.mmd2, atol=1e-6)


def test_every_class_has_its_own_kernel_width():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 1, (40, 3)), rng.normal(0, 10, (40, 3))]).astype(np.float32)
    labels = np.repeat([4, 7], 40)
    found = prototypes_by_class(points, labels, 3)
    assert list(found) == [4, 7]
    for label in (4, 7):
        assert found[label].gamma == pytest.approx(median_gamma(points[labels == label]), rel=1e-3)
        assert set(labels[found[label].indices]) == {label}
    assert found[4].gamma > 20 * found[7].gamma
    given = prototypes_by_class(points, labels, 3, gamma={4: 0.5, 7: 0.25})
    assert (given[4].gamma, given[7].gamma) == (0.5, 0.25)


def test_unknown_labels_make_no_class():
    points = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    assert list(prototypes_by_class(points, np.array([-1, 0, 0, -1, 0, 1]), 1)) == [0, 1]


def test_a_small_class_is_shown_whole_and_says_so():
    points = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    found = select_prototypes(points, 10)
    assert sorted(found.indices) == [0, 1, 2, 3]
    assert "only 4 images" in found.notes[0]
    critics = select_criticisms(points, found.indices[:3], 10, gamma=found.gamma)
    assert len(critics.indices) == 1
    assert critics.notes
    none_left = select_criticisms(points, found.indices, 2, gamma=found.gamma)
    assert len(none_left.indices) == 0


def test_duplicates_make_a_singular_kernel_and_still_a_sensible_choice():
    distinct = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    points = np.concatenate([distinct] * 4)
    prototypes = select_prototypes(points, 5)
    assert len({index % 5 for index in prototypes.indices}) == 5
    critics = select_criticisms(points, prototypes.indices[:1], 6, gamma=prototypes.gamma)
    assert len(set(critics.indices)) == 6
    assert len({index % 5 for index in critics.indices[:4]}) == 4
    assert np.isfinite(critics.witness).all()


def test_equal_images_only():
    found = select_prototypes(np.ones((6, 3), np.float32), 2)
    assert len(found.indices) == 2
    np.testing.assert_allclose(found.mmd2, 0, atol=1e-6)


@pytest.mark.parametrize(("count", "gamma"), [(0, None), (2, 0.0), (2, -1.0), (2, np.nan)])
def test_impossible_settings_are_refused(count, gamma):
    points = np.zeros((3, 2), np.float32)
    with pytest.raises(InvalidInput):
        select_prototypes(points, count, gamma=gamma)


def test_criticisms_need_prototypes():
    with pytest.raises(InvalidInput):
        select_criticisms(np.zeros((3, 2), np.float32), np.array([], dtype=np.int64), 1, gamma=1.0)
