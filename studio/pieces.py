"""The pieces of an explanation as pages show them: their effects in words, and where each lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.words import literal, odds, percent, points
from xai_core.arms import FUSED_ARM
from xai_core.case import Case
from xai_core.explanation import Scale
from xai_core.findings import weight_table
from xai_core.quality.faithfulness import WEAK, Faithfulness

Unit = Scale | Literal["share"]  # of the strongest piece: the fused map has no unit of its own
SIZES: Mapping[Unit, Callable[[float], str]] = {
    "probability": points,
    "log-odds": odds,
    "share": lambda weight: f"{percent(abs(weight))} of the strongest",
}


@dataclass(frozen=True)
class Piece:
    """One piece: its label, where it lies, its share of the image 0..1, and its effect on each class in words.

    ``supports``: it speaks for the first class.
    """

    label: int
    place: str
    share: float
    effects: tuple[str, ...]
    classes: tuple[str, ...]
    supports: bool

    def told(self, class_position: int) -> str:
        """Its effect on a class with the name of the class: "for cat, 12 points"."""
        side, comma, size = self.effects[class_position].partition(", ")
        return f"{side} {self.classes[class_position]}, {size}" if comma else side


def pieces_in_words(case: Case, arm: str) -> list[Piece]:
    """All pieces of an explanation in the order of their labels."""
    explanation = case.explanations[arm]
    found: dict[int, list[dict[str, Any]]] = {}
    for row in weight_table(explanation, case.class_names):
        found.setdefault(row["segment"], []).append(row)
    unit: Unit = "share" if arm == FUSED_ARM else explanation.scale
    order = {case.class_names[index]: at for at, index in enumerate(explanation.classes)}
    rows = []
    for label in sorted(found):
        cells = sorted(found[label], key=lambda cell: order[cell["class"]])
        effects, classes = tuple(_effect(cell, unit) for cell in cells), tuple(cell["class"] for cell in cells)
        rows.append(
            Piece(label, cells[0]["place"], cells[0]["share"], effects, classes, cells[0]["finding"] == "supports")
        )
    return rows


def _effect(cell: dict[str, Any], unit: Unit) -> str:
    if cell["finding"] not in ("supports", "opposes"):
        return "too uncertain to tell" if cell["finding"] == "uncertain" else str(cell["finding"])
    side = "for" if cell["finding"] == "supports" else "against"
    return f"{side}, {SIZES[unit](cell['weight'])}"


def told_effect(case: Case, arm: str, marked: str) -> str:
    """What the classifier says without the ``marked`` pieces ("blue") and with them alone, if it was asked that."""
    found, explanation = case.faithfulness.get(arm), case.explanations[arm]
    if found is None:
        return ""
    told = effect_sentence(found, literal(case.class_names[explanation.classes[0]]), marked)
    if explanation.scale == "log-odds":
        return f"No piece moves this answer by much, so colours show what pieces do to its odds. {told}"
    return told


def effect_sentence(found: Faithfulness, name: str, marked: str) -> str:
    """What hiding the ``marked`` pieces, and showing them alone, does to the class of that ``name``.

    Example: "Without the strongest blue pieces (9 % of the image), 4 falls from 95 % to 12 %. With them alone: 71 %."
    Where pieces decide little the sentence says so.
    """
    if found.marked_area == 0:
        return f"No piece speaks for {name} beyond doubt: this explanation gives no reason."
    whole, without, only = (percent(share) for share in (found.whole, found.without_marked, found.only_marked))
    pieces = f"Without the {marked} pieces ({percent(found.marked_area)} of the image)"
    alone = f"With them alone: {only}."
    if not found.decides:
        return f"{pieces}, {name} stays at {without} (from {whole}): they hardly matter. {alone}"
    moves = "falls" if found.without_marked < found.whole else "rises"
    told = f"{pieces}, {name} {moves} from {whole} to {without}. {alone}"
    return f"No single piece decides, only several together. {told}" if found.strongest < WEAK else told


def runs(segments: NDArray[np.int32]) -> dict[str, Any]:
    """A label map ``[H, W]`` as pages send it: runs of equal labels, row by row."""
    return {"size": [segments.shape[1], segments.shape[0]], "runs": list(_pairs(segments.ravel()))}


def _pairs(labels: NDArray[np.int32]) -> Iterator[int]:
    starts = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1, [labels.size]])
    for start, length in zip(starts[:-1], np.diff(starts), strict=True):
        yield from (int(labels[start]), int(length))
