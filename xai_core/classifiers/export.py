"""From a stored Keras network to its OpenVINO twin. Importing this imports TensorFlow."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import openvino

from xai_core.classifiers.backends import EXPORTED_FROM
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.served import load_served


def export_openvino(files: ModelFiles) -> None:
    """Write ``NAME.xml`` and ``NAME.bin`` beside ``NAME.keras``: float32 weights, any batch size, two outputs.

    The graph carries a stamp of what it was made from, so that a stale one is noticed however its files were
    copied. Both files appear whole or not at all.
    Raises ``ClassifierUnavailable`` (no Keras model), ``RuntimeError`` (OpenVINO cannot convert it), ``OSError``.
    """
    twin = openvino.convert_model(load_served(files))
    twin.set_rt_info(files.stamp(), EXPORTED_FROM)
    with tempfile.TemporaryDirectory(dir=files.folder, prefix=f".{files.name}-") as folder:
        draft = Path(folder) / files.graph.name
        openvino.save_model(twin, draft, compress_to_fp16=False)
        draft.with_suffix(".bin").replace(files.weights)
        draft.replace(files.graph)  # the graph last: it vouches for the weights


if __name__ == "__main__":
    export_openvino(ModelFiles(Path(sys.argv[1]), sys.argv[2]))
