"""Which votes are in force: the meaning of the event log, as a pure function."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Act:
    """A vote or its undoing. ``explanation`` names what it is about beyond the single impression."""

    sequence: int
    kind: Literal["vote", "retract"]
    impression_id: UUID
    rater_id: str
    revision: int
    explanation: Hashable


def in_force(acts: Iterable[Act]) -> set[int]:
    """Sequence numbers of the votes that count: of each rater and explanation the latest that was not undone.

    An undo names rater, impression and revision, and holds for good; an earlier vote then counts again.
    """
    acts = list(acts)
    undone = {(act.rater_id, act.impression_id, act.revision) for act in acts if act.kind == "retract"}
    latest: dict[Hashable, int] = {}
    for act in acts:
        if act.kind == "vote" and (act.rater_id, act.impression_id, act.revision) not in undone:
            key = (act.rater_id, act.explanation)
            latest[key] = max(act.sequence, latest.get(key, 0))
    return set(latest.values())
