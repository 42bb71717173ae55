"""A stored prototypical part network: what its prototypes are, and where an image resembles them.

The network itself is a classifier like the others (``load_classifier``), whose embedding are the similarities to its
prototypes. This adds the places: similarity of every place, and the box that it sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai_core.attributes.importance import Similarities
from xai_core.classifiers.base import Images
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import NetworkClassifier, load_network
from xai_core.classifiers.registry import stored_files
from xai_core.datasets.base import ImageDataset
from xai_core.errors import ClassifierUnavailable, InvalidInput

HARDLY = 0.05  # of the greatest weight of a class: a prototype with less hardly matters
TELLS_LITTLE = 0.6  # area under the ROC curve, of which 0.5 says nothing
Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels; the last two lie outside


@dataclass(frozen=True)
class Prototype:
    """One learned prototype: the patch ``box`` at ``place`` (row, column) of training image ``image``.

    ``label`` is its class, ``weight`` the connection to it in the last layer. ``tells`` is how well similarity to the
    prototype alone tells its class from the others: the area under the ROC curve on training images, 0..1.
    """

    label: int
    image: int
    place: tuple[int, int]
    box: Box
    weight: float
    tells: float


@dataclass(frozen=True)
class Patch:
    """Where an image resembles a prototype most: its ``similarity`` 0..9.2 and the ``box`` that was seen for it."""

    similarity: float
    place: tuple[int, int]
    box: Box


@dataclass(frozen=True, eq=False)
class PrototypeNetwork:
    """A classifier with its prototypes. ``rows`` and ``columns`` int ``[h, 2]``, ``[w, 2]``: pixels that places see."""

    classifier: NetworkClassifier
    prototypes: tuple[Prototype, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    data: str
    files: ModelFiles

    def box(self, row: int, column: int) -> Box:
        """The theoretical receptive field of a place.

        Parameters
        ----------
        row : int
            Row of the place.
        column : int
            Column of the place.

        Returns
        -------
        tuple of int
            Top, left, bottom, right in pixels.
        """
        (top, bottom), (left, right) = self.rows[row].tolist(), self.columns[column].tolist()
        return top, left, bottom, right

    def similarity_maps(self, images: Images) -> NDArray[np.float32]:
        """Similarity of every place of images to every prototype.

        Parameters
        ----------
        images : float32 array [N, H, W, C], 0..1
            Of the size that the classifier takes.

        Returns
        -------
        float32 array [N, h, w, P]
            ``log((d² + 1) / (d² + 1e-4))`` of the distance d, 0..9.2.

        Raises
        ------
        InvalidInput
            If the images are of another shape.
        ClassifierUnavailable
            If OpenVINO is not installed.
        """
        if images.shape[1:] != self.classifier.input_shape or len(images) == 0:
            expected = ", ".join(map(str, self.classifier.input_shape))
            raise InvalidInput(f"{self.classifier.name} takes images [N, {expected}], got {images.shape}.")
        return np.asarray(self._maps(np.ascontiguousarray(images, np.float32)))

    def patches(self, image: Images) -> tuple[Patch, ...]:
        """Where one image resembles each prototype most.

        Parameters
        ----------
        image : float32 array [H, W, C], 0..1
            Of the size that the classifier takes.

        Returns
        -------
        tuple of Patch
            One for each prototype.
        """
        (found,) = self.similarity_maps(image[None])
        places = [divmod(int(flat.argmax()), found.shape[1]) for flat in found.reshape(-1, found.shape[2]).T]
        return tuple(Patch(float(found[place][number]), place, self.box(*place)) for number, place in enumerate(places))

    def __call__(self, versions: Images) -> Similarities:
        """A ``Comparison`` with the prototypes, each at the place where the first version resembles it most.

        Parameters
        ----------
        versions : float32 array [V, N, H, W, C], 0..1
            Versions of images; the first is the image as it is.

        Returns
        -------
        float64 array [V, N, P]
            Similarities at the fixed places.

        References
        ----------
        Nauta, Jutte, Provoost & Seifert 2021, "This looks like that, because ...", section 3.
        """
        maps = self.similarity_maps(versions.reshape(-1, *versions.shape[2:]))
        flat = maps.reshape(*versions.shape[:2], -1, maps.shape[3]).astype(np.float64)
        places = flat[0].argmax(axis=1)[None, :, None]
        return np.take_along_axis(flat, np.broadcast_to(places, (len(flat), *places.shape[1:])), axis=2)[:, :, 0]

    def notes(self) -> dict[int, str]:
        """What is to be said against prototypes: those that repeat, that hardly matter, that tell little.

        Returns
        -------
        dict of int to str
            A sentence for the number of each such prototype.
        """
        found: dict[int, str] = {}
        seen: dict[tuple[int, tuple[int, int]], int] = {}
        for number, prototype in enumerate(self.prototypes):
            greatest = max(other.weight for other in self.prototypes if other.label == prototype.label)
            if (twin := seen.setdefault((prototype.image, prototype.place), number)) != number:
                found[number] = f"The same patch as prototype {twin + 1}."
            elif prototype.weight < HARDLY * greatest:
                found[number] = "It hardly matters to what the network answers."
            elif prototype.tells < TELLS_LITTLE:
                found[number] = "Images of other classes resemble it as much."
        return found

    def check(self, data: ImageDataset) -> None:
        """Refuse a data set whose training images are not those that the prototypes are patches of.

        Parameters
        ----------
        data : ImageDataset
            The data set.

        Raises
        ------
        InvalidInput
            If it is another one.
        """
        if data.digest != self.data:
            raise InvalidInput(
                f"The prototypes of {self.classifier.name} are patches of other training images than those of "
                f"{data.title}: train it again with python -m xai_core.attributes.training."
            )

    @cached_property
    def _maps(self) -> Callable[[Images], NDArray[np.float32]]:
        """The exported graph up to where the greatest similarity is taken: every place instead."""
        try:
            import openvino
            from openvino import opset13 as opset
        except ImportError as error:
            raise ClassifierUnavailable(
                f"Where images resemble the prototypes of {self.classifier.name} is found by OpenVINO, which is not "
                "installed: pip install openvino."
            ) from error
        core = openvino.Core()
        graph = core.read_model(self.files.exported.path)
        node = graph.output("embedding").get_node()
        while node.get_type_name() != "ReduceMax":
            node = node.input_value(0).get_node()
        axes = node.input_value(1).get_node().get_data().tolist()
        maps = node.input_value(0)
        if sorted(axes) == [2, 3]:  # converted to channels first
            maps = opset.transpose(maps, opset.constant([0, 2, 3, 1])).output(0)
        model = openvino.Model([maps], graph.get_parameters(), "places")
        network = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return lambda images: network(images)[0]


def load_prototypes(name: str, *, models: Path | None = None) -> PrototypeNetwork:
    """Load a stored prototypical part network with its prototypes.

    Parameters
    ----------
    name : str
        As of ``load_classifier``.
    models : pathlib.Path, optional
        Where stored networks are looked for, as for ``load_classifier``.

    Returns
    -------
    PrototypeNetwork
        Ready to compare.

    Raises
    ------
    ClassifierUnavailable
        If there is no such network, its files are broken, or it has no prototypes.
    """
    files = stored_files(name, models)
    entries = files.card().entries
    try:
        field = entries["receptive_field"]
        rows, columns = (np.array(field[axis], np.int64) for axis in ("rows", "columns"))
        prototypes = tuple(
            Prototype(
                label=int(said["class"]),
                image=int(said["image"]),
                place=_pair(said["place"]),
                box=_box(said["box"]),
                weight=float(said["weight"]),
                tells=float(said["tells"]),
            )
            for said in entries["prototypes"]
        )
        data = str(entries["data"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClassifierUnavailable(
            f"{name} has no prototypes: choose a network trained with python -m xai_core.attributes.training."
        ) from error
    return PrototypeNetwork(load_network(files), prototypes, rows, columns, data, files)


def _pair(values: list[int]) -> tuple[int, int]:
    row, column = values
    return int(row), int(column)


def _box(values: list[int]) -> Box:
    top, left, bottom, right = values
    return int(top), int(left), int(bottom), int(right)
