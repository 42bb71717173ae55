"""Thumbs on examples: do prototypes, near hits and near misses help to see why?

Knows nothing of Streamlit: pages call it from button callbacks and draw what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from db.errors import StorageError
from db.feedback import Feedback
from db.records import Impression, Kind
from ui import VERSION
from xai_core.precompute import Case

POLICY = "examples"
POSITIONS: dict[Kind, int] = {"near-hits": 0, "near-misses": 1, "prototypes": 2}


@dataclass(frozen=True)
class Ballot:
    """One kind of examples of one image, made one way, on one rater's screen. ``value`` is the vote in force."""

    impression: Impression
    revision: int = 0
    value: int | None = None

    @property
    def key(self) -> str:
        """Names the buttons: those of a ballot that has changed are new buttons."""
        return f"{self.impression.impression_id}-{self.revision}"


class ExampleVotes:
    """What one browser tab has seen and voted. An explanation seen again is the same impression."""

    def __init__(self, feedback: Feedback, rater_id: str, session_id: str | None = None) -> None:
        self._feedback = feedback
        self._rater_id = rater_id
        self._session_id = session_id or str(uuid4())
        self._ballots: dict[tuple[str, str, str, str], Ballot] = {}
        self._unsaved: Callable[[], None] | None = None
        self.problem: str | None = None

    def show(self, case: Case, kind: Kind, arm: str, settings: Mapping[str, Any]) -> Ballot:
        """The ballot of what is shown now; its impression is stored when it is shown for the first time."""
        which = (case.image_id, case.classifier_version, kind, arm)
        if which not in self._ballots:
            self._ballots[which] = Ballot(self._impression(case, kind, arm, settings))
            if self.problem is None:
                self._attempt(lambda: self._record(self._ballots[which].impression))
        return self._ballots[which]

    def answer(self, impression_id: UUID, value: int, revision: int) -> None:
        """Store a thumb (+1 helps, -1 does not). A click on a ballot that has changed since changes nothing."""
        which = self._find(impression_id, revision)
        if which is not None and self._ballots[which].value is None:
            self._attempt(lambda: self._vote(which, value))

    def undo(self, impression_id: UUID, revision: int) -> None:
        """Take the vote on a ballot back."""
        which = self._find(impression_id, revision)
        if which is not None and self._ballots[which].value is not None:
            self._attempt(lambda: self._take_back(which))

    def retry(self) -> None:
        """Try once more to store what could not be stored."""
        if self._unsaved is not None:
            self._attempt(self._unsaved)

    def _vote(self, which: tuple[str, str, str, str], value: int) -> None:
        ballot = self._ballots[which]
        shown = ballot.impression
        self._record(shown)
        waited = int((datetime.now(UTC) - shown.shown_at).total_seconds() * 1000)
        self._feedback.vote(shown.impression_id, self._rater_id, value, lead_time_ms=waited, revision=ballot.revision)
        self._ballots[which] = replace(ballot, value=value)

    def _take_back(self, which: tuple[str, str, str, str]) -> None:
        ballot = self._ballots[which]
        self._feedback.retract(ballot.impression.impression_id, self._rater_id, ballot.revision)
        self._ballots[which] = replace(ballot, revision=ballot.revision + 1, value=None)

    def _record(self, impression: Impression) -> None:
        self._feedback.show(impression)

    def _find(self, impression_id: UUID, revision: int) -> tuple[str, str, str, str] | None:
        for which, ballot in self._ballots.items():
            if ballot.impression.impression_id == impression_id and ballot.revision == revision:
                return which
        return None

    def _attempt(self, action: Callable[[], None]) -> None:
        self._unsaved, self.problem = None, None
        try:
            action()
        except StorageError as error:
            self._unsaved, self.problem = action, str(error)

    def _impression(self, case: Case, kind: Kind, arm: str, settings: Mapping[str, Any]) -> Impression:
        return Impression(
            impression_id=uuid4(),
            kind=kind,
            image_id=case.image_id,
            dataset=case.dataset,
            split=case.split,
            image_index=case.index,
            classifier=case.classifier,
            classifier_version=case.classifier_version,
            precision=case.precision,
            arm=arm,
            settings=dict(settings),
            seed=0,
            position=POSITIONS[kind],
            policy=POLICY,
            policy_version=VERSION,
            propensity=1.0,
            prediction=case.prediction,
            truth=case.truth if case.truth >= 0 else None,
            confidence=case.confidence,
            margin=case.margin,
            rater_id=self._rater_id,
            session_id=self._session_id,
            shown_at=datetime.now(UTC),
            app_version=VERSION,
        )
