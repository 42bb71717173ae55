"""What the repository asks of the tables, and how rows become records."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select, union

from db.decisions import from_row
from db.in_force import Act
from db.records import Decision, Kind, Thumb
from db.schema import current_thumbs, decisions, events, impressions

Query = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]

_THUMB_FIELDS = tuple(item.name for item in fields(Thumb))

THUMBS: Query = select(*(current_thumbs.c[name] for name in _THUMB_FIELDS)).order_by(current_thumbs.c.sequence)

FIRST_THUMBS: Query = (
    select(*decisions.columns, *(current_thumbs.c[name] for name in _THUMB_FIELDS))
    .join_from(current_thumbs, decisions, current_thumbs.c.decision_id == decisions.c.decision_id)
    .where(current_thumbs.c.position == 0)
    .order_by(current_thumbs.c.sequence)
)
"""Decisions with the thumb on what they put first; a row begins with the decision and goes on with the thumb."""

_later = events.alias("later")
_LATEST_REASONS = (
    select(_later.c.reasons)
    .where(_later.c.kind == "reasons", events.c.kind == "vote")
    .where(*(_later.c[name] == events.c[name] for name in ("impression_id", "rater_id", "revision")))
    .order_by(_later.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)

_OF_THE_VOTE = {
    "rater_id": events.c.rater_id,
    "session_id": events.c.session_id,
    "sequence": events.c.sequence,
    "value": events.c.value,
    "reasons": func.coalesce(_LATEST_REASONS, events.c.reasons),
    "voted_at": events.c.server_ts,
}
"""What a thumb takes from the vote; the rest is the impression's."""

HISTORY: Query = (
    select(
        *(_OF_THE_VOTE[name].label(name) if name in _OF_THE_VOTE else impressions.c[name] for name in _THUMB_FIELDS),
        events.c.kind.label("act"),
        events.c.revision,
    )
    .join_from(events, impressions)
    .order_by(events.c.sequence)
)
"""Events with their impressions in the order of commits; a row begins with the fields of a thumb."""


def about(query: Query, dataset: str | None, kinds: Iterable[Kind]) -> Query:
    """A query of thumbs, limited to one data set (None: all) and to kinds of explanations."""
    query = query.where(current_thumbs.c.kind.in_(tuple(kinds)))
    return query if dataset is None else query.where(current_thumbs.c.dataset == dataset)


def histories_touched_since(sequence: int) -> Query:
    """All votes and undoings about every explanation that somebody voted on, or undid a vote on, after ``sequence``."""
    recent, shown, sibling = events.alias(), impressions.alias(), impressions.alias()
    explanation = ("image_id", "arm", "kind", "classifier_version")
    acts = ("vote", "retract")
    touched = (
        select(*(shown.c[name] for name in explanation))
        .join_from(recent, shown, recent.c.impression_id == shown.c.impression_id)
        .where(recent.c.sequence > sequence, recent.c.kind.in_(acts))
        .distinct()
        .cte("touched")
    )
    same = and_(*(sibling.c[name] == touched.c[name] for name in explanation))
    siblings = select(sibling.c.impression_id).join_from(touched, sibling, same)
    return HISTORY.where(events.c.impression_id.in_(siblings), events.c.kind.in_(acts))


def erasures_since(sequence: int) -> Query:
    """How often somebody was forgotten after the event ``sequence``."""
    return select(func.count()).where(events.c.sequence > sequence, events.c.kind == "erasure")


def number_of_images_seen(session_id: str) -> Query:
    """Images shown or answered in one session."""
    shown = select(impressions.c.image_id).where(impressions.c.session_id == session_id)
    answered = select(impressions.c.image_id).join_from(events, impressions).where(events.c.session_id == session_id)
    return select(func.count()).select_from(union(shown, answered).subquery())


def answers(impression_id: UUID, rater_id: str, revision: int) -> Query:
    """Kind and reasons of a person's acts of one revision on an impression, oldest first."""
    return (
        select(events.c.kind, events.c.reasons)
        .where(events.c.impression_id == impression_id, events.c.rater_id == rater_id, events.c.revision == revision)
        .order_by(events.c.sequence)
    )


def thumb(row: Iterable[Any]) -> Thumb:
    """The thumb that a row of ``THUMBS`` or ``HISTORY`` begins with."""
    values = dict(zip(_THUMB_FIELDS, row, strict=False))
    values["features"] = values["features"] or {}
    values["reasons"] = tuple(values["reasons"])
    return Thumb(**values)


def judged_decision(row: Found) -> tuple[Decision, Thumb]:
    """The decision and the thumb of a row of ``FIRST_THUMBS``."""
    return from_row(row), thumb(row[len(decisions.columns) :])


def act(row: Found) -> Act:
    """A row of ``HISTORY`` as far as it decides which votes are in force."""
    explanation = (row.image_id, row.arm, row.kind, row.classifier_version)
    return Act(row.sequence, row.act, row.impression_id, row.rater_id, row.revision, explanation)
