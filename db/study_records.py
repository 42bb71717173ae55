"""What the storage of studies takes and gives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db.payloads import Condition, Payload, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An image in a role; ``expected`` is the answer that passes, in words as the payloads have it."""

    role: Role
    dataset: str
    split: str
    image_index: int
    image_id: str
    expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyItem(NewItem):
    """An item of a study; nobody new gets it from version ``dropped_in`` on."""

    item_id: UUID
    added_in: int
    dropped_in: int | None


@dataclass(frozen=True, slots=True)
class StudyVersion:
    """One version of a study, 1 and up, with its configuration as plain values."""

    code: str
    version: int
    configuration: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who consented, under the version of that moment."""

    study_code: str
    rater_id: str
    version: int
    condition: Condition
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """One item for one participant; ``place`` orders them."""

    assignment_id: UUID
    item: StudyItem
    rater_id: str
    condition: Condition
    repetition: int
    place: int
    done: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """How items are handed out.

    Each main item goes to ``overlap`` participants of a condition, each participant gets ``items`` main items and
    sees ``repeats`` of them again. What is reserved is kept for ``lease`` after the participant's last answer.
    """

    items: int
    overlap: int
    repeats: int = 0
    lease: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StudyEvent:
    """One step or answer of a participant as it stands in the log."""

    sequence: int
    payload: Payload
    assignment_id: UUID | None
    lead_time_ms: int | None
    server_ts: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study is: people by condition and how many finished, answers, and the overlap reached.

    ``overlap`` counts, per condition, the main items by how many participants have answered them.
    """

    participants: dict[str, int]
    finished: int
    answers: int
    overlap: dict[str, dict[int, int]]
