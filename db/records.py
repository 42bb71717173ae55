"""What storage takes and gives: frozen records, plain values, times always aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

Kind = Literal["lime", "fused", "attribution", "attributes", "prototypes", "near-hits", "near-misses"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Families of explanations. "attribution" is every estimator besides LIME; the arm names it."""
RANKED_KINDS: tuple[Kind, ...] = ("lime", "fused", "attribution")
"""Those among which the ranking chooses."""

EventKind = Literal["vote", "retract", "reasons", "skip", "comment", "erasure", "task"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
"""Acts in the log. "reasons" holds all tags in force for an answer; "erasure" says that votes before it were erased;
"task" is a step or an answer in a study, whose payload is one of ``db.payloads``."""

NONE_CONVINCED = "none-convinced"
"""The reason of the skip that closes an image none of whose explanations convinced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """One explanation as one person saw it: enough to draw it again and to learn from the answer.

    ``position`` counts from 0, the first explanation shown of the image. ``propensity`` in (0, 1] is the probability
    with which ``policy`` chose this arm for this position. ``features`` are what the ranker reads; rows older than
    the ranker have none. ``confidence`` and ``margin`` (first minus second class) are probabilities. ``decision_id``
    names the ``Decision`` that put the explanation there, None where no order was drawn. ``view`` says how it was
    drawn (style, palette, opacity, runner-up shown or not), ``quality`` holds metrics; None where unknown.
    """

    impression_id: UUID
    kind: Kind
    image_id: str
    dataset: str
    split: str
    image_index: int
    classifier: str
    classifier_version: str
    precision: str
    arm: str
    settings: dict[str, Any]
    seed: int
    position: int
    policy: str
    policy_version: str
    propensity: float
    features: dict[str, float] = field(default_factory=dict)
    prediction: int
    truth: int | None
    confidence: float
    margin: float
    rater_id: str
    session_id: str
    shown_at: datetime
    app_version: str
    decision_id: UUID | None = None
    view: dict[str, Any] | None = None
    quality: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One explanation that an order could have begun with.

    ``propensity`` is the probability with which it would have, 0..1; None in rows from before it was stored.
    """

    arm: str
    features: Mapping[str, float]
    propensity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One order of explanations that a policy drew for one person and image, with all it could have drawn.

    ``arms`` are in the order drawn, as far as they are to be shown; each is among ``candidates``. ``explored`` says
    that the order is not the policy's best guess. ``propensities[k]`` is the probability with which ``arms[k]`` came at
    its place given those before it, (0, 1]; empty in rows from before it was stored. Rows from before decisions were
    stored know ``explored`` not at all (None), and of ``arms`` those that were shown.
    """

    decision_id: UUID
    image_id: str
    dataset: str
    classifier_version: str
    rater_id: str
    session_id: str
    policy: str
    policy_version: str
    drawn_at: datetime
    candidates: tuple[Alternative, ...]
    arms: tuple[str, ...]
    explored: bool | None
    propensities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb(Impression):
    """A vote in force and the impression it answers; ``rater_id`` is the person who voted.

    ``sequence`` identifies the vote and grows in the order of commits. ``value`` is +1 (convincing) or -1. ``reasons``
    are the tags in force when the thumb was read: the latest given, whether with the vote or later.
    """

    sequence: int
    value: int
    reasons: tuple[str, ...]
    voted_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the votes in force since a sequence number.

    Whoever holds ``{thumb.sequence: thumb}`` is up to date again after dropping ``removed`` (votes that were undone
    or overtaken by a later one) and taking ``added`` (new votes, and older ones back in force after an undo).
    ``last_sequence`` is where to go on from. Tags that are given or withdrawn after a vote change nothing here. Where
    somebody's votes were ``erased``, nobody can say any more which: then all thumbs have to be read anew.
    """

    added: tuple[Thumb, ...]
    removed: tuple[int, ...]
    last_sequence: int
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """What a ranking rests on: votes in force, the people who gave them, the images they are about."""

    thumbs: int
    raters: int
    images: int


@dataclass(frozen=True, slots=True)
class Approval:
    """How often an arm convinced: ``up`` of ``up + down`` votes."""

    arm: str
    up: int
    down: int

    @property
    def rate(self) -> float:
        """Share of thumbs up, 0..1."""
        return self.up / (self.up + self.down)


@dataclass(frozen=True, slots=True)
class RatedItem:
    """One rated explanation of a session."""

    impression_id: UUID
    image_id: str
    dataset: str
    kind: Kind
    arm: str
    value: int
    voted_at: datetime
    split: str
    image_index: int


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What a person did in one session: counts, votes in force (latest first), approval per arm (best first)."""

    images_seen: int
    thumbs_up: int
    thumbs_down: int
    skipped: int
    none_convinced: int
    approval: tuple[Approval, ...]
    rated: tuple[RatedItem, ...]
