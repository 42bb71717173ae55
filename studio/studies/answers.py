"""What can be answered to an item, and the payload that an answer is stored as."""

from __future__ import annotations

from typing import Any

from db.payloads import Answer, Pair, Reliance, Simulation, Thumb
from studio.studies.configuration import Study
from studio.studies.showing import Item
from xai_core.case import Case

MOST_CLASSES = 12
"""Classes that fit on buttons; of more only the most probable are offered."""

OFFERED = 6


def options(study: Study, case: Case) -> tuple[str | int, ...]:
    """The answers to choose from, in the order of their buttons; classes are indices.

    Of many classes those are offered that the classifier finds most probable, by their names: their order says nothing.
    """
    if study.task != "simulation":
        return {"thumb": ("up", "down"), "pair": ("left", "tie", "right"), "reliance": ("right", "wrong")}[study.task]
    if len(case.class_names) <= MOST_CLASSES:
        return tuple(range(len(case.class_names)))
    return tuple(sorted((int(label) for label in case.top[:OFFERED]), key=case.class_names.__getitem__))


def payload(study: Study, item: Item, answer: str | int, *, confidence: int | None, early: int) -> Answer:
    """The payload of an answer. Raises ``pydantic.ValidationError`` for one that the task does not know."""
    case, assignment = item.case, item.assignment
    common: dict[str, Any] = {
        "role": assignment.item.role,
        "condition": assignment.condition,
        "step": item.step,
        "repetition": assignment.repetition,
        "confidence": confidence,
        "early": early,
        "expected": item.expected,
        "classifier": case.classifier,
        "prediction": case.prediction,
        "truth": case.truth if case.truth >= 0 else None,
        "probability": case.confidence,
        "answer": answer,
    }
    if study.task == "pair":
        left, right = item.panels
        return Pair(
            **common,
            left=left.impression.impression_id,
            right=right.impression.impression_id,
            left_arm=left.arm,
            right_arm=right.arm,
        )
    arm = item.panels[0].arm if item.panels else None
    if study.task == "thumb":
        return Thumb(**common, arm=arm or "")
    return Simulation(**common, arm=arm) if study.task == "simulation" else Reliance(**common, arm=arm)
