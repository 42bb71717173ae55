"""Coming back: a session that was left goes on where it stopped, from what the database knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.visits import PastShowing
from studio.shown import CANNOT_JUDGE, Answer, Shown, Step
from xai_core.case import UPLOAD, Case
from xai_core.ranking import Ordering

PAUSE = timedelta(hours=12)
"""Who comes back later than this begins a new session."""


def left_on_screen(showings: Sequence[PastShowing]) -> PastShowing | None:
    """What was on screen when the session stopped; ``None`` where it had been answered, or was an upload."""
    last = showings[-1] if showings else None
    return last if last is not None and last.answer is None and last.dataset != UPLOAD and last.decision else None


def answered(showings: Sequence[PastShowing], most: int) -> list[Step]:
    """The last ``most`` answers in force, oldest first; those about uploads cannot be undone any more."""
    found = sorted((s for s in showings if s.answer is not None and s.dataset != UPLOAD), key=lambda s: s.answered)
    return [Step(showing, _answer(showing), showing.reasons) for showing in found[-most:]]


def shown_again(past: PastShowing, case: Case) -> Shown | None:
    """A past showing with its case computed anew; ``None`` where that is no longer the same explanation.

    An answer that was taken back is about the impression it was about; an explanation that is merely drawn again is a
    new impression, since the old one may be on another screen. Its order is the one that was drawn, with the same
    propensities; of orders from before these were stored only that of the showing itself is known.
    """
    drawn = past.decision
    same = case.image_id == past.image_id and case.classifier_version == past.classifier_version
    if drawn is None or not same or not set(drawn.arms) <= set(case.explanations):
        return None
    offered = list(case.features)
    ordering = Ordering(
        arms=drawn.arms,
        candidates=tuple(offered.index(arm) for arm in drawn.arms),
        propensities=drawn.propensities
        or tuple(past.propensity if at == past.position else 1.0 for at in range(len(drawn.arms))),
        first=tuple(candidate.propensity or 0.0 for candidate in drawn.candidates),
        explored=bool(drawn.explored),
        policy=drawn.policy,  # type: ignore[arg-type]  # a policy of this program, or of an earlier version
        policy_version=drawn.policy_version,
    )
    fresh = past.answer is None and past.revision == 0
    return Shown(
        case=case,
        ordering=ordering,
        decision=drawn,
        position=past.position,
        impression_id=uuid4() if fresh else past.impression_id,
        since=datetime.now(UTC),
        revision=past.revision,
    )


def _answer(showing: PastShowing) -> Answer:
    if showing.answer == 0:
        return "unclear" if CANNOT_JUDGE in showing.reasons else "skip"
    return "up" if showing.answer == 1 else "down"
