"""What storage takes and gives: frozen records, plain values, times always aware and in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal["lime", "fused", "prototypes", "near-hits", "near-misses"]
KINDS: tuple[Kind, ...] = ("lime", "fused", "prototypes", "near-hits", "near-misses")

NONE_CONVINCED = "none-convinced"
"""The reason of the skip that closes an image none of whose explanations convinced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """One explanation as one person saw it: enough to draw it again and to learn from the answer.

    ``position`` counts from 0, the first explanation shown of the image. ``propensity`` in (0, 1] is the probability
    with which ``policy`` chose this arm for this position. ``features`` are what the ranker reads; rows older than
    the ranker have none. ``confidence`` and ``margin`` (first minus second class) are probabilities.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumb(Impression):
    """A vote in force and the impression it answers; ``rater_id`` is the person who voted.

    ``sequence`` identifies the vote and grows in the order of commits. ``value`` is +1 (convincing) or -1.
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
    ``last_sequence`` is where to go on from.
    """

    added: tuple[Thumb, ...]
    removed: tuple[int, ...]
    last_sequence: int


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
