"""What a class voted, as thumbs in the log that the ranking learns from.

Of a pair, who prefers A gives A a thumb up and B one down. A vote given after the discussion replaces that before: in
the log, of each person and explanation the latest thumb counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from db.feedback import Feedback
from db.room_records import GivenAnswer
from studio import VERSION
from studio.classroom.questions import Question
from studio.classroom.rooms import Situation
from studio.outbox import Showing, impression, kind_of
from xai_core.case import Case

POLICY = "class"


def pass_on(feedback: Feedback, situation: Situation, case: Case) -> int:
    """Store the votes on the present question that may teach the ranking; returns how many thumbs were new.

    ``case`` is the image of the question, explained. Can be repeated without harm. Raises ``StorageError``.
    """
    question = situation.question
    if question is None or question.rate not in ("pair", "thumb"):
        return 0
    count = 0
    taught = [one for one in situation.answers if one.into_ranking and one.stage in ("rate", "revote")]
    if taught:
        feedback.save_embedding(case.image_id, case.classifier_version, case.embedding)
    for answer in taught:
        for arm, value in _thumbs(question, answer):
            showing = _showing(situation.room.room_id, case, answer, arm)
            feedback.show(impression(case, showing))
            count += feedback.vote(showing.impression_id, answer.rater_id, value)
    return count


def _thumbs(question: Question, answer: GivenAnswer) -> Iterator[tuple[str, int]]:
    for position, arm in enumerate(question.show):
        if question.rate == "thumb":
            yield arm, 1 if answer.choice == 1 else -1
        else:
            yield arm, 1 if answer.choice == position else -1


def _showing(room_id: UUID, case: Case, answer: GivenAnswer, arm: str) -> Showing:
    explanation = case.explanations.get(arm)
    name = f"{answer.number} {answer.attempt} {answer.stage} {answer.rater_id} {answer.revision} {arm}"
    return Showing(
        impression_id=uuid5(room_id, name),
        kind=kind_of(arm),
        arm=arm,
        settings={} if explanation is None else explanation.settings.as_dict() | {"samples_used": explanation.samples},
        seed=0 if explanation is None else explanation.seed,
        position=0,
        policy=POLICY,
        policy_version=VERSION,
        features=case.features.get(arm, {}),
        rater_id=answer.rater_id,
        session_id=f"room {room_id}",
        shown_at=answer.answered_at,
    )
