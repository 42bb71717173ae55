"""How explanations are drawn, and what a person is told about the colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xai_core import overlay
from xai_core.case import Case
from xai_core.colours import PaletteName
from xai_core.explanation import Explanation

PICTURE = 512  # pixels: small images are enlarged to at least this, so that browsers do not blur them
TWO = 2
Style = Literal["heat", "keep", "outlines"]


@dataclass(frozen=True)
class View:
    """How explanations are drawn. ``opacity`` 0..1."""

    style: Style = "heat"
    palette: PaletteName = "blue-orange"
    opacity: float = 0.7
    both_classes: bool = True

    @property
    def colours(self) -> tuple[str, str]:
        """Names of the colours for and against a class."""
        return colour_names(self.palette)


STYLES: dict[Style, str] = {"heat": "Heat", "keep": "Keep only", "outlines": "Outlines"}
PALETTES: dict[PaletteName, str] = {"blue-orange": "Blue / orange", "green-red": "Green / red"}


def colour_names(palette: PaletteName) -> tuple[str, str]:
    """Names of the colours for and against a class."""
    supports, opposes = PALETTES[palette].lower().split(" / ")
    return supports, opposes


def draw(case: Case, explanation: Explanation, class_position: int, view: View) -> bytes:
    """The explanation for one of its classes over the image, as PNG bytes."""
    if view.style == "keep":
        known = explanation.settled[class_position][explanation.segments]
        shown = overlay.keep_only(case.image, np.where(known, explanation.relevance(class_position), 0.0))
    else:
        shown = overlay.explained(
            case.image,
            explanation,
            class_position,
            palette=view.palette,
            opacity=view.opacity,
            full_colour=case.full_colour(explanation.arm, class_position),
            smallest=PICTURE,
        )
    if view.style == "outlines":
        shown = overlay.outlined(shown, explanation.segments, smallest=PICTURE)
    return overlay.to_png(shown, PICTURE)


def classes_shown(case: Case, view: View) -> int:
    """How many classes are explained side by side; of two classes the second would only mirror the first."""
    return 2 if view.both_classes and len(case.class_names) > TWO else 1


def legend(view: View, case: Case) -> str:
    """What the colours mean, in words."""
    if view.style == "keep":
        return "Shown is what speaks for the class beyond doubt; the rest is faded."
    supports, opposes = view.colours
    several = " Each picture is about its own class." if classes_shown(case, view) > 1 else ""
    return (
        f"{supports.capitalize()} speaks for the class, {opposes} against it; striped is too uncertain to tell, and "
        f"what is bare makes no difference.{several} Point at a piece or tap it to see what it does."
    )
