"""A stored Keras network in the one form that both back ends serve. Importing this imports Keras."""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import layers, ops

from xai_core.classifiers.answers import SMALLEST_SHARE, Answers, Kind, Values, find_answers
from xai_core.classifiers.architectures import EMBEDDING_LAYER
from xai_core.classifiers.base import Images
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.keras_file import not_a_model
from xai_core.classifiers.probes import drawn_images, far_images, fitting_images

_SEED = 0  # of the drawn images that a network is tried on: the same network gives the same finding
_BATCH = 8
_FLATTENED = 4096  # features of a convolution that are kept one by one; more are averaged over the image


@dataclass(frozen=True)
class Served:
    """``model`` takes images in 0..1 and gives ``probabilities`` and ``embedding``; ``answers``: what was found."""

    model: keras.Model
    answers: Answers


def load_served(files: ModelFiles) -> Served:
    """The network of ``files`` in the form that is served, its answers looked at on drawn and, if any fit, real images.

    Raises ``ClassifierUnavailable`` where the file is not a Keras model of one image (code inside a model is never
    run), or its answers are not numbers, fit no class names or cannot be told apart.
    """
    shape, card = files.input_shape(), files.card()
    try:
        model = keras.models.load_model(files.keras, compile=False)
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        raise not_a_model(files.keras, str(error)) from error
    _in_float32(model)
    rng = np.random.default_rng(_SEED)
    tried, origin = drawn_images(shape, rng), ""
    if (real := fitting_images(card.class_names, shape)) is not None:
        tried, origin = np.concatenate([tried, real[1]]), f" {len(real[1])} of the images are from {real[0]}."
    usual = _outputs(model, tried * np.float32(card.input_scale))
    far = _outputs(model, far_images(shape, rng) * np.float32(card.input_scale))
    answers = find_answers(files.keras.name, usual, far, len(card.class_names), output=card.output, kind=card.answers)
    answers = replace(answers, evidence=answers.evidence + origin)
    images = keras.Input(shape, name="image")
    scaled = images if card.input_scale == 1 else layers.Rescaling(card.input_scale)(images)
    output, embedding = _with_features(keras.Model(model.inputs, model.outputs[answers.output]))([scaled])
    outputs = {
        "probabilities": layers.Identity(name="probabilities")(_probabilities(output, answers.kind)),
        "embedding": layers.Identity(name="embedding")(embedding),
    }
    return Served(keras.Model(images, outputs, name=files.name), answers)


def _in_float32(model: keras.Model) -> None:
    """Layers that keep float32 weights but compute in 16 bits, which spared memory in training, compute in float32."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _in_float32(layer)
        elif layer.dtype_policy.name.startswith("mixed"):
            layer.dtype_policy = "float32"


def _outputs(model: keras.Model, images: Images) -> list[Values]:
    """All outputs of ``model``, float32 ``[N, ...]`` each."""
    several = keras.Model(model.inputs, model.outputs)
    pieces = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
    answers = [keras.tree.flatten(several([piece], training=False)) for piece in pieces]
    return [
        np.concatenate([ops.convert_to_numpy(ops.cast(part, "float32")) for part in parts])
        for parts in zip(*answers, strict=True)
    ]


def _with_features(model: keras.Model) -> keras.Model:
    """``model`` with penultimate features ``[N, D]`` as second output.

    They are what the layer called ``embedding`` gives, else what the last dense or convolutional layer takes, also
    where that lies in a nested model.
    """
    named: list[keras.KerasTensor] = []
    taken: list[keras.KerasTensor] = []

    def call(layer: layers.Layer, *inputs: object, **settings: object) -> object:
        if isinstance(layer, keras.Model) and len(layer.inputs) == len(layer.outputs) == 1:
            output, features = _with_features(keras.Model(layer.inputs, layer.outputs[0]))(list(inputs))
            taken.append(features)
            return output
        output = layer(*inputs, **settings)
        if layer.name == EMBEDDING_LAYER:
            named.append(output)
        if isinstance(layer, (layers.Dense, layers.Conv2D)):
            taken.append(inputs[0])
        return output

    same = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    features = (named or taken or same.outputs)[-1]
    if len(features.shape) > 2:
        small = np.prod(features.shape[1:]) <= _FLATTENED
        features = (layers.Flatten() if small else layers.GlobalAveragePooling2D())(features)
    return keras.Model(same.inputs, [same.outputs[0], features])


def _probabilities(output: keras.KerasTensor, kind: Kind) -> keras.KerasTensor:
    """Class probabilities float32 ``[N, K]``, as ``answers.probabilities`` has them."""
    width = int(np.prod(output.shape[1:]))
    row = output if len(output.shape) == 2 else layers.Reshape((width,))(output)
    values = ops.cast(row, "float32")
    if width == 1:
        second = ops.sigmoid(values) if kind == "scores" else values
        return ops.concatenate([1 - second, second], axis=1)
    match kind:
        case "probabilities":
            return values
        case "shares":
            return (values + SMALLEST_SHARE) / ops.sum(values + SMALLEST_SHARE, axis=1, keepdims=True)
    return layers.Softmax(dtype="float32")(values)
