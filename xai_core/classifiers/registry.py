"""Classifiers by name."""

from __future__ import annotations

from pathlib import Path

from xai_core.classifiers import imagenet
from xai_core.classifiers.base import PRECISIONS, Classifier
from xai_core.classifiers.files import Card, ModelFiles
from xai_core.classifiers.network import NetworkClassifier, load_network
from xai_core.classifiers.transfer import SUFFIX, TransferFiles
from xai_core.datasets import ImageDataset, load_dataset
from xai_core.datasets.imagenet import imagenet_labels
from xai_core.errors import ClassifierUnavailable, InvalidInput
from xai_core.paths import MODELS_DIR, data_root

_SVM = "mnist-svm"


def load_classifier(
    name: str, *, precision: str = "float32", models: Path | None = None, dataset: ImageDataset | None = None
) -> Classifier:
    """Load a classifier by name.

    Parameters
    ----------
    name : str
        A stored network or transfer classifier, ``mnist-svm``, or one of the ImageNet networks.
    precision : {"float32", "bfloat16", "int8"}, default "float32"
        From exact to fast; the classifier's own ``precision`` says what it became.
    models : pathlib.Path, optional
        Where stored ones are looked for; by default among the shipped ones and in ``$XAI_DATA_DIR/models``.
    dataset : ImageDataset, optional
        Saves ``mnist-svm``, which is trained on the spot, from loading MNIST again.

    Returns
    -------
    Classifier
        Ready to classify.

    Raises
    ------
    ClassifierUnavailable
        If there is no such classifier, or its files are broken.
    InvalidInput
        If there is no such precision.
    """
    if precision not in PRECISIONS:
        raise InvalidInput(f"Precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    if name == _SVM:
        # Imported here, since scikit-learn costs a second and 100 MB.
        from xai_core.classifiers.svm import train_svm

        return train_svm(dataset or load_dataset("mnist"))
    for files in _transfers(models):
        if files.name == name:
            return files.load(lambda base: load_network_by_name(base, precision))
    return load_network_by_name(name, precision, models)


def load_network_by_name(name: str, precision: str = "float32", models: Path | None = None) -> NetworkClassifier:
    """The network ``name``, stored or of ImageNet, as ``load_classifier`` does it."""
    if name in imagenet.NAMES:
        return imagenet.load_imagenet(name, precision)
    return load_network(stored_files(name, models), precision)


def networks_of_shape(shape: tuple[int, int, int], models: Path | None = None) -> list[str]:
    """Names of the stored networks that take images of ``shape`` (H, W, C), whatever their classes."""
    return [files.name for files in _stored(models) if _shape(files) == shape]


def stored_files(name: str, models: Path | None = None) -> ModelFiles:
    """The files of the stored network ``name``. Raises ``ClassifierUnavailable`` where there is none."""
    stored = {files.name: files for files in _stored(models)}
    if name not in stored:
        known = sorted({*stored, *(files.name for files in _transfers(models)), _SVM, *imagenet.NAMES})
        raise ClassifierUnavailable(f"There is no classifier {name!r}; there are {', '.join(known)}.")
    return stored[name]


def find_card(name: str, models: Path | None = None) -> Card | None:
    """The card of the stored network or transfer classifier ``name``, ``None`` where there is none that can be read."""
    stored: list[ModelFiles | TransferFiles] = [*_stored(models), *_transfers(models)]
    for files in stored:
        if files.name == name:
            try:
                return files.card()
            except ClassifierUnavailable:
                return None
    return None


def list_classifiers(dataset: ImageDataset, *, models: Path | None = None) -> list[str]:
    """List the classifiers that take the images of a data set and know its classes, the best suited first.

    Those trained on this very data set come before others, and networks before transfer classifiers. Stored files that
    are broken are passed over.

    Parameters
    ----------
    dataset : ImageDataset
        The data set.
    models : pathlib.Path, optional
        Where stored ones are looked for, as for ``load_classifier``.

    Returns
    -------
    list of str
        Their names.
    """
    exact: list[str] = []
    related: list[str] = []
    stored: list[ModelFiles | TransferFiles] = [*_stored(models), *_transfers(models)]
    for files in stored:
        try:
            card = files.card()
        except ClassifierUnavailable:
            continue  # said in full when it is asked for by name
        if card.class_names == dataset.class_names and _shape(files) == dataset.image_shape:
            (exact if card.entries.get("dataset") == dataset.name else related).append(files.name)
    names = exact + related
    if dataset.name == "mnist":
        names.append(_SVM)
    if dataset.image_shape == imagenet.INPUT_SHAPE and dataset.class_names == imagenet_labels():
        names += imagenet.NAMES
    return names


def default_classifier(dataset: ImageDataset, *, models: Path | None = None) -> str:
    """Name the classifier that suits a data set best.

    Parameters
    ----------
    dataset : ImageDataset
        The data set.
    models : pathlib.Path, optional
        Where stored ones are looked for, as for ``load_classifier``.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    ClassifierUnavailable
        If no classifier fits.
    """
    names = list_classifiers(dataset, models=models)
    if not names:
        height, width, channels = dataset.image_shape
        raise ClassifierUnavailable(
            f"No classifier knows {dataset.title}: train one, or put a NAME.keras for images of {height} x {width} x "
            f"{channels} and a NAME.json with its class_names into {data_root() / 'models'}."
        )
    return names[0]


def _stored(models: Path | None) -> list[ModelFiles]:
    return [ModelFiles(path.parent, path.stem) for path in _files("*.keras", models)]


def _transfers(models: Path | None) -> list[TransferFiles]:
    return [TransferFiles(path.parent, path.name.removesuffix(SUFFIX)) for path in _files(f"*{SUFFIX}", models)]


def _files(pattern: str, models: Path | None) -> list[Path]:
    folders = [models] if models else [MODELS_DIR, data_root() / "models"]
    return [path for folder in folders for path in sorted(folder.glob(pattern)) if not path.name.startswith(".")]


def _shape(files: ModelFiles | TransferFiles) -> tuple[int, int, int] | None:
    """What the images of a stored classifier are like, ``None`` where its files are broken."""
    try:
        return files.input_shape()
    except ClassifierUnavailable:
        return None
