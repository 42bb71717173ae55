"""Thumbs on examples: do prototypes, near hits and near misses help to see why?

Pages call it from button callbacks and draw what it says.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from db.feedback import Feedback
from db.records import Impression, Kind
from studio import VERSION
from studio.outbox import Outbox, Showing, impression, milliseconds_since
from xai_core.case import Case

log = logging.getLogger(__name__)

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
        self.outbox = Outbox()

    def show(self, case: Case, kind: Kind, arm: str, settings: Mapping[str, Any]) -> Ballot:
        """The ballot of what is shown now; its impression is stored when it is shown for the first time."""
        which = (case.image_id, case.classifier_version, kind, arm)
        if which not in self._ballots:
            self._ballots[which] = Ballot(self._impression(case, kind, arm, settings))
            if self.outbox.problem is None:
                self.outbox.attempt(lambda: self._record(self._ballots[which].impression))
        return self._ballots[which]

    def answer(self, impression_id: UUID, value: int, revision: int) -> None:
        """Store a thumb (+1 helps, -1 does not). A click on a ballot that has changed since changes nothing."""
        which = self._find(impression_id, revision)
        if which is not None and self._ballots[which].value is None:
            self.outbox.attempt(lambda: self._vote(which, value))

    def undo(self, impression_id: UUID, revision: int) -> None:
        """Take the vote on a ballot back."""
        which = self._find(impression_id, revision)
        if which is not None and self._ballots[which].value is not None:
            self.outbox.attempt(lambda: self._take_back(which))

    def _vote(self, which: tuple[str, str, str, str], value: int) -> None:
        ballot = self._ballots[which]
        shown = ballot.impression
        self._record(shown)
        self._feedback.vote(
            shown.impression_id,
            self._rater_id,
            value,
            lead_time_ms=milliseconds_since(shown.shown_at),
            revision=ballot.revision,
        )
        log.info("examples judged: impression=%s rater=%s value=%+d", shown.impression_id, self._rater_id, value)
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

    def _impression(self, case: Case, kind: Kind, arm: str, settings: Mapping[str, Any]) -> Impression:
        return impression(
            case,
            Showing(
                kind=kind,
                arm=arm,
                settings=settings,
                position=POSITIONS[kind],
                policy=POLICY,
                policy_version=VERSION,
                rater_id=self._rater_id,
                session_id=self._session_id,
            ),
        )
