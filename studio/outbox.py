"""What could not be stored is kept and tried again; and the one place that writes down what was shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from db.errors import StorageError
from db.records import KINDS, Impression, Kind
from studio import VERSION
from xai_core.arms import arm_named
from xai_core.case import Case

log = logging.getLogger(__name__)


class Outbox:
    """Runs what writes to storage. When that fails, ``problem`` says why in a sentence until ``retry`` succeeds."""

    def __init__(self) -> None:
        self._unsaved: Callable[[], None] | None = None
        self.problem: str | None = None

    def attempt(self, action: Callable[[], None]) -> None:
        """Run ``action``; if storage fails it is kept, in place of whatever was kept before."""
        self.discard()
        try:
            action()
        except StorageError as error:
            log.warning("not stored: %s", error)
            self._unsaved, self.problem = action, str(error)

    def retry(self) -> None:
        """Try once more to store what could not be stored."""
        if self._unsaved is not None:
            self.attempt(self._unsaved)

    def discard(self) -> None:
        """Forget what could not be stored."""
        self._unsaved = self.problem = None


def kind_of(arm: str) -> Kind:
    """The kind that an arm is stored as: its name where that is one (combined, examples), else by its method."""
    estimator: Kind = "attribution" if arm_named(arm).method == "attribution" else "lime"
    return next((kind for kind in KINDS if kind == arm), estimator)


@dataclass(frozen=True, kw_only=True)
class Showing:
    """How one explanation came onto one person's screen: everything of an impression that is not the image's.

    ``position``, ``policy``, ``policy_version``, ``propensity``, ``decision_id``, ``view``, ``quality``: see
    ``Impression``.
    """

    kind: Kind
    arm: str
    settings: Mapping[str, Any]
    position: int
    policy: str
    policy_version: str
    rater_id: str
    session_id: str
    seed: int = 0
    propensity: float = 1.0
    features: Mapping[str, float] = field(default_factory=dict)
    decision_id: UUID | None = None
    view: dict[str, Any] | None = None
    quality: dict[str, Any] | None = None
    impression_id: UUID = field(default_factory=uuid4)
    shown_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def impression(case: Case, showing: Showing) -> Impression:
    """The record of a showing of ``case``."""
    return Impression(
        impression_id=showing.impression_id,
        kind=showing.kind,
        image_id=case.image_id,
        dataset=case.dataset,
        split=case.split,
        image_index=case.index,
        classifier=case.classifier,
        classifier_version=case.classifier_version,
        precision=case.precision,
        arm=showing.arm,
        settings=dict(showing.settings),
        seed=showing.seed,
        position=showing.position,
        policy=showing.policy,
        policy_version=showing.policy_version,
        propensity=showing.propensity,
        features=dict(showing.features),
        prediction=case.prediction,
        truth=case.truth if case.truth >= 0 else None,
        confidence=case.confidence,
        margin=case.margin,
        rater_id=showing.rater_id,
        session_id=showing.session_id,
        shown_at=showing.shown_at,
        app_version=VERSION,
        decision_id=showing.decision_id,
        view=showing.view,
        quality=showing.quality,
    )


def milliseconds_since(moment: datetime) -> int:
    """Time passed since ``moment``, for lead times."""
    return int((datetime.now(UTC) - moment).total_seconds() * 1000)
