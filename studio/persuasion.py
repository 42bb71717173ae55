"""Stored thumbs as judgements of explanations whose faithfulness is known."""

from __future__ import annotations

from collections.abc import Iterable

from db.records import Thumb
from xai_core.ranking.guard import GAP
from xai_core.ranking.persuasion import Judgement


def judgements(thumbs: Iterable[Thumb]) -> list[Judgement]:
    """One for each thumb; what was stored before faithfulness was measured has no gap."""
    return [
        Judgement(
            value=int(thumb.value > 0),
            gap=thumb.features.get(GAP),
            right=None if thumb.truth is None else thumb.prediction == thumb.truth,
            image_id=thumb.image_id,
        )
        for thumb in thumbs
    ]
