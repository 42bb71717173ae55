import numpy as np

from tests.unit.examples.toys import CountingClassifier, toy_dataset
from xai_core.examples import summary
from xai_core.examples.embeddings import training_features
from xai_core.examples.kernels import unit_length
from xai_core.examples.mmd_critic import select_prototypes
from xai_core.examples.spaces import feature_space
from xai_core.examples.summary import CRITICISMS, PROTOTYPES, class_summaries, plane


def test_summaries_hold_training_positions_of_their_class(tmp_path):
    data = toy_dataset(images=90)
    features = training_features(data, feature_space("model", CountingClassifier()), root=tmp_path)
    found = class_summaries(data, features, root=tmp_path)
    assert list(found) == [0, 1]
    for label, each in found.items():
        assert len(each.prototypes) == len(each.mmd2) == PROTOTYPES
        assert len(each.criticisms) == len(each.witness) == CRITICISMS
        assert set(data.y_train[np.concatenate([each.prototypes, each.criticisms])]) == {label}
    members = np.flatnonzero(data.y_train == 1)
    direct = select_prototypes(unit_length(features.vectors[members]), PROTOTYPES)
    np.testing.assert_array_equal(found[1].prototypes, members[direct.indices])


def test_summaries_are_chosen_once_and_again_for_another_classifier(tmp_path, monkeypatch):
    data = toy_dataset(images=60)
    chosen = []

    def counting(points, count):
        chosen.append(count)
        return select_prototypes(points, count)

    monkeypatch.setattr(summary, "select_prototypes", counting)
    for version in ("1", "1", "2"):
        space = feature_space("model", CountingClassifier(version=version))
        class_summaries(data, training_features(data, space, root=tmp_path), root=tmp_path)
    assert len(chosen) == 4


def test_small_classes_are_summarised_by_what_they_have(tmp_path):
    data = toy_dataset(images=12)
    features = training_features(data, feature_space("pixels", CountingClassifier()), root=tmp_path)
    for _ in range(2):  # computed, then read
        found = class_summaries(data, features, root=tmp_path)[0]
        assert sorted(found.prototypes) == [0, 2, 4, 6, 8, 10]
        assert np.isfinite(found.mmd2).all()
        assert len(found.criticisms) == 0


def test_the_plane_keeps_what_is_flat():
    flat = np.random.default_rng(0).normal(size=(30, 2)) @ np.array([[1, 0, 2], [0, 1, 1]])
    placed = plane(flat.astype(np.float32))
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    np.testing.assert_allclose(np.linalg.norm(placed[:, None] - placed[None], axis=2), distances, atol=1e-4)
    assert plane(np.ones((1, 5), np.float32)).tolist() == [[0, 0]]
    assert plane(np.arange(4, dtype=np.float32)[:, None]).shape == (4, 2)
