"""Try it yourself, and how good is it: pieces are hidden, by hand or one after another, and the answer moves."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from studio.pieces import pieces_in_words, runs
from studio.trial import Trial
from studio.trial_words import figures, told
from studio.view import PICTURE, View
from studio.words import percent
from ui import cache, frontend
from ui.examples.searches import KEYS
from ui.rate.panels import MOST_ROWS
from xai_core import overlay
from xai_core.case import Case

BARS = 5


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs=KEYS)
def _trial(case: Case, arm: str, samples: int) -> Trial:  # noqa: ARG001 (samples tell explanations of an arm apart)
    return Trial.of(case, arm, cache.model_of(case))


def _found(case: Case, arm: str) -> Trial:
    return _trial(case, arm, case.explanations[arm].samples)


@st.fragment
def try_it(case: Case, arm: str, view: View, impression: UUID) -> None:
    """Pieces to be hidden and shown, with the classifier's answer to what is left."""
    key = f"try-{impression}"
    trial, hidden = _found(case, arm), frontend.hidden_pieces(f"try-{impression}")
    now = trial.answers([hidden])[0]
    rows = pieces_in_words(case, arm)
    strongest = np.argsort(-np.abs(trial.explanation.weights[0]), kind="stable")[:MOST_ROWS]
    bars = [
        {
            "name": case.class_names[label],
            "share": float(now[label]),
            "text": percent(float(now[label])),
            "before": float(case.probabilities[label]),
        }
        for label in case.top[:BARS]
    ]
    frontend.hideable_pieces(
        {
            **_stage(trial, str(key)),
            "hidden": hidden,
            "bars": bars,
            "sentence": told(trial, hidden, now),
            "marks": f"strongest {view.colours[0]}",
            "marked": [int(label) for label in np.flatnonzero(trial.explanation.marked())],
            "count": len(rows),
            "caption": "Pieces by the size of their effect: press one to hide it or show it again",
            "columns": ["piece", f"effect on {case.class_names[trial.explanation.classes[0]]}"],
            "rows": [{"label": int(at), "cells": [rows[at].place, rows[at].effects[0]]} for at in strongest],
        },
        key=key,
    )


def how_good(case: Case, arm: str, impression: UUID) -> None:
    """What the classifier's own answers say of the explanation, and the deletion as a film."""
    trial, found = _found(case, arm), case.faithfulness.get(arm)
    name = case.class_names[trial.explanation.classes[0]]
    steps = [
        {
            "count": count,
            "bar": {"name": name, "share": share, "text": percent(share)},
            "text": f"{count} of {len(trial.order)} pieces hidden ({percent(area)}): {percent(share)} {name}.",
        }
        for count, area, share in trial.deletion()
    ]
    st.caption("Pieces vanish, the most supporting first. The better the explanation, the sooner the answer falls.")
    frontend.pieces("film", {**_stage(trial, f"film-{impression}"), "order": trial.order, "steps": steps}, key="film")
    if found is not None:
        rows = [f"| {question} | {figure} | {better} |" for question, figure, better in figures(found, trial)]
        st.markdown("\n".join(["| question | figure | better |", "| --- | --: | --- |", *rows]))
        st.caption("Each figure is the mean over pieces painted black and pieces blurred.")


def _stage(trial: Trial, key: str) -> dict[str, Any]:
    """Image, stand-in and pieces as the component takes them."""
    height, width = trial.explanation.segments.shape
    factor = max(1, -(-PICTURE // min(height, width)))
    image, fill = (_uri(picture) for picture in (trial.case.image, trial.stand_in))
    return {
        **runs(trial.explanation.segments),
        "id": key,
        "shown": [width * factor, height * factor],
        "smooth": factor == 1,
        "image": image,
        "fill": fill,
        "alt": f"The image from {trial.case.dataset} with the hidden pieces replaced",
    }


def _uri(image: NDArray[np.uint8]) -> str:
    return f"data:image/png;base64,{b64encode(overlay.to_png(overlay.picture(image), 1)).decode()}"
