"""From a recipe to a stored classifier with its card."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import keras
from sklearn.metrics import roc_auc_score

from xai_core.classifiers import architectures
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.export import export_openvino
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.classifiers.training import augmentation, averaging, loop, recipes
from xai_core.classifiers.training.loop import Report, fit
from xai_core.classifiers.training.recipes import RECIPES
from xai_core.datasets import ImageDataset, as_float, load_dataset
from xai_core.errors import InvalidInput
from xai_core.paths import INSTALLED, MODELS_DIR, data_root


def train(name: str, *, seed: int = 0, epochs: int | None = None, report: Report = print) -> ModelFiles:
    """Train the classifier ``name`` of ``RECIPES`` and store it; returns its files.

    Raises ``InvalidInput`` for an unknown name, ``DatasetUnavailable`` and ``BrokenFile`` as ``load_dataset`` does.
    """
    if name not in RECIPES:
        raise InvalidInput(f"There is no recipe for {name!r}; there are {', '.join(RECIPES)}.")
    recipe = RECIPES[name] if epochs is None else replace(RECIPES[name], epochs=epochs)
    data = load_dataset(recipe.dataset, download=True)
    checkpoints = data_root() / "cache" / "training" / f"{name}-seed{seed}-epochs{recipe.epochs}"
    teacher = _teacher(recipe.teacher, seed, report) if recipe.teacher else None
    model = fit(recipe, data, teacher=teacher, seed=seed, checkpoints=checkpoints, report=report)

    files = _files(name)
    files.folder.mkdir(parents=True, exist_ok=True)
    store(files, model, data.class_names)
    others = [other for other in map(load_dataset, recipe.tested_on) if other.name in recipe.tested_on]  # no stand-ins
    classifier = load_network(files)
    card = {
        "name": name,
        "command": f"python -m xai_core.classifiers.training {name} --seed {seed} --epochs {recipe.epochs}",
        "seed": seed,
        "epochs": recipe.epochs,
        "dataset": data.name,
        "data_sha256": hashlib.sha256(data.x_train.tobytes() + data.y_train.tobytes()).hexdigest(),
        "class_names": data.class_names,
        "input_shape": data.image_shape,
        "test": {tested.name: figures(classifier, tested) for tested in (data, *others)},
        "multiply_adds": architectures.multiply_adds(model),
        "parameters": model.count_params(),
        "weights": classifier.version,
        "files": files.card().entries["files"],
        "teacher": teacher and {"name": teacher.name, "weights": teacher.version},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "source_sha256": _source_hash(),
        "versions": {"python": platform.python_version()}
        | {package: import_module(package).__version__ for package in ("keras", "tensorflow", "openvino", "numpy")},
    }
    files.card_path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(checkpoints)
    report(f"{name}: stored in {files.folder}, {card['test']}")
    return files


def _files(name: str) -> ModelFiles:
    return ModelFiles(MODELS_DIR if RECIPES[name].shipped and not INSTALLED else data_root() / "models", name)


def _teacher(name: str, seed: int, report: Report) -> Classifier:
    """The stored network ``name``, trained first where there is none."""
    files = _files(name)
    return load_network(files if files.keras.exists() else train(name, seed=seed, report=report), "bfloat16")


def store(files: ModelFiles, model: keras.Model, class_names: tuple[str, ...]) -> None:
    """Write Keras file, first card (class names) and exported graph; the Keras file appears whole or not at all."""
    draft = files.folder / f".{files.keras.name}"
    model.save(draft)
    draft.replace(files.keras)
    files.card_path.write_text(json.dumps({"class_names": class_names}), encoding="utf-8")
    export_openvino(files)


def figures(classifier: Classifier, data: ImageDataset) -> dict[str, float]:
    """Test images, share that is classified right and, for two classes, the area under the ROC curve of the first."""
    probabilities = classifier.predict_proba(as_float(data.x_test))
    found: dict[str, float] = {
        "images": len(data.x_test),
        "accuracy": round(float((probabilities.argmax(axis=1) == data.y_test).mean()), 4),
    }
    if len(data.class_names) == 2:
        found["auc"] = round(float(roc_auc_score(data.y_test == 0, probabilities[:, 0])), 4)
    return found


def _source_hash() -> str:
    """Hash of the code that decides what a network becomes."""
    digest = hashlib.sha256()
    for module in (augmentation, averaging, architectures, loop, recipes, sys.modules[__name__]):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
