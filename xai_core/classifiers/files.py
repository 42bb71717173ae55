"""The files of a stored network: ``NAME.keras``, its card ``NAME.json``, its exported graph ``NAME.xml`` + ``NAME.bin``
and, for some, another in 8 bits, ``NAME.int8.xml`` + ``NAME.int8.bin``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_core.classifiers.answers import KINDS, Kind
from xai_core.classifiers.keras_file import image_shape, weights_version
from xai_core.datasets.files import atomic
from xai_core.errors import ClassifierUnavailable


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

    def digests(self) -> dict[str, str]:
        """SHA-256 of both files by their names. Raises ``OSError``."""
        found = {}
        for path in (self.path, self.weights):
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
        return found


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
        """``weights_version`` of the Keras file; raises what that raises."""
        return weights_version(self.keras)

    def stamp(self) -> str:
        """What an exported graph must have been made from to be this network's: weights and card."""
        card = self.card()
        said = [f"{self.version()} x {card.input_scale:g}", f"{len(card.class_names)} classes"]
        said += [] if card.output is None else [f"output {card.output}"]
        said += [] if card.answers is None else [card.answers]
        return ", ".join(said)

    def input_shape(self) -> tuple[int, int, int]:
        """``image_shape`` of the Keras file; raises what that raises."""
        return image_shape(self.keras)

    def vouch(self, graph: Graph) -> None:
        """Write into the card what both files of ``graph`` are now. Raises ``OSError``."""
        entries = self.card().entries
        entries["files"] = entries.get("files", {}) | graph.digests()
        with atomic(self.card_path) as draft:
            draft.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")

    def altered(self, graph: Graph) -> list[str]:
        """Names of the files of ``graph`` that are not what the card says of them, or of which it says nothing."""
        said = self.card().entries.get("files", {})
        return [name for name, digest in graph.digests().items() if said.get(name) != digest]

    def card(self) -> Card:
        """The card beside the network. Raises ``ClassifierUnavailable`` where it is missing or says what cannot be."""
        try:
            entries = json.loads(self.card_path.read_bytes())  # of any Unicode encoding, with a byte order mark or not
            names = entries["class_names"]
            if not isinstance(names, list):
                raise TypeError
            card = Card(
                class_names=tuple(str(name) for name in names),
                input_scale=float(entries.get("input_scale", 1)),
                answers=entries.get("answers"),
                output=None if entries.get("output") is None else int(entries["output"]),
                entries=entries,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ClassifierUnavailable(
                f'{self.card_path.name} is missing or broken: put {{"class_names": ["...", "..."]}} into it, one name '
                f"a class, beside {self.keras.name}."
            ) from error
        if card.answers not in (None, *KINDS):
            raise ClassifierUnavailable(
                f'{self.card_path.name} says "answers": "{card.answers}", which is none of {", ".join(KINDS)}.'
            )
        return card


@dataclass(frozen=True)
class Card:
    """What the program needs of a model card; ``entries`` is all of it.

    ``input_scale`` is what the network expects a white pixel to be, where that is not 1. ``output`` counts the
    network's outputs from 0, and ``answers`` says what the numbers there mean: where the network does not show it.
    """

    class_names: tuple[str, ...]
    input_scale: float
    answers: Kind | None
    output: int | None
    entries: dict[str, Any]
