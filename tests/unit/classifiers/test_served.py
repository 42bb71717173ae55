"""Networks of every make are served with the probabilities that Keras itself gives."""

import json

import keras
import numpy as np
import pytest
from keras import layers, ops

from xai_core.classifiers.export import export_openvino
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.errors import ClassifierUnavailable

SHAPE = (6, 6, 3)
IMAGES = np.random.default_rng(1).random((9, *SHAPE), dtype=np.float32)


def strong(name, seed=0):
    return keras.initializers.RandomNormal(stddev=2.0, seed=seed + len(name))


def head(x, classes, activation=None, **kwargs):
    """A few features of an image and a dense layer on them whose answers differ clearly."""
    x = layers.Conv2D(5, 3, activation="relu", kernel_initializer=strong("c"))(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, activation=activation, kernel_initializer=strong("d"), **kwargs)(x)


def functional(end):
    images = keras.Input(SHAPE)
    return keras.Model(images, end(images))


@pytest.fixture
def serve(tmp_path):
    def served(model, classes, **card):
        files = ModelFiles(tmp_path, "mine")
        model.save(files.keras)
        files.card_path.write_text(json.dumps({"class_names": [f"c{i}" for i in range(classes)], **card}))
        export_openvino(files)
        return load_network(files)

    return served


def raw(model):
    return np.asarray(model.predict(IMAGES, verbose=0))


def softmax_inside(images):
    return head(images, 4, "softmax")


ENDS = {
    "cast": lambda x: layers.Activation("linear", dtype="float32")(softmax_inside(x)),
    "reshape": lambda x: layers.Reshape((4,))(softmax_inside(x)),
    "dropout": lambda x: layers.Dropout(0.3)(softmax_inside(x)),
    "identity": lambda x: layers.Identity()(softmax_inside(x)),
    "operation": lambda x: ops.softmax(head(x, 4)),
    "by hand": lambda x: ops.exp(head(x, 4)) / ops.sum(ops.exp(head(x, 4)), axis=-1, keepdims=True),
    "bfloat16": lambda x: head(x, 4, "softmax", dtype="mixed_bfloat16"),
    "float16": lambda x: head(x, 4, "softmax", dtype="mixed_float16"),
    "mean of two": lambda x: layers.Average()([softmax_inside(x), ops.softmax(head(x, 4))]),
    "convolution": lambda x: layers.Flatten()(
        layers.Conv2D(4, 6, activation="softmax", kernel_initializer=keras.initializers.RandomNormal(stddev=0.3))(x)
    ),
    "places of one": layers.Conv2D(4, 6, activation="softmax", kernel_initializer=strong("p")),
    "pooled": lambda x: layers.Softmax()(
        layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, kernel_initializer=strong("p"))(x))
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_softmax_wherever_it_is_is_not_repeated(serve, end):
    model = functional(ENDS[end])
    expected = raw(model).reshape(len(IMAGES), 4)
    assert expected.max(axis=1).mean() > 0.5  # a second softmax would leave .48 at most
    served = serve(model, 4)
    np.testing.assert_allclose(served.predict_proba(IMAGES), expected, atol=1e-2 if "16" in end else 1e-4)
    assert served.answers.startswith("Probabilities")


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("sequential", [True, False])
def test_nested_networks(serve, depth, sequential):
    model = functional(softmax_inside)
    for _ in range(depth):
        outer = layers.Rescaling(1.5)
        if sequential:
            model = keras.Sequential([keras.Input(SHAPE), outer, model])
        else:
            images = keras.Input(SHAPE)
            model = keras.Model(images, model(outer(images)))
    served = serve(model, 4)
    np.testing.assert_allclose(served.predict_proba(IMAGES), raw(model), atol=1e-4)
    assert served.embed(IMAGES).shape == (9, 5)  # what the innermost dense layer takes


def test_a_backbone_and_a_head(serve):
    backbone = functional(layers.Conv2D(7, 3, activation="relu"))
    model = keras.Sequential([keras.Input(SHAPE), backbone, layers.GlobalAveragePooling2D(), layers.Dense(3)])
    served = serve(model, 3)
    np.testing.assert_allclose(served.predict_proba(IMAGES), ops.convert_to_numpy(ops.softmax(raw(model))), atol=1e-4)
    np.testing.assert_allclose(
        served.embed(IMAGES), raw(keras.Sequential([backbone, layers.GlobalAveragePooling2D()])), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_sigmoids_are_divided_by_their_sum(serve, classes):
    model = functional(lambda x: head(x, classes, "sigmoid"))
    served = serve(model, classes)
    np.testing.assert_allclose(
        served.predict_proba(IMAGES), raw(model) / raw(model).sum(axis=1, keepdims=True), atol=1e-4
    )
    assert "divided by their sum" in served.answers


@pytest.mark.parametrize(
    ("end", "probability"),
    [
        (lambda x: head(x, 1), lambda z: 1 / (1 + np.exp(-z))),
        (lambda x: head(x, 1, "sigmoid"), lambda p: p),
        (lambda x: ops.sigmoid(head(x, 1)), lambda p: p),
        (lambda x: layers.Reshape(())(head(x, 1, "sigmoid")), lambda p: p[:, None]),
        (lambda x: layers.Activation("linear", dtype="float32")(head(x, 1, "sigmoid")), lambda p: p),
        (functional(lambda x: head(x, 1, "sigmoid")), lambda p: p),
    ],
    ids=["score", "sigmoid", "operation", "no axis", "cast", "nested"],
)
def test_one_output_for_two_classes(serve, end, probability):
    model = functional(end)
    second = probability(raw(model))
    np.testing.assert_allclose(serve(model, 2).predict_proba(IMAGES), np.hstack([1 - second, second]), atol=1e-4)


def two_heads(images):
    return [softmax_inside(images), layers.Dense(6)(layers.Flatten()(images))]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("named", [False, True])
def test_of_several_outputs_the_one_as_wide_as_the_class_names(serve, order, named):
    images = keras.Input(SHAPE)
    heads = [two_heads(images)[i] for i in order]
    model = keras.Model(images, {f"head{i}": output for i, output in enumerate(heads)} if named else heads)
    expected = keras.Model(images, heads[order.index(0)])
    served = serve(model, 4)
    np.testing.assert_allclose(served.predict_proba(IMAGES), raw(expected), atol=1e-4)
    assert served.embed(IMAGES).shape == (9, 5)  # not what the other head takes


def test_the_card_chooses_among_outputs_of_one_width(serve):
    images = keras.Input(SHAPE)
    model = keras.Model(images, [head(images, 3, "softmax"), head(images, 3, "softmax")])
    model.set_weights([np.random.default_rng(i).normal(size=w.shape) for i, w in enumerate(model.get_weights())])
    with pytest.raises(ClassifierUnavailable, match="contradict each other"):
        serve(model, 3)
    second = model.predict(IMAGES, verbose=0)[1]
    np.testing.assert_allclose(serve(model, 3, output=1).predict_proba(IMAGES), second, atol=1e-4)


def test_a_model_that_was_built_on_a_single_image_takes_several(serve):
    model = keras.Sequential([layers.Flatten(), layers.Dense(3, kernel_initializer=strong("d"))])
    model(IMAGES[:1])
    expected = ops.convert_to_numpy(ops.softmax(model(IMAGES)))
    np.testing.assert_allclose(serve(model, 3).predict_proba(IMAGES), expected, atol=1e-4)


def test_a_map_of_answers_is_refused_by_its_shape(serve):
    with pytest.raises(ClassifierUnavailable, match=r"mine\.keras answers every place of an image, \[4, 4, 3\]"):
        serve(functional(layers.Conv2D(3, 3, activation="softmax")), 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(serve, bad):
    model = functional(lambda x: head(x, 3, "softmax"))
    weights = model.get_weights()
    weights[-1][0] = bad
    model.set_weights(weights)
    with pytest.raises(ClassifierUnavailable, match=r"mine\.keras answers 15 of 15 images .* not a number"):
        serve(model, 3)


def test_what_the_input_scale_does_to_a_network_is_seen(serve):
    """The network is tried on what the card says that it takes, here pixels in 0..255."""
    model = functional(
        lambda x: layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01))(
            layers.Flatten()(layers.Rescaling(1 / 255)(x))
        )
    )
    served = serve(model, 3, input_scale=255)
    assert served.answers.startswith("Scores")
    expected = ops.convert_to_numpy(ops.softmax(model.predict(IMAGES * 255, verbose=0)))
    np.testing.assert_allclose(served.predict_proba(IMAGES), expected, atol=1e-5)


def test_the_finding_is_kept_with_the_graph(serve, tmp_path):
    serve(functional(lambda x: head(x, 3, "sigmoid")), 3)
    assert "divided by their sum" in (tmp_path / "mine.xml").read_text()
