"""A stored Keras network in the one form that both back ends serve. Importing this imports TensorFlow."""

from __future__ import annotations

import keras
from keras import layers

from xai_core.classifiers.architectures import EMBEDDING_LAYER
from xai_core.classifiers.files import ModelFiles


def load_served(files: ModelFiles) -> keras.Model:
    """The network of ``files`` with images in 0..1 as input and ``probabilities`` and ``embedding`` as outputs.

    Raises ``ClassifierUnavailable`` where the file is no Keras model (code inside a model is never run).
    """
    try:
        model = keras.models.load_model(files.keras, compile=False)
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        raise files.not_a_model() from error
    images = keras.Input(model.input_shape[1:], name="image")
    scale = files.card().input_scale
    scaled = images if scale == 1 else layers.Rescaling(scale)(images)
    probabilities, embedding = keras.Model(model.inputs, [model.outputs[0], _embedding(model)])([scaled])
    return keras.Model(
        images,
        {
            "probabilities": _as_probabilities(model, probabilities),
            "embedding": layers.Identity(name="embedding")(embedding),
        },
        name=files.name,
    )


def _embedding(model: keras.Model) -> keras.KerasTensor:
    """Penultimate features: the layer called ``embedding``, else what the last dense layer takes."""
    named = [layer.output for layer in model.layers if layer.name == EMBEDDING_LAYER]
    dense = [layer.input for layer in model.layers if isinstance(layer, layers.Dense)]
    features = (named or dense or model.outputs)[-1]
    return features if len(features.shape) == 2 else layers.Flatten()(features)


def _as_probabilities(model: keras.Model, output: keras.KerasTensor) -> keras.KerasTensor:
    """Softmax over scores, two columns out of one sigmoid; probabilities as they are."""
    last = model.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    if isinstance(last, layers.Softmax) or activation == "softmax":
        return layers.Identity(name="probabilities")(output)
    if activation == "sigmoid" and output.shape[-1] == 1:
        return layers.Concatenate(name="probabilities")([1 - output, output])
    return layers.Softmax(name="probabilities")(output)
