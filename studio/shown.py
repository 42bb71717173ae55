"""What is on a person's screen, and what they answered to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.records import Decision
from db.visits import PastShowing
from xai_core.arms import FUSED_ARM
from xai_core.case import Case
from xai_core.ranking import Ordering

Answer = Literal["up", "down", "skip", "unclear"]
"""Of an explanation. ``unclear`` is a skip with a reason: the person cannot judge it."""

CANNOT_JUDGE = "cannot judge"

MOST_SHOWN = 10
"""Explanations shown of one image: the best nine, then the fused map unless it was among them."""


@dataclass(frozen=True, eq=False)
class Shown:
    """One impression: an explanation of an image on a rater's screen."""

    case: Case
    ordering: Ordering
    decision: Decision
    position: int
    impression_id: UUID
    since: datetime
    revision: int = 0

    @property
    def arm(self) -> str:
        """The arm on screen."""
        return self.ordering.arms[self.position]

    @property
    def is_last(self) -> bool:
        """Nothing is left to show of this image."""
        return self.position == len(self.ordering.arms) - 1


@dataclass(frozen=True, eq=False)
class Step:
    """An answer, as undo needs it: to a showing of this tab, or to one that the person came back to.

    ``reasons`` are the tags that were in force for it when this tab first knew of it.
    """

    shown: Shown | PastShowing
    answer: Answer
    reasons: tuple[str, ...] = ()

    @property
    def case(self) -> Case | None:
        """The image and its explanations; ``None`` where they would have to be computed again."""
        return self.shown.case if isinstance(self.shown, Shown) else None


def shortened(ordering: Ordering) -> Ordering:
    """The beginning of an order, closed by the fused map: at most ``MOST_SHOWN`` arms.

    Where the fused map had not come up, its last place is certain: propensity 1.
    """
    if len(ordering.arms) <= MOST_SHOWN:
        return ordering
    arms, chosen = ordering.arms[:MOST_SHOWN], ordering.candidates[:MOST_SHOWN]
    propensities = ordering.propensities[:MOST_SHOWN]
    if FUSED_ARM not in arms:
        fused = ordering.candidates[ordering.arms.index(FUSED_ARM)]
        arms, chosen, propensities = (*arms[:-1], FUSED_ARM), (*chosen[:-1], fused), (*propensities[:-1], 1.0)
    return replace(ordering, arms=arms, candidates=chosen, propensities=propensities)
