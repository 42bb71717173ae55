"""A Keras file that cannot be used says which of the many reasons it is."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.classifiers.keras_file import image_shape
from xai_core.errors import ClassifierUnavailable

SHAPE = (8, 7, 3)


@keras.saving.register_keras_serializable("shop")
class Scaled(layers.Layer):
    def call(self, x):
        return x / 2


@keras.saving.register_keras_serializable("shop")
class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(keras.ops.reshape(x, (-1, 168)))

    def get_config(self):
        return {}


def flat(images):
    return layers.Dense(2)(layers.Flatten()(images))


def plain():
    images = keras.Input(SHAPE)
    return keras.Model(images, flat(images))


def saved(tmp_path, model):
    path = tmp_path / "mine.keras"
    model.save(path)
    return path


def sequential():
    return keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])


def called():
    model = keras.Sequential([layers.Flatten(), layers.Dense(2)])
    model(np.zeros((1, *SHAPE), np.float32))
    return model


def nested():
    return keras.Sequential([plain(), layers.Dense(2)])


def listed():
    images = keras.Input(SHAPE)
    return keras.Model([images], [flat(images)])


def by_name():
    images = keras.Input(SHAPE, name="picture")
    return keras.Model({"picture": images}, {"answer": flat(images)})


@pytest.mark.parametrize("make", [plain, sequential, called, nested, listed, by_name])
def test_shape_of_the_images(tmp_path, make):
    assert image_shape(saved(tmp_path, make())) == SHAPE


def vector_beside():
    images, vector = keras.Input(SHAPE, name="picture"), keras.Input((5,), name="age")
    return keras.Model([images, vector], layers.Concatenate()([flat(images), vector]))


def twins():
    first, second = keras.Input(SHAPE, name="picture"), keras.Input(SHAPE, name="age")
    return keras.Model({"a": first, "b": second}, layers.Subtract()([flat(first), flat(second)]))


@pytest.mark.parametrize("make", [vector_beside, twins])
def test_two_inputs(tmp_path, make):
    with pytest.raises(ClassifierUnavailable, match=r"mine\.keras takes 2 inputs \(picture, age\)"):
        image_shape(saved(tmp_path, make()))


def with_lambda(nested):
    images = keras.Input(SHAPE)
    model = keras.Model(images, flat(layers.Lambda(lambda x: x / 2, name="halve")(images)))
    return keras.Sequential([keras.Input(SHAPE), model]) if nested else model


@pytest.mark.parametrize("nested", [False, True])
def test_lambda_layers(tmp_path, nested):
    with pytest.raises(ClassifierUnavailable, match=r"Lambda layer 'halve'.*code in a model file is never run"):
        image_shape(saved(tmp_path, with_lambda(nested)))


def own_layer():
    images = keras.Input(SHAPE)
    return keras.Model(images, flat(Scaled()(images)))


def own_model():
    model = Subclassed()
    model(np.zeros((1, *SHAPE), np.float32))
    return model


@pytest.mark.parametrize(("make", "name"), [(own_layer, "Scaled"), (own_model, "Subclassed")])
def test_classes_of_the_authors_own(tmp_path, make, name):
    with pytest.raises(ClassifierUnavailable, match=rf"needs {name}, a class that is not Keras' own"):
        image_shape(saved(tmp_path, make()))


@pytest.mark.parametrize("version", ["2.13.1", "2.15.0"])
def test_keras_2(tmp_path, version):
    path = saved(tmp_path, plain())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = json.dumps({"keras_version": version}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ClassifierUnavailable, match=rf"saved by Keras {version}.*save it as \.h5"):
        image_shape(path)


def test_a_size_that_is_not_fixed(tmp_path):
    images = keras.Input((None, None, 3))
    model = keras.Model(images, layers.Dense(2)(layers.GlobalAveragePooling2D()(images)))
    with pytest.raises(ClassifierUnavailable, match="images of one fixed size"):
        image_shape(saved(tmp_path, model))


@pytest.mark.parametrize("config", [b"", b"[1, 2]", b'"text"', b"{}"])
def test_a_file_whose_configuration_is_another(tmp_path, config):
    path = tmp_path / "mine.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
    with pytest.raises(ClassifierUnavailable, match=r"mine\.keras"):
        image_shape(path)
