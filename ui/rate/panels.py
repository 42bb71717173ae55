"""Pictures and numbers of one case, as the pages share them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import streamlit as st

from studio.pieces import pieces_in_words, runs
from studio.view import PALETTES, STYLES, View, classes_shown
from studio.words import literal, percent
from ui import frontend, pictures
from xai_core.arms import FUSED_ARM
from xai_core.case import Case
from xai_core.colours import PaletteName
from xai_core.explanation import Scale
from xai_core.findings import describe

MOST_ROWS = 40
UNITS: dict[Scale, str] = {
    "probability": "Points are percentage points of probability. ",
    "log-odds": "Odds are the probability of the class over that of all others. ",
}


def view_controls() -> View:
    """Let the person choose how explanations are drawn; the choice holds across pages."""
    for name, usual in asdict(View()).items():
        st.session_state.setdefault(name, usual)
    style = st.segmented_control(
        "Draw as",
        list(STYLES),
        format_func=STYLES.__getitem__,
        required=True,
        key="style",
        persist_state="session",
    )
    colourless = style == "keep"  # what is kept keeps its own colours
    palette = st.segmented_control(
        "Colours",
        list(PALETTES),
        format_func=PALETTES.__getitem__,
        required=True,
        key="palette",
        persist_state="session",
        disabled=colourless,
    )
    opacity = st.slider("Opacity", 0.1, 1.0, step=0.05, key="opacity", persist_state="session", disabled=colourless)
    both = st.toggle("Show runner-up beside it", key="both_classes", persist_state="session")
    return View(style or "heat", palette or "blue-orange", opacity, both)


def chosen_palette() -> PaletteName:
    """The colours chosen on whichever page."""
    palette: PaletteName = st.session_state.get("palette") or "blue-orange"
    return palette


def case_pictures(case: Case, arm: str, view: View) -> None:
    """The image and, beside it, where the classifier looked for its first and second guess."""
    explanation = case.explanations[arm]
    with st.container(key="pictures"), st.grid(1 + classes_shown(case, view), min_column_width=150, gap="small"):
        st.image(
            pictures.image(case),
            caption="the image",
            alt=f"The image to be explained, from {case.dataset}",
            width="stretch",
        )
        for position, role in enumerate(("reasons for", "reasons for the runner-up")[: classes_shown(case, view)]):
            name = case.class_names[explanation.classes[position]]
            st.image(
                pictures.explained(case, arm, position, view),
                caption=f"{role} **{literal(name)}**",
                alt=describe(explanation, case.class_names, position),
                width="stretch",
            )


def pointing(case: Case, arm: str, view: View, key: object) -> None:
    """Let pieces light up under the pointer, here and in the table of the same ``key``, and tell their effects."""
    rows = pieces_in_words(case, arm)
    effects = [[f"{row.place}: {row.told(at)}" for row in rows] for at in range(classes_shown(case, view))]
    shown = {"pictures": ".st-key-pictures [data-testid=stImage] img", "effects": [effects[0], *effects]}
    frontend.pieces("look", {**runs(case.explanations[arm].segments), "id": str(key), **shown}, key="look")


def probability_bars(case: Case, count: int = 5) -> None:
    """The most probable classes as bars with their figures."""
    for label in case.top[:count]:
        share = float(case.probabilities[label])
        st.progress(share, text=f"{literal(case.class_names[label])} · {percent(share)}")


def weight_table(case: Case, arm: str, key: object) -> None:
    """Where the greatest weights lie, without colours: a row a piece, a column a class."""
    explanation = case.explanations[arm]
    rows = pieces_in_words(case, arm)
    names = [case.class_names[index] for index in explanation.classes]
    order = np.argsort(-np.abs(explanation.weights).max(axis=0), kind="stable")[:MOST_ROWS]
    frontend.pieces(
        "table",
        {
            "id": str(key),
            "caption": "Every piece in numbers",
            "columns": ["where", *(f"effect on {name}" for name in names)],
            "rows": [{"label": int(at), "cells": [rows[at].place, *rows[at].effects]} for at in order],
        },
        key="table",
    )
    more = f" The {MOST_ROWS} greatest of {len(rows)} pieces." if len(rows) > MOST_ROWS else ""
    unit = "" if arm == FUSED_ARM else UNITS[explanation.scale]
    st.caption(f"{unit}Walk along the rows to see where a piece lies.{more}")
