"""The files of a stored network: ``NAME.keras``, its card ``NAME.json``, its exported twin ``NAME.xml`` + ``NAME.bin``
and, for some, another in 8 bits, ``NAME.int8.xml`` + ``NAME.int8.bin``."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_core.errors import ClassifierUnavailable

VERSION_DIGITS = 16


@dataclass(frozen=True)
class Graph:
    """An exported graph of OpenVINO, which is two files."""

    path: Path

    @property
    def weights(self) -> Path:
        """The numbers, beside the graph."""
        return self.path.with_suffix(".bin")

    def exists(self) -> bool:
        """Whether both files are there."""
        return self.path.exists() and self.weights.exists()


@dataclass(frozen=True)
class ModelFiles:
    """A stored network, by folder and name. Nothing is read before a method asks for it."""

    folder: Path
    name: str

    @property
    def keras(self) -> Path:
        """The Keras file: the one that counts, everything else can be made from it."""
        return self.folder / f"{self.name}.keras"

    @property
    def exported(self) -> Graph:
        """The exported graph that gives the Keras file's own results."""
        return Graph(self.folder / f"{self.name}.xml")

    @property
    def eight_bit(self) -> Graph:
        """The exported graph whose convolutions take whole numbers of 8 bits; few networks have one."""
        return Graph(self.folder / f"{self.name}.int8.xml")

    @property
    def card_path(self) -> Path:
        """Class names, and for shipped networks how they were made."""
        return self.folder / f"{self.name}.json"

    def version(self) -> str:
        """SHA-256 of the weights, first 16 hexadecimal digits.

        The weights alone are hashed, not the file around them, which holds the date it was saved on.
        Raises ``ClassifierUnavailable`` where the file is missing or is no Keras file.
        """
        digest = hashlib.sha256()
        try:
            with zipfile.ZipFile(self.keras) as archive, archive.open("model.weights.h5") as weights:
                while block := weights.read(1 << 20):
                    digest.update(block)
        except (OSError, zipfile.BadZipFile, zlib.error, KeyError) as error:
            raise self.not_a_model() from error
        return digest.hexdigest()[:VERSION_DIGITS]

    def stamp(self) -> str:
        """What an exported twin must have been made from to be this network's: weights and input scale."""
        return f"{self.version()} x {self.card().input_scale:g}"

    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels that the network takes, read from the Keras file without importing Keras.

        Raises ``ClassifierUnavailable`` where the file does not say one fixed image size.
        """
        try:
            with zipfile.ZipFile(self.keras) as archive:
                first = json.loads(archive.read("config.json"))["config"]["layers"][0]["config"]
            _, height, width, channels = first["batch_shape"]
            return int(height), int(width), int(channels)
        except (OSError, zipfile.BadZipFile, zlib.error) as error:
            raise self.not_a_model() from error
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ClassifierUnavailable(
                f"{self.keras.name} does not take images of one fixed size: give its first layer an input shape "
                "(height, width, channels)."
            ) from error

    def card(self) -> Card:
        """The card beside the network. Raises ``ClassifierUnavailable`` where it is missing or names no classes."""
        try:
            entries = json.loads(self.card_path.read_text(encoding="utf-8"))
            return Card(
                class_names=tuple(str(name) for name in entries["class_names"]),
                input_scale=float(entries.get("input_scale", 1)),
                entries=entries,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ClassifierUnavailable(
                f'{self.card_path.name} is missing or broken: put {{"class_names": ["...", "..."]}} into it, one name '
                f"a class, beside {self.keras.name}."
            ) from error

    def not_a_model(self) -> ClassifierUnavailable:
        """The error that says that the Keras file cannot be used."""
        way_on = "restore it from the repository or train it again" if self.keras.exists() else "put it there"
        return ClassifierUnavailable(f"{self.keras} is not a Keras model that can be read: {way_on}.")


@dataclass(frozen=True)
class Card:
    """What the program needs of a model card; ``entries`` is all of it.

    ``input_scale`` is what the network expects a white pixel to be, where that is not 1.
    """

    class_names: tuple[str, ...]
    input_scale: float
    entries: dict[str, Any]
