import dataclasses

import numpy as np
import pytest
from PIL import Image

from tests.unit.examples.toys import CountingClassifier, toy_dataset
from xai_core.errors import InvalidInput
from xai_core.examples import embeddings
from xai_core.examples.embeddings import training_features, training_predictions
from xai_core.examples.neighbours import near_hits
from xai_core.examples.spaces import FeatureSpace, feature_space


def test_embeddings_are_extracted_once(tmp_path):
    data, classifier = toy_dataset(), CountingClassifier()
    space = feature_space("model", classifier)
    first = training_features(data, space, root=tmp_path)
    again = training_features(data, feature_space("model", CountingClassifier()), root=tmp_path)
    assert sum(classifier.embedded) == len(data.x_train)
    assert again.space.encoder.embedded == []
    np.testing.assert_array_equal(first.vectors, again.vectors)
    np.testing.assert_array_equal(first.vectors, classifier.embed(data.x_train.astype(np.float32) / np.float32(255)))


@pytest.mark.parametrize("change", [{"version": "2"}, {"precision": "bfloat16"}])
def test_another_classifier_builds_again(tmp_path, change):
    data = toy_dataset()
    training_features(data, feature_space("model", CountingClassifier()), root=tmp_path)
    changed = CountingClassifier(**change)
    training_features(data, feature_space("model", changed), root=tmp_path)
    assert sum(changed.embedded) == len(data.x_train)


def test_a_cache_file_cut_short_is_built_again(tmp_path):
    data, classifier = toy_dataset(), CountingClassifier()
    whole = training_features(data, feature_space("model", classifier), root=tmp_path).vectors
    [path] = (tmp_path / "embeddings").glob("*.npy")
    path.write_bytes(path.read_bytes()[:100])
    again = training_features(data, feature_space("model", classifier), root=tmp_path).vectors
    np.testing.assert_array_equal(whole, again)
    assert sum(classifier.embedded) == 2 * len(data.x_train)


def test_the_digest_knows_one_training_set_from_another():
    data = toy_dataset()
    assert data.digest == toy_dataset().digest
    relabelled = dataclasses.replace(data, y_train=1 - data.y_train)
    for other in (relabelled, toy_dataset(seed=1), toy_dataset(images=38), toy_dataset(name="other")):
        assert other.digest != data.digest


@pytest.mark.parametrize("row", [0, 1, 17, 39])
def test_features_of_a_replaced_image_are_made_again(tmp_path, row):
    data, classifier = toy_dataset(), CountingClassifier()
    space = feature_space("model", classifier)
    before = training_features(data, space, root=tmp_path).vectors
    pictures = data.x_train.copy()
    pictures[row] = 255 - pictures[row]
    after = training_features(dataclasses.replace(data, x_train=pictures), space, root=tmp_path).vectors
    assert np.flatnonzero((before != after).any(axis=1)).tolist() == [row]


def test_progress_rises_to_one(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "CHUNK", 16)
    shares = []
    space = feature_space("model", CountingClassifier())
    training_features(toy_dataset(), space, root=tmp_path, progress=lambda share, what: shares.append(share))
    assert shares == [0, 0.4, 0.8, 1]


def test_the_models_own_labels(tmp_path):
    data = toy_dataset()
    labels = training_predictions(data, CountingClassifier(), root=tmp_path)
    np.testing.assert_array_equal(labels, data.y_train)
    np.testing.assert_array_equal(labels, training_predictions(data, CountingClassifier(), root=tmp_path))


def test_pixels_are_the_images_themselves(tmp_path):
    data = toy_dataset()
    features = training_features(data, feature_space("pixels", CountingClassifier()), root=tmp_path)
    assert features.vectors.dtype == np.uint8
    assert np.shares_memory(features.vectors, data.x_train)
    assert not (tmp_path / "embeddings").exists()


def test_imagenet_embeds_a_repeatable_sample_in_its_own_size(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "IMAGENET_IMAGES", 10)
    data = toy_dataset()
    encoder = CountingClassifier(name="encoder", input_shape=(16, 12, 3))
    features = training_features(data, feature_space("imagenet", CountingClassifier(), encoder), root=tmp_path)
    assert features.vectors.shape == (10, 2)
    assert len(set(features.rows)) == 10
    index = features.index(data)
    np.testing.assert_array_equal(index.images, data.x_train[features.rows])
    np.testing.assert_array_equal(index.labels, data.y_train[features.rows])
    plane = Image.fromarray(index.images[3, ..., 0].astype(np.float32) / 255)
    resized = np.asarray(plane.resize((12, 16), Image.Resampling.BICUBIC)).clip(0, 1)
    np.testing.assert_allclose(index.features[3], [resized.mean(), resized.std()], rtol=1e-4)


def test_colour_becomes_grey_for_an_encoder_that_takes_grey():
    space = FeatureSpace("imagenet", CountingClassifier())
    green = np.zeros((1, 8, 8, 3), np.uint8)
    green[..., 1] = 255
    np.testing.assert_allclose(space.features(green), [[0.587, 0]], atol=1e-6)


def test_prototypes_are_chosen_among_directions_of_embeddings_but_among_pixels_as_they_are():
    embedded = FeatureSpace("model", CountingClassifier()).points(np.array([[3, 4]], np.float32))
    np.testing.assert_allclose(embedded, [[0.6, 0.8]])
    np.testing.assert_allclose(FeatureSpace("pixels").points(np.array([[255, 51]], np.uint8)), [[1, 0.2]])


def test_a_query_finds_itself_in_no_space(tmp_path):
    data, classifier = toy_dataset(), CountingClassifier()
    for name in ("model", "pixels", "imagenet"):
        space = feature_space(name, classifier, CountingClassifier(name="encoder"))
        index = training_features(data, space, root=tmp_path).index(data)
        found = near_hits(space.query(data.x_train[6]), index, 0, 5, "euclidean")
        assert 6 not in found.indices
        assert len(found.indices) == 5


class NoEmbedding:
    name, input_shape, version, precision = "plain-svm", (8, 8, 1), "1", "float32"


class RefusesToEmbed(NoEmbedding):
    def embed(self, images):
        raise NotImplementedError


@pytest.mark.parametrize("classifier", [NoEmbedding(), RefusesToEmbed()])
def test_a_classifier_without_embedding_gets_a_clear_sentence(classifier, tmp_path):
    with pytest.raises(InvalidInput, match="plain-svm has no embedding; choose the feature space 'pixels'"):
        training_features(toy_dataset(), feature_space("model", classifier), root=tmp_path)


@pytest.mark.parametrize("name", ["model", "pixels"])
def test_a_data_set_without_training_images_is_refused(name, tmp_path):
    data = toy_dataset()
    empty = dataclasses.replace(data, x_train=data.x_train[:0], y_train=data.y_train[:0])
    with pytest.raises(InvalidInput, match="Toy has no training images"):
        training_features(empty, feature_space(name, CountingClassifier()), root=tmp_path)


def test_unknown_spaces_and_a_missing_encoder_are_refused():
    with pytest.raises(InvalidInput, match="model, imagenet, pixels"):
        feature_space("vgg", CountingClassifier())
    with pytest.raises(InvalidInput, match="needs an ImageNet classifier"):
        feature_space("imagenet", CountingClassifier())
