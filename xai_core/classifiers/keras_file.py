"""What a ``.keras`` file says about itself, read without Keras."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xai_core.errors import ClassifierUnavailable

VERSION_DIGITS = 16
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, KeyError)


def weights_version(path: Path) -> str:
    """SHA-256 of the weights, first 16 hexadecimal digits.

    The weights alone are hashed, not the file around them, which holds the date it was saved on.
    Raises ``ClassifierUnavailable`` where the file is missing or not a Keras file.
    """
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as weights:
            while block := weights.read(1 << 20):
                digest.update(block)
    except _UNREADABLE as error:
        raise not_a_model(path) from error
    return digest.hexdigest()[:VERSION_DIGITS]


def image_shape(path: Path) -> tuple[int, int, int]:
    """Height, width and channels of the images that the network takes.

    Raises ``ClassifierUnavailable``, naming the cause, where the file is not a Keras file, comes from Keras 2, needs
    code that it does not contain, or does not take one image of a fixed size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config, metadata = (dict(json.loads(archive.read(f"{part}.json"))) for part in ("config", "metadata"))
    except (*_UNREADABLE, ValueError, TypeError) as error:
        raise not_a_model(path) from error
    keras_version = str(metadata.get("keras_version", ""))
    if keras_version.startswith("2."):
        raise ClassifierUnavailable(
            f"{path.name} was saved by Keras {keras_version}, whose files Keras 3 does not read: open it there, save "
            "it as .h5, load that with Keras 3 and save it as .keras again."
        )
    _refuse_code(path, config)
    settings = config.get("config")
    inputs = _tensors(settings.get("input_layers") if isinstance(settings, dict) else None)
    if len(inputs) > 1:
        raise ClassifierUnavailable(
            f"{path.name} takes {len(inputs)} inputs ({', '.join(inputs)}), and only a network of one input, the "
            "image, can be explained: save one with the other inputs held fixed."
        )
    try:
        first = next(entry for entry in _entries(config) if entry["class_name"] == "InputLayer")
        _, height, width, channels = first["config"]["batch_shape"]
        return int(height), int(width), int(channels)
    except (StopIteration, KeyError, TypeError, ValueError) as error:
        raise ClassifierUnavailable(
            f"{path.name} does not take images of one fixed size: give its first layer an input shape "
            "(height, width, channels)."
        ) from error


def not_a_model(path: Path, reason: str = "") -> ClassifierUnavailable:
    """The error that says that the file cannot be used, with the first line of Keras' own ``reason``."""
    remedy = "restore it from the repository or train it again" if path.exists() else "put it there"
    because = f" ({reason.splitlines()[0][:200].rstrip('.')})" if reason else ""
    return ClassifierUnavailable(f"{path} is not a Keras model that can be read{because}: {remedy}.")


def _refuse_code(path: Path, config: object) -> None:
    for entry in _entries(config):
        kind = entry["class_name"]
        if kind == "Lambda":
            raise ClassifierUnavailable(
                f"{path.name} contains the Lambda layer {entry['config'].get('name', '')!r}, which is Python code, and "
                "code in a model file is never run: put a layer of Keras in its place and save it again."
            )
        module = entry.get("module", "keras")
        if module is None or module.split(".")[0] not in ("keras", "builtins"):
            raise ClassifierUnavailable(
                f"{path.name} needs {kind}, a class that is not Keras' own and whose code is not in the file: build it "
                "from layers of Keras and save it again."
            )


def _entries(config: object) -> Iterator[dict[str, Any]]:
    """All that has a class of its own in a configuration: models, layers and what they are made with."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str) and isinstance(config.get("config"), dict):
            yield config
        for value in config.values():
            yield from _entries(value)
    elif isinstance(config, list):
        for value in config:
            yield from _entries(value)


def _tensors(structure: object) -> list[str]:
    """Names of the layers in a nest of ``[name, node, index]``."""
    if isinstance(structure, dict):
        return [name for value in structure.values() for name in _tensors(value)]
    if not isinstance(structure, list) or not structure:
        return []
    if isinstance(structure[0], str):
        return [structure[0]]
    return [name for value in structure for name in _tensors(value)]
