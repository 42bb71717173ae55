"""Where a participant is, as a pure function of what the log holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from db.payloads import Completion, Comprehension, Instruction, Questionnaire
from db.study_records import Assignment, Participant, StudyEvent
from studio.studies.configuration import Instrument, Study

Stage = Literal["consent", "instruction", "practice", "comprehension", "failed", "task", "questionnaire", "completed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage, and what is left of it: an ``assignment``, tries, an instrument; the code of who has completed."""

    stage: Stage
    assignment: Assignment | None = None
    tries: int = 0
    instrument: Instrument | None = None
    code: str | None = None


def standing(
    study: Study, person: Participant | None, history: Sequence[StudyEvent], assignments: Sequence[Assignment]
) -> Standing:
    """Where somebody with this history stands: the first stage that is not behind them.

    ``person`` is None for somebody who has not consented; ``assignments`` are theirs, in order. Who saw no explanation,
    or for whom nothing was left, is not asked about explanations at the end.
    """
    payloads = [event.payload for event in history]
    left = next((one for one in assignments if not one.done), None)
    if person is None:
        found = Standing("consent")
    elif (last := next((one for one in payloads if isinstance(one, Completion)), None)) is not None:
        found = Standing("completed", code=last.code)
    elif not any(isinstance(one, Instruction) for one in payloads):
        found = Standing("instruction")
    elif left is not None and left.item.role == "practice":
        found = Standing("practice", assignment=left)
    elif not is_past_comprehension(study, history):
        tries = study.tries - sum(isinstance(one, Comprehension) for one in payloads)
        found = Standing("comprehension", tries=tries) if tries > 0 else Standing("failed")
    elif left is not None:
        found = Standing("task", assignment=left)
    else:
        filled = {one.instrument for one in payloads if isinstance(one, Questionnaire)}
        judged = person.condition == "explained" and any(one.item.role == "main" for one in assignments)
        asked = study.questionnaires if judged else ()
        found = Standing("questionnaire", instrument=next((name for name in asked if name not in filled), None))
    return found


def is_past_comprehension(study: Study, history: Sequence[StudyEvent]) -> bool:
    """Whether main items may be reserved."""
    passed = any(isinstance(event.payload, Comprehension) and event.payload.passed for event in history)
    return study.comprehension == () or passed
