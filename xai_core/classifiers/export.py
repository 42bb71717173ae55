"""From a stored Keras network to the graphs that OpenVINO serves. Importing this imports Keras."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np
import openvino
from openvino import opset13 as opset

from xai_core.classifiers.backends import ANSWERS, EXPORTED_FROM
from xai_core.classifiers.child import REFUSED
from xai_core.classifiers.files import Graph, ModelFiles
from xai_core.classifiers.probes import drawn_images
from xai_core.classifiers.served import load_served
from xai_core.errors import ClassifierUnavailable

AGREEMENT = 1e-3  # of probabilities before and after conversion; rounding differs by less


def export_openvino(files: ModelFiles) -> None:
    """Write ``NAME.xml`` and ``NAME.bin`` beside ``NAME.keras``: float32 weights, any batch size, two outputs.

    Raises ``ClassifierUnavailable`` as ``load_served`` does, ``RuntimeError`` where OpenVINO cannot convert it, and
    ``OSError``.
    """
    served = load_served(files)
    served.model.trainable = False  # else some graphs normalise by the statistics of the batch, as in training
    graph = _traced(served.model) if keras.backend.backend() == "openvino" else _converted(served.model)
    _check(graph, served.model)
    save_graph(graph, files, files.exported, served.answers.evidence)


def _converted(model: keras.Model) -> openvino.Model:
    import tensorflow as tf

    # OpenVINO's own way to find this out fails on Python 3.13, whose exec() cannot delete a function's variable.
    found = {"tensorflow": tf.__version__}
    with patch("openvino.frontend.tensorflow.utils.get_environment_setup", lambda _framework: found):
        return openvino.convert_model(model)


def _check(graph: openvino.Model, model: keras.Model) -> None:
    """Raises ``RuntimeError`` where the graph cannot be compiled, or gives other probabilities than the network."""
    images = drawn_images(model.input_shape[1:], np.random.default_rng(0))[::4]
    expected = np.asarray(model.predict(images, verbose=0)["probabilities"])
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # some processors would round to 16 bits
    found = openvino.compile_model(graph, "CPU", exact)(images)["probabilities"]
    difference = float(np.abs(found - expected).max())
    if not difference < AGREEMENT:  # also for NaN
        raise RuntimeError(f"as converted it differs from itself by {difference:.2g} in a probability")


def _traced(model: keras.Model) -> openvino.Model:
    """The graph of ``model`` for any batch size; ``model.export`` would fix reshapes at a batch of one."""
    images = opset.parameter([-1, *model.input_shape[1:]], openvino.Type.f32, name="image")
    outputs = model(keras.ops.convert_to_tensor(images.output(0)), training=False)
    results = []
    for name, tensor in outputs.items():
        result = opset.result(tensor.output)
        result.output(0).tensor.set_names({name})
        results.append(result)
    return openvino.Model(results, [images], model.name)


def save_graph(model: openvino.Model, files: ModelFiles, graph: Graph, answers: str) -> None:
    """Write both files of ``graph``, one of those of ``files``, whole or not at all, and their hashes into the card.

    The graph carries what it was made from, so that a stale one is noticed however its files were copied, and
    ``answers``, what was found out about the network's answers.
    """
    model.set_rt_info(files.stamp(), EXPORTED_FROM)
    model.set_rt_info(answers, ANSWERS)
    with tempfile.TemporaryDirectory(dir=graph.path.parent, prefix=f".{graph.path.stem}-") as folder:
        draft = Graph(Path(folder) / graph.path.name)
        openvino.save_model(model, draft.path, compress_to_fp16=False)
        draft.weights.replace(graph.weights)
        draft.path.replace(graph.path)
    files.vouch(graph)  # last: without it both are made again


if __name__ == "__main__":
    try:
        export_openvino(ModelFiles(Path(sys.argv[1]), sys.argv[2]))
    except ClassifierUnavailable as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
