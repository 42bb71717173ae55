"""What a person comes back to: what they saw, what they answered, where they stopped."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, distinct, exists, func, select

from db.decisions import from_row
from db.engine import Database
from db.records import NONE_CONVINCED, RANKED_KINDS, Decision
from db.schema import decisions, events, impressions


@dataclass(frozen=True, slots=True, kw_only=True)
class PastShowing:
    """One showing as a person left it.

    ``answer``: 1, -1, 0 for a skip, None while there is none in force; ``reasons`` are the tags in force for it, and
    ``answered`` orders the answers of a session. ``revision`` is that of the answer in force or to be given.
    ``touched_at``: when it last came on screen, new or by an undo.
    """

    impression_id: UUID
    image_id: str
    dataset: str
    split: str
    image_index: int
    classifier: str
    classifier_version: str
    arm: str
    position: int
    propensity: float
    prediction: int
    truth: int | None
    decision: Decision | None
    answer: int | None
    reasons: tuple[str, ...]
    revision: int
    answered: int
    touched_at: datetime


@dataclass(frozen=True)
class Visits:
    """Questions about one person's showings. All methods raise ``StorageUnavailable``."""

    database: Database

    def is_new(self, rater_id: str) -> bool:
        """Whether nothing was ever shown to this person."""
        query = select(exists().where(impressions.c.rater_id == rater_id))
        with self.database.read() as connection:
            return not connection.scalar(query)

    def images_rated(self, rater_id: str, since: datetime) -> int:
        """Images shown since then that a vote in force of this person is about."""
        later = events.alias()
        undone = exists().where(
            later.c.kind == "retract",
            *(later.c[name] == events.c[name] for name in ("impression_id", "rater_id", "revision")),
        )
        query = (
            select(func.count(distinct(impressions.c.image_id)))
            .join_from(impressions, events, events.c.impression_id == impressions.c.impression_id)
            .where(impressions.c.rater_id == rater_id, impressions.c.shown_at >= since)
            .where(
                impressions.c.kind.in_(RANKED_KINDS), events.c.kind == "vote", events.c.rater_id == rater_id, ~undone
            )
        )
        with self.database.read() as connection:
            return connection.scalar(query) or 0

    def images_seen(self, rater_id: str) -> dict[str, set[int]]:
        """Test images that were shown to this person, by data set."""
        query = (
            select(impressions.c.dataset, impressions.c.image_index)
            .where(impressions.c.rater_id == rater_id, impressions.c.split == "test")
            .distinct()
        )
        seen: dict[str, set[int]] = defaultdict(set)
        with self.database.read() as connection:
            for dataset, index in connection.execute(query):
                seen[dataset].add(index)
        return dict(seen)

    def latest_session(self, rater_id: str, since: datetime) -> str | None:
        """The session in which something was last shown to this person, if that was no earlier than ``since``."""
        query = (
            select(impressions.c.session_id)
            .where(impressions.c.rater_id == rater_id, impressions.c.shown_at >= since)
            .where(impressions.c.kind.in_(RANKED_KINDS))
            .order_by(impressions.c.shown_at.desc())
            .limit(1)
        )
        with self.database.read() as connection:
            found: str | None = connection.scalar(query)
            return found

    def showings(self, rater_id: str, session_id: str) -> list[PastShowing]:
        """What was shown to this person in a session and not erased; what they were last busy with comes last."""
        shown = (
            select(impressions)
            .where(impressions.c.rater_id == rater_id, impressions.c.session_id == session_id)
            .where(impressions.c.kind.in_(RANKED_KINDS))
            .order_by(impressions.c.shown_at)
        )
        acts = (
            select(events.c.impression_id, events.c.kind, events.c.value, events.c.reasons, events.c.revision)
            .add_columns(events.c.sequence, events.c.server_ts)
            .join_from(events, impressions, events.c.impression_id == impressions.c.impression_id)
            .where(impressions.c.rater_id == rater_id, impressions.c.session_id == session_id)
            .where(events.c.rater_id == rater_id, events.c.kind.in_(("vote", "skip", "retract", "reasons")))
            .order_by(events.c.sequence)
        )
        with self.database.read() as connection:
            rows = connection.execute(shown).all()
            of: dict[UUID, list[Row[Any]]] = defaultdict(list)
            for act in connection.execute(acts):
                if act.reasons != [NONE_CONVINCED]:
                    of[act.impression_id].append(act)
            wanted = {row.decision_id for row in rows if row.decision_id is not None}
            drawn = connection.execute(select(decisions).where(decisions.c.decision_id.in_(wanted)))
            by_id = {row.decision_id: from_row(row) for row in drawn}
        found = [_showing(row, by_id.get(row.decision_id), of[row.impression_id]) for row in rows]
        return sorted(found, key=lambda showing: showing.touched_at)

    def latest_view(self, rater_id: str) -> tuple[str, str, dict[str, Any]] | None:
        """Data set, classifier and view of what this person was shown last; ``None`` for somebody new."""
        query = (
            select(impressions.c.dataset, impressions.c.classifier, impressions.c.view)
            .where(impressions.c.rater_id == rater_id, impressions.c.kind.in_(RANKED_KINDS))
            .order_by(impressions.c.shown_at.desc())
            .limit(1)
        )
        with self.database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.dataset, row.classifier, row.view or {})


def _showing(row: Row[Any], decision: Decision | None, acts: list[Row[Any]]) -> PastShowing:
    answer, reasons, revision, touched, sequence = None, [], 0, row.shown_at, 0
    for act in acts:
        if act.kind == "reasons":
            reasons = act.reasons
        elif act.kind == "retract":
            answer, reasons, revision, touched = None, [], act.revision + 1, act.server_ts
        else:
            answer, reasons, revision, sequence = act.value or 0, act.reasons, act.revision, act.sequence
    return PastShowing(
        **{name: getattr(row, name) for name in _COPIED},
        decision=decision,
        answer=answer,
        reasons=tuple(reasons),
        revision=revision,
        answered=sequence,
        touched_at=touched,
    )


_COPIED = (
    "impression_id",
    "image_id",
    "dataset",
    "split",
    "image_index",
    "classifier",
    "classifier_version",
    "arm",
    "position",
    "propensity",
    "prediction",
    "truth",
)
