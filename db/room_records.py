"""What storage takes and gives about rooms: frozen records, times always aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

Phase = Literal["lobby", "guess", "prediction", "rate", "tally", "revote", "result"]
PHASES: tuple[Phase, ...] = get_args(Phase)
"""Where a round is. "lobby" is before the first; people answer in those of ``STAGES`` and look in the others."""

Stage = Literal["guess", "rate", "revote"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as it stands. ``revision`` grows with every change of it, ``round_number`` counts from 0.

    ``deadline``: until when answers are taken, None where nothing limits it; ``seconds_left`` of it while ``paused``.
    ``locked``: answers are refused although the question stands. ``into_ranking``: what is voted from now on teaches
    the ranking too.
    """

    room_id: UUID
    code: str
    title: str
    opened_by: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    show_first_tally: bool = True
    into_ranking: bool = False
    revision: int = 0
    round_number: int = 0
    phase: Phase = "lobby"
    paused: bool = False
    locked: bool = False
    deadline: datetime | None = None
    seconds_left: int | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it was closed or has expired."""
        return self.closed_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True)
class StoredRound:
    """A question of a room. ``attempt`` grows with every reset: answers of former attempts are kept, not counted."""

    number: int
    attempt: int
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAnswer:
    """What somebody answers. ``choice`` is a class, an option or a thumb; ``x`` and ``y`` 0..1 a place in the image."""

    number: int
    attempt: int
    stage: Stage
    rater_id: str
    choice: int | None = None
    x: float | None = None
    y: float | None = None

    @property
    def value(self) -> tuple[int | None, float | None, float | None]:
        """What was answered, whoever did."""
        return self.choice, self.x, self.y


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer(RoomAnswer):
    """A stored answer; ``revision`` counts how often its author had changed their mind."""

    revision: int
    into_ranking: bool
    answered_at: datetime
