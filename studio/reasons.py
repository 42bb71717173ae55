"""Reasons of the ranking as a person would say them."""

from __future__ import annotations

from xai_core.ranking.reasons import Reason

SLIGHT, CLEAR, STRONG = 0.02, 0.15, 0.5
"""Contributions to the log odds that are worth a mention, a plain word, a strong word: .5 moves 50 % to 62 %."""


def in_words(reason: Reason) -> str:
    """A reason as it would be said aloud: how much it counts and whether that is sure."""
    size = abs(reason.contribution)
    strength = "a strong reason" if size >= STRONG else "a reason" if size >= CLEAR else "a slight reason"
    doubt = "" if size >= 2 * reason.sd else ", still to be confirmed by more thumbs"
    return f"{reason.phrase[:1].upper()}{reason.phrase[1:]} ({strength}{doubt})."
