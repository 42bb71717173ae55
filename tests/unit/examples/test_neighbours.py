import numpy as np
import pytest
from skimage.metrics import structural_similarity

from xai_core.errors import InvalidInput
from xai_core.examples import search
from xai_core.examples.index import ExampleIndex, Neighbours, Query
from xai_core.examples.neighbours import boundary_sentence, near_examples, near_hits, near_misses, nearest, semifactuals


def on_a_line(places, labels):
    """Examples on a number line, every one with its own picture."""
    features = np.array(places, dtype=np.float32)[:, None]
    images = np.arange(len(places), dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    return ExampleIndex(features, images, np.array(labels))


def at(place):
    return Query(np.array([place], dtype=np.float32), np.full((8, 8, 1), 200, np.uint8))


LINE = on_a_line([1, 2, 3, 5, 8, 13], [0, 0, 1, 1, 2, 0])


def test_hits_and_misses_on_a_line():
    hits = near_hits(at(0), LINE, 0, 2, "euclidean")
    assert hits.indices.tolist() == [0, 1]
    assert hits.distances.tolist() == [1, 2]
    misses = near_misses(at(0), LINE, 0, 2, "euclidean")
    assert misses.indices.tolist() == [2, 3]
    assert misses.labels.tolist() == [1, 1]
    assert nearest(at(4.4), LINE, 2, "euclidean").indices.tolist() == [3, 2]


def test_misses_of_every_other_class():
    misses = near_misses(at(0), LINE, 0, 1, "euclidean", per_class=True)
    assert misses.indices.tolist() == [2, 4]
    assert misses.of(2).indices.tolist() == [4]


def test_all_at_once_equals_one_by_one():
    together = near_examples(at(0), LINE, 0, 2, "manhattan")
    for found, alone in (
        (together.hits, near_hits(at(0), LINE, 0, 2, "manhattan")),
        (together.misses, near_misses(at(0), LINE, 0, 2, "manhattan")),
        (together.misses_by_class, near_misses(at(0), LINE, 0, 2, "manhattan", per_class=True)),
    ):
        assert found.indices.tolist() == alone.indices.tolist()
        assert found.distances.tolist() == alone.distances.tolist()


def test_labels_of_the_model_take_the_place_of_the_truth():
    by_model = LINE.relabelled(np.array([1, 0, 1, 0, 2, 0]))
    assert near_hits(at(0), by_model, 0, 2, "euclidean").indices.tolist() == [1, 3]


def test_manhattan_is_manhattan():
    features = np.array([[3, 3], [0, 5], [9, 9]], dtype=np.float32)
    index = ExampleIndex(features, np.zeros((3, 8, 8, 1), np.uint8), np.zeros(3, np.int64))
    query = Query(np.zeros(2, np.float32), np.ones((8, 8, 1), np.uint8))
    manhattan = near_hits(query, index, 0, 3, "manhattan")
    assert manhattan.indices.tolist() == [1, 0, 2]
    assert manhattan.distances.tolist() == [5, 6, 18]
    assert near_hits(query, index, 0, 3, "euclidean").indices.tolist() == [0, 1, 2]


def test_the_image_itself_and_its_copies_are_never_returned():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    images[5:25] = images[4]  # more copies than the spare candidates
    index = ExampleIndex(rng.normal(size=(30, 4)).astype(np.float32), images, np.zeros(30, np.int64))
    index.features[5:25] = index.features[4]
    for distance in ("cosine", "euclidean", "manhattan", "ssim"):
        found = nearest(index.query(4), index, 5, distance)
        assert len(found.indices) == 5
        assert not set(found.indices) & set(range(4, 25))
    assert near_hits(index.query(4), index, 0, 20, "euclidean").notes


def test_equal_features_of_another_picture_do_count():
    index = on_a_line([1, 1, 2], [0, 0, 0])
    found = nearest(index.query(0), index, 1, "euclidean")
    assert found.indices.tolist() == [1]
    assert found.distances.tolist() == [0]


def test_ssim_ranks_by_the_similarity_of_the_pixels():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    index = ExampleIndex(images.reshape(40, -1), images, np.arange(40) % 2)
    query = index.query(3)
    similarity = [structural_similarity(images[3], image, channel_axis=2) for image in images]
    expected = [i for i in np.argsort(similarity)[::-1] if i % 2 == 1 and i != 3][:5]
    found = near_hits(query, index, 1, 5, "ssim")
    assert found.indices.tolist() == expected
    np.testing.assert_allclose(found.distances, [(1 - similarity[i]) / 2 for i in expected], atol=1e-12)


def test_ssim_looks_only_at_the_shortlist(monkeypatch):
    monkeypatch.setattr(search, "SSIM_IMAGES", 3)
    monkeypatch.setattr(search, "COPIES", 0)
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)
    index = ExampleIndex(np.arange(20, dtype=np.float32)[:, None], images, np.zeros(20, np.int64))
    query = Query(np.array([10.2], np.float32), np.zeros((8, 8, 1), np.uint8))
    assert set(near_hits(query, index, 0, 3, "ssim").indices) == {9, 10, 11}


def test_unknown_labels_are_no_misses():
    index = on_a_line([1, 2, 3], [0, -1, 1])
    assert near_misses(at(0), index, 0, 5, "euclidean").indices.tolist() == [2]


def test_a_class_without_examples_gives_none_and_says_so():
    found = near_hits(at(0), LINE, 9, 3, "cosine")
    assert len(found.indices) == 0
    assert found.notes
    alone = on_a_line([1, 2], [0, 0])
    assert near_misses(at(0), alone, 0, 3, "euclidean", per_class=True).notes
    assert boundary_sentence(found, found, ("a",), by_model=True) == ""


def test_wrong_requests_are_refused():
    with pytest.raises(InvalidInput, match="cosine, euclidean, manhattan, ssim"):
        near_hits(at(0), LINE, 0, 3, "manhatten")
    with pytest.raises(InvalidInput, match="cosine, euclidean, manhattan, ssim"):
        near_examples(at(0), LINE, 0, 3, "chebyshev")
    with pytest.raises(InvalidInput):
        near_hits(at(0), LINE, 0, 0)
    with pytest.raises(InvalidInput):
        semifactuals(at(0), LINE, 0, 0)
    with pytest.raises(InvalidInput, match="one length"):
        ExampleIndex(LINE.features, LINE.images, np.zeros(2, np.int64))


# Five points: the query at 0, class 0 at 1, 3 and -2, class 1 (the nearest unlike neighbour) at 4 or elsewhere.


def test_sim_miss_is_the_hit_nearest_to_the_nearest_miss():
    index = on_a_line([1, 3, -2, 4, 9], [0, 0, 0, 1, 1])
    found = semifactuals(at(0), index, 0, 3, "euclidean", kind="sim-miss")
    assert found.indices.tolist() == [1, 0, 2]  # 1, 3 and 6 from the miss at 4
    assert found.distances.tolist() == [3, 1, 2]


def test_sim_miss_may_lie_beyond_the_miss_but_global_sim_lies_between():
    index = on_a_line([1, 5, -2, 4, 9], [0, 0, 0, 1, 1])
    assert semifactuals(at(0), index, 0, 1, "euclidean", kind="sim-miss").indices.tolist() == [1]
    between = semifactuals(at(0), index, 0, 3, "euclidean", kind="global-sim")
    assert between.indices.tolist() == [0, 2]
    assert between.notes == ()


def test_global_sim_falls_back_to_sim_miss_when_nothing_lies_between():
    index = on_a_line([6, 5, -7, 4, 9], [0, 0, 0, 1, 1])
    found = semifactuals(at(0), index, 0, 1, "euclidean", kind="global-sim")
    assert found.indices.tolist() == [1]
    assert "between" in found.notes[0]


def test_semifactuals_without_any_miss_are_the_near_hits():
    index = on_a_line([1, 3, -2], [0, 0, 0])
    found = semifactuals(at(0), index, 0, 2, "euclidean")
    assert found.indices.tolist() == [0, 2]
    assert "another class" in found.notes[0]


def test_semifactuals_by_ssim():
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    index = ExampleIndex(images.reshape(6, -1), images, np.array([0, 0, 0, 1, 1, 0]))
    query = index.query(5)
    miss = near_misses(query, index, 0, 1, "ssim").indices[0]
    similarity = [structural_similarity(images[miss, ..., 0], images[i, ..., 0]) for i in range(3)]
    assert semifactuals(query, index, 0, 1, "ssim").indices.tolist() == [int(np.argmax(similarity))]


def found(label, distance):
    return Neighbours(np.array([0]), np.array([distance]), np.array([label]), "cosine")


def test_the_sentence_names_both_classes_and_the_ratio():
    names = ("automobile", "truck")
    assert (
        boundary_sentence(found(0, 0.2), found(1, 0.26), names, by_model=True)
        == "The nearest image that the model calls truck lies 1.3 times as far away as the nearest automobile."
    )
    assert boundary_sentence(found(0, 0.2), found(1, 0.1), names, by_model=False).startswith(
        "The nearest truck lies 0.5"
    )
    assert "inf" not in boundary_sentence(found(0, 0.0), found(1, 0.1), names, by_model=False)
