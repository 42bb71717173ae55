"""What trying an explanation out shows, in words and figures."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from studio.trial import Trial
from studio.words import percent
from xai_core.quality.faithfulness import Faithfulness


def told(trial: Trial, hidden: Collection[int], now: NDArray[np.float32]) -> str:
    """What the classifier says while those pieces are hidden, ``now`` ``[classes]``, in a sentence."""
    first, leading = trial.explanation.classes[0], int(now.argmax())
    name, share = trial.case.class_names[first], percent(float(now[first]))
    if not hidden:
        return f"Nothing is hidden: {name} has {share}. Press pieces of the picture to hide them."
    count = "One piece" if len(hidden) == 1 else f"{len(hidden)} pieces"
    other = "" if leading == first else f" The model now says {trial.case.class_names[leading]}."
    return f"{count} hidden, {percent(trial.share(hidden))} of the image: {name} has {share}.{other}"


def figures(found: Faithfulness, trial: Trial) -> list[tuple[str, str, str]]:
    """Measures of an explanation: the question, the figure, and which end is good."""
    r2 = float(trial.explanation.r2[0])
    rows = [
        ("Probability while the best pieces are hidden first (deletion)", percent(found.deletion), "low"),
        ("Probability while the best pieces are shown first (insertion)", percent(found.insertion), "high"),
        ("How far these two lie apart (gap)", f"{100 * found.gap:.0f} points", "high"),
        ("Part of the probability lost without the marked pieces (necessity)", _share(found.necessity), "high"),
        ("Part of it that they keep alone (sufficiency)", _share(found.sufficiency), "high"),
        ("Part of the image that is marked", percent(found.marked_area), "small"),
        ("How far black and blurred disagree about the gap", f"{100 * found.disagreement:.0f} points", "low"),
    ]
    if not math.isnan(r2):
        rows.append(("How well the weights predict the model's answers (R²)", f"{r2:.2g}", "near 1"))
    return rows


def _share(value: float) -> str:
    return f"{100 * value:.0f}\u00a0%"
