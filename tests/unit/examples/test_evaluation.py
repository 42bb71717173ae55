import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from xai_core.examples.comparators import k_medoids, random_prototypes
from xai_core.examples.evaluation import (
    jaccard,
    mmd2,
    nearest_labels,
    one_nn_accuracy,
    one_nn_recall,
    prototype_accuracy,
)
from xai_core.examples.mmd_critic import select_prototypes

LINE = np.array([[0], [10]], dtype=np.float32)


def test_accuracy_and_recall_by_hand():
    points = np.array([[1], [2], [3], [9]], dtype=np.float32)
    truths = np.array([5, 5, 6, 6])
    labels = np.array([5, 6])
    assert nearest_labels(LINE, labels, points).tolist() == [5, 5, 5, 6]
    assert one_nn_accuracy(LINE, labels, points, truths) == 0.75
    assert one_nn_recall(LINE, labels, points, truths[:4]) == pytest.approx((1 + 0.5) / 2)
    uneven = np.array([5, 5, 5, 6])
    assert one_nn_recall(LINE, labels, points, uneven) == 1


def test_nearest_labels_equal_scikit_learn():
    rng = np.random.default_rng(0)
    prototypes, points = rng.normal(size=(20, 5)).astype(np.float32), rng.normal(size=(5000, 5)).astype(np.float32)
    labels = np.arange(20) % 4
    expected = KNeighborsClassifier(1).fit(prototypes, labels).predict(points)
    np.testing.assert_array_equal(nearest_labels(prototypes, labels, points), expected)


def test_accuracy_of_prototypes_chosen_by_class():
    features = np.array([[0], [10], [4], [6]], dtype=np.float32)
    chosen = {0: np.array([0, 3]), 1: np.array([1, 2])}
    points, truths = np.array([[6.1], [3.9]], np.float32), np.array([0, 1])
    first = {label: members[:1] for label, members in chosen.items()}
    assert prototype_accuracy(features, first, points, truths) == 0
    assert prototype_accuracy(features, chosen, points, truths) == 1


def test_mmd2_of_a_choice_equals_the_greedy_curve():
    points = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    found = select_prototypes(points, 6)
    measured = mmd2(points, [found.indices[: count + 1] for count in range(6)], found.gamma)
    assert measured == pytest.approx(found.mmd2.tolist(), abs=1e-6)
    assert mmd2(points, [np.arange(50)], found.gamma) == pytest.approx([0], abs=1e-6)


def test_jaccard_by_hand():
    assert jaccard(np.array([1, 2, 3]), np.array([2, 3, 4, 5])) == 2 / 5
    assert jaccard(np.array([1]), np.array([2])) == 0
    assert jaccard(np.array([], np.int64), np.array([], np.int64)) == 1


def test_k_medoids_finds_the_middles():
    points = np.array([[0], [1], [2], [50], [51], [52]], dtype=np.float32)
    found = k_medoids(points, (1, 2, 9))
    assert len(found[1]) == 1
    assert sorted(found[2]) == [1, 4]
    assert sorted(found[9]) == [0, 1, 2, 3, 4, 5]


def test_random_prototypes_are_distinct():
    drawn = random_prototypes(10, 8, np.random.default_rng(0))
    assert len(set(drawn)) == 8
    assert len(random_prototypes(3, 8, np.random.default_rng(0))) == 3


def test_mmd_critic_summarises_better_than_chance():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(centre, 0.5, (60, 2)) for centre in (0, 4, 8)]).astype(np.float32)
    found = select_prototypes(points, 5)
    by_chance = mmd2(points, [random_prototypes(180, 5, rng) for _ in range(20)], found.gamma)
    assert found.mmd2[-1] < min(by_chance)
