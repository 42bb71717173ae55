"""Classifiers by name."""

from __future__ import annotations

from pathlib import Path

from xai_core.classifiers import imagenet
from xai_core.classifiers.base import PRECISIONS, Classifier
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.datasets.imagenet import imagenet_labels
from xai_core.errors import ClassifierUnavailable, InvalidInput
from xai_core.paths import MODELS_DIR, data_root

_SVM = "mnist-svm"


def load_classifier(
    name: str, *, precision: str = "float32", models: Path | None = None, dataset: ImageDataset | None = None
) -> Classifier:
    """The classifier ``name``: a stored network, ``mnist-svm`` or one of ImageNet.

    Stored networks are looked for in ``models``, or where that is not given in the repository's ``data/models`` and in
    ``$XAI_DATA_DIR/models``. ``dataset`` saves ``mnist-svm``, which is trained on the spot, from loading MNIST again.
    ``precision`` is one of ``PRECISIONS``; the classifier's own ``precision`` says what it became.
    Raises ``ClassifierUnavailable`` where there is no such classifier or its files are broken, and ``InvalidInput``.
    """
    if precision not in PRECISIONS:
        raise InvalidInput(f"Precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    if name == _SVM:
        # Imported here, since scikit-learn costs a second and 100 MB.
        from xai_core.classifiers.svm import train_svm

        return train_svm(dataset or load_dataset("mnist"))
    if name in imagenet.NAMES:
        return imagenet.load_imagenet(name, precision)
    return load_network(stored_files(name, models), precision)


def stored_files(name: str, models: Path | None = None) -> ModelFiles:
    """The files of the stored network ``name``. Raises ``ClassifierUnavailable`` where there is none."""
    stored = {files.name: files for files in _stored(models)}
    if name not in stored:
        known = sorted({*stored, _SVM, *imagenet.NAMES})
        raise ClassifierUnavailable(f"There is no classifier {name!r}; there are {', '.join(known)}.")
    return stored[name]


def list_classifiers(dataset: ImageDataset, *, models: Path | None = None) -> list[str]:
    """Names of the classifiers that take the images of ``dataset`` and know its classes, the best suited first.

    Networks trained on this very data set come before others. Stored files that are broken are passed over.
    """
    exact: list[str] = []
    related: list[str] = []
    for files in _stored(models):
        try:
            card = files.card()
            fits = card.class_names == dataset.class_names and files.input_shape() == dataset.image_shape
        except ClassifierUnavailable:
            continue  # said in full when it is asked for by name
        if fits:
            (exact if card.entries.get("dataset") == dataset.name else related).append(files.name)
    names = exact + related
    if dataset.name == "mnist":
        names.append(_SVM)
    if dataset.image_shape == imagenet.INPUT_SHAPE and dataset.class_names == imagenet_labels():
        names += imagenet.NAMES
    return names


def default_classifier(dataset: ImageDataset, *, models: Path | None = None) -> str:
    """The best suited classifier of ``dataset``. Raises ``ClassifierUnavailable`` where none fits."""
    names = list_classifiers(dataset, models=models)
    if not names:
        height, width, channels = dataset.image_shape
        raise ClassifierUnavailable(
            f"No classifier knows {dataset.title}: put a NAME.keras for images of {height} x {width} x {channels} and "
            f"a NAME.json with its class_names into {data_root() / 'models'}."
        )
    return names[0]


def _stored(models: Path | None) -> list[ModelFiles]:
    folders = [models] if models else [MODELS_DIR, data_root() / "models"]
    return [ModelFiles(path.parent, path.stem) for folder in folders for path in sorted(folder.glob("*.keras"))]
