"""One item on a participant's screen: its image, the explanations drawn for it, and what of that is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

import numpy as np

from db import records
from db.feedback import Feedback
from db.payloads import Step
from db.study_records import Assignment, Participant
from studio.learning import Learner, drawn_for
from studio.outbox import Showing, impression, kind_of
from studio.studies.configuration import Study
from studio.studies.examples import EXAMPLE_ARMS, SETTINGS
from xai_core.case import Case
from xai_core.errors import InvalidInput

POSITION = {"left": 0, "right": 1}


@dataclass(frozen=True, eq=False)
class Panel:
    """One explanation on screen, with the impression that it is stored as."""

    arm: str
    impression: records.Impression


@dataclass(frozen=True, eq=False)
class Item:
    """What is on screen: ``panels`` from left to right, none before the explanation or where there is none.

    ``expected`` is the answer that passes, as payloads have it; None where there is none.
    """

    assignment: Assignment
    case: Case
    step: Step
    panels: tuple[Panel, ...]
    expected: str | int | None
    decision: records.Decision | None

    @property
    def key(self) -> str:
        """Names the widgets: those of another step are others."""
        return f"{self.assignment.assignment_id}-{self.step}"


def classifier_of(study: Study, assignment: Assignment) -> str | None:
    """Which of the study's classifiers explains an item to a participant; the same when the item comes again."""
    if study.classifiers is None:
        return None
    return study.classifiers[_rng(assignment, "classifier").integers(len(study.classifiers))]


def step_of(study: Study, person: Participant, *, answered_before: bool) -> Step:
    """What a participant is asked now about an item."""
    if not study.before or person.condition == "control":
        return "only"
    return "after" if answered_before else "before"


def open_item(
    study: Study,
    person: Participant,
    assignment: Assignment,
    *,
    case: Case,
    step: Step,
    learner: Learner,
    feedback: Feedback,
    session_id: str,
) -> Item:
    """The item for a participant, the same on every screen that they open it on.

    The order of arms is drawn once for participant and item, and read back after that. Raises ``StorageError``, and
    ``InvalidInput`` where what was drawn is no longer to be had.
    """
    if person.condition == "control" or step == "before":
        return Item(assignment, case, step, (), _expected(study, assignment, case, ()), None)
    decision = _decision(
        study, person, assignment, case=case, learner=learner, feedback=feedback, session_id=session_id
    )
    if missing := set(decision.arms) - {*case.explanations, *EXAMPLE_ARMS}:
        raise InvalidInput(f"The explanation {', '.join(sorted(missing))} of this item cannot be computed any more.")
    count = 2 if study.task == "pair" else 1
    arms = list(decision.arms[:count])
    if count > 1 and _rng(assignment, f"sides {assignment.repetition}").integers(2):
        arms.reverse()
    panels = tuple(
        _panel(assignment, case, decision, arm=arm, position=at, session_id=session_id) for at, arm in enumerate(arms)
    )
    return Item(assignment, case, step, panels, _expected(study, assignment, case, tuple(arms)), decision)


def store(item: Item, feedback: Feedback) -> None:
    """Store what an item shows. Raises ``StorageError``."""
    if item.decision is not None:
        feedback.save_embedding(item.case.image_id, item.case.classifier_version, item.case.embedding)
        feedback.record_decision(item.decision)
        for panel in item.panels:
            feedback.show(panel.impression)


def _rng(assignment: Assignment, purpose: str) -> np.random.Generator:
    seed = uuid5(assignment.item.item_id, f"{assignment.rater_id} {purpose}")
    return np.random.default_rng(seed.int)


def _decision(
    study: Study,
    person: Participant,
    assignment: Assignment,
    *,
    case: Case,
    learner: Learner,
    feedback: Feedback,
    session_id: str,
) -> records.Decision:
    identity = uuid5(assignment.item.item_id, f"{person.rater_id} decision")
    known = feedback.decision(identity)
    if known is not None:
        return known
    offered = restricted(case, study)
    ordering = learner.order(offered, _rng(assignment, "order"))
    drawn = drawn_for(offered, ordering, rater_id=person.rater_id, session_id=session_id)
    feedback.save_embedding(case.image_id, case.classifier_version, case.embedding)
    feedback.record_decision(replace(drawn, decision_id=identity))
    # another tab of the same person may have been first
    return feedback.decision(identity) or replace(drawn, decision_id=identity)


def restricted(case: Case, study: Study) -> Case:
    """The case with the arms of the study alone, in their order; examples have no features."""
    arms = [arm for arm in study.arms if arm in case.explanations or arm in EXAMPLE_ARMS]
    return replace(
        case,
        explanations={arm: case.explanations[arm] for arm in arms if arm in case.explanations},
        features={arm: case.features.get(arm, {}) for arm in arms},
    )


def _panel(
    assignment: Assignment,
    case: Case,
    decision: records.Decision,
    *,
    arm: str,
    position: int,
    session_id: str,
) -> Panel:
    explanation, faithfulness = case.explanations.get(arm), case.faithfulness.get(arm)
    first = {candidate.arm: candidate.propensity or 0.0 for candidate in decision.candidates}
    shown = Showing(
        impression_id=impression_id(assignment, position),
        kind=kind_of(arm),
        arm=arm,
        settings=SETTINGS
        if explanation is None
        else explanation.settings.as_dict() | {"samples_used": explanation.samples},
        seed=0 if explanation is None else explanation.seed,
        position=position,
        policy=decision.policy,
        policy_version=decision.policy_version,
        # of a pair both are shown at once; what is known is how likely each was to be the first drawn
        propensity=max(first[arm], 1e-12),
        features=case.features.get(arm, {}),
        view=None if explanation is None else {"style": "heat", "palette": "blue-orange", "opacity": 0.7},
        quality=faithfulness.as_dict() if faithfulness else None,
        decision_id=decision.decision_id,
        rater_id=assignment.rater_id,
        session_id=session_id,
    )
    return Panel(arm, impression(case, shown))


def impression_id(assignment: Assignment, position: int) -> UUID:
    """The impression of a panel: the same for every tab that shows it."""
    return uuid5(assignment.assignment_id, f"impression {position}")


def _expected(study: Study, assignment: Assignment, case: Case, arms: tuple[str, ...]) -> str | int | None:
    role, stored = assignment.item.role, assignment.item.expected
    if role == "main":
        return None
    if study.task == "simulation":
        return case.class_names.index(stored) if role == "attention" and stored else case.prediction
    if study.task == "reliance" and role != "attention":
        return None if case.truth < 0 else "right" if case.truth == case.prediction else "wrong"
    if study.task == "pair" and role != "attention":
        sides = ("left", "right")
        return sides[arms.index(stored)] if stored in arms else None
    return stored
