"""What would have to change, in words."""

from __future__ import annotations

from xai_core.case import Case
from xai_core.examples.difference import Difference


def in_words(
    difference: Difference, case: Case, other: str, colours: tuple[str, str]
) -> tuple[tuple[str, str, str], str]:
    """Captions of the three pictures, and the finding. ``colours``: those for and against."""
    if case.image.shape[2] == 1:
        return (
            ("this image", f"near miss: {other}", "gold: lighter there, purple: darker"),
            f"To turn into that image of {other}, {difference.clearly_more:.0%} of the pixels would have to be clearly "
            f"lighter (gold) and {difference.clearly_less:.0%} clearly darker (purple).",
        )
    name = case.class_names[case.prediction]
    supports, opposes = colours
    return (
        (
            f"this image: what speaks for ({supports}) and against ({opposes}) {name}",
            f"near miss: {other}, likewise",
            "the difference",
        ),
        f"{supports.capitalize()} squares speak more for {name} in the near miss than in this image, {opposes} squares "
        f"less: the {opposes} ones are what it lacks for the model to call it {name}.",
    )
