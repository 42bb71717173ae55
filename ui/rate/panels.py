"""Pictures and numbers of one case, as the pages share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from xai_core import overlay
from xai_core.arms import FUSED_ARM
from xai_core.case import Case
from xai_core.colours import PaletteName
from xai_core.explanation import Explanation

PICTURE = 512  # pixels: small images are enlarged to at least this, so that browsers do not blur them
MOST_ROWS = 40
Style = Literal["heat", "keep", "outlines"]


@dataclass(frozen=True)
class View:
    """How explanations are drawn. ``opacity`` 0..1."""

    style: Style = "heat"
    palette: PaletteName = "blue-orange"
    opacity: float = 0.7
    both_classes: bool = True


STYLES: dict[Style, str] = {"heat": "Heat", "keep": "Keep only", "outlines": "Outlines"}
PALETTES: dict[PaletteName, str] = {"blue-orange": "Blue / orange", "green-red": "Green / red"}


def view_controls() -> View:
    """Let the person choose how explanations are drawn; the choice holds across pages."""
    style = st.segmented_control(
        "Draw as", list(STYLES), format_func=STYLES.__getitem__, default="heat", key="style", persist_state="session"
    )
    palette = st.segmented_control(
        "Colours",
        list(PALETTES),
        format_func=PALETTES.__getitem__,
        default="blue-orange",
        key="palette",
        persist_state="session",
    )
    opacity = st.slider("Opacity", 0.1, 1.0, 0.7, 0.05, key="opacity", persist_state="session")
    both = st.toggle("Show runner-up beside it", True, key="both_classes", persist_state="session")
    return View(style or "heat", palette or "blue-orange", opacity, both)


def chosen_palette() -> PaletteName:
    """The colours chosen on whichever page."""
    palette: PaletteName = st.session_state.get("palette") or "blue-orange"
    return palette


def draw(case: Case, explanation: Explanation, class_position: int, view: View) -> bytes:
    """The explanation for one of its classes over the image, as PNG bytes."""
    if view.style == "keep":
        shown = overlay.keep_only(case.image, explanation.relevance(class_position))
    else:
        shown = overlay.explained(
            case.image,
            explanation,
            class_position,
            palette=view.palette,
            opacity=view.opacity,
            full_colour=case.full_colour(explanation.arm, class_position),
        )
    if view.style == "outlines":
        shown = overlay.outlined(shown, explanation.segments, smallest=PICTURE)
    return overlay.to_png(shown, PICTURE)


def case_pictures(case: Case, arm: str, view: View) -> None:
    """The image and, beside it, where the classifier looked for its first and second guess."""
    explanation = case.explanations[arm]
    with st.grid(2 + view.both_classes, min_column_width=150, gap="small"):
        st.image(
            overlay.to_png(overlay.picture(case.image), PICTURE),
            caption="the image",
            alt=f"The image to be explained, from {case.dataset}",
            width="stretch",
        )
        for position, role in enumerate(("for", "for the runner-up")[: 1 + view.both_classes]):
            label = case.class_names[explanation.classes[position]]
            st.image(
                draw(case, explanation, position, view),
                caption=f"{role} **{label}**",
                alt=overlay.describe(explanation, case.class_names, position),
                width="stretch",
            )


def legend(view: View, case: Case, arm: str) -> str:
    """What the colours mean, in words; each picture has its own scale, so that it says how much full colour is."""
    if view.style == "keep":
        return "Shown is what speaks for the class; the rest is faded."
    supports, opposes = PALETTES[view.palette].lower().split(" / ")
    meaning = f"{supports.capitalize()} speaks for the class, {opposes} against it, grey is too uncertain to tell."
    if arm == FUSED_ARM:  # a sum of maps that are scaled to speak equally loud, without a unit
        return meaning
    explanation = case.explanations[arm]
    scales = [
        f"{100 * abs(weights).max():.3g} for **{case.class_names[index]}**"
        for index, weights in zip(explanation.classes, explanation.weights, strict=True)
    ]
    worth = " and ".join(scales[: 1 + view.both_classes])
    return f"{meaning} Full colour is worth, in percentage points of probability, {worth}."


def probability_bars(case: Case, count: int = 5) -> None:
    """The most probable classes as bars with their figures."""
    for label in case.top[:count]:
        share = float(case.probabilities[label])
        st.progress(share, text=f"{case.class_names[label]} · {share:.1%}")


def weight_table(case: Case, arm: str) -> None:
    """Where the greatest weights lie, for those who cannot or will not read colours: a row a segment, a column a class.

    A plain table: screen readers can walk through it, and it does without the packages of an interactive one.
    """
    segments: dict[int, dict[str, str]] = {}
    for row in overlay.weight_table(case.explanations[arm], case.class_names):  # the greatest weights first
        settled = row["finding"] in {"supports", "opposes"}
        figure = f"{row['weight']:+.2g}\u00a0±\u00a0{row['standard_error']:.1g}" if settled else row["finding"]
        segments.setdefault(row["segment"], {"where": row["place"]})[row["class"]] = figure
    columns = ["where", *(case.class_names[index] for index in case.explanations[arm].classes)]
    lines = [[cells.get(column, "") for column in columns] for cells in list(segments.values())[:MOST_ROWS]]
    table = [columns, ["---", *["--:"] * (len(columns) - 1)], *lines]
    with st.container(height=300, border=False):
        st.markdown("\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table))
    more = f" The {MOST_ROWS} greatest of {len(segments)}." if len(segments) > MOST_ROWS else ""
    st.caption(f"\\+ speaks for the class, − against it.{more}")
