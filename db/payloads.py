"""What an event of a study carries: one model a task, by which payloads are checked before they are stored."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from db.errors import InvalidRecord

Role = Literal["practice", "main", "gold", "attention"]
ROLES: tuple[Role, ...] = get_args(Role)
"""What an item is for. Practice items get an answer from the program and count for nothing; gold and attention items
have one answer that passes; attention items look like all others, but for the answer that the question asks for."""

Condition = Literal["explained", "control"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
"""Participants of the condition "control" are asked the same without an explanation."""

Step = Literal["only", "before", "after"]
"""Whether an item is asked about once, or before its explanation is shown and once more after."""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Consent(_Payload):
    """The participant agreed to the text with this SHA-256 digest."""

    task: Literal["consent"] = "consent"
    text_digest: str
    language: str


class Instruction(_Payload):
    """The participant left the instruction behind."""

    task: Literal["instruction"] = "instruction"


class Comprehension(_Payload):
    """One try at the comprehension check: the chosen option (from 0) of each question."""

    task: Literal["comprehension"] = "comprehension"
    attempt: Annotated[int, Field(ge=1)]
    answers: dict[str, int]
    passed: bool


class Questionnaire(_Payload):
    """One closing questionnaire: a whole number for each item, words for open questions."""

    task: Literal["questionnaire"] = "questionnaire"
    instrument: str
    answers: dict[str, int | str]


class Completion(_Payload):
    """Everything was answered; the code is what the participant hands in."""

    task: Literal["completion"] = "completion"
    code: str


class _Answer(_Payload):
    """What all answers to an item say.

    ``repetition`` is 0 for the first time that the participant sees the item. ``confidence`` 1 (guessing) to 5 (sure)
    where it was asked. ``early`` counts attempts to answer before the least time was over, which were not taken.
    ``expected`` is the answer that passes, where there is one. ``prediction`` and ``truth`` are indices of classes
    (``truth`` None where nobody knows it), ``probability`` is that of the predicted class by ``classifier``.
    """

    role: Role
    condition: Condition
    step: Step
    repetition: Annotated[int, Field(ge=0)]
    confidence: Annotated[int, Field(ge=1, le=5)] | None = None
    early: Annotated[int, Field(ge=0)] = 0
    classifier: str | None = None
    prediction: int
    truth: int | None
    probability: Annotated[float, Field(ge=0, le=1)]


class Thumb(_Answer):
    """Does this explanation convince? Main and gold answers are events of the kind "vote", all others "task"."""

    task: Literal["thumb"] = "thumb"
    answer: Literal["up", "down"]
    expected: Literal["up", "down"] | None = None
    arm: str


class Pair(_Answer):
    """Which explanation is better? ``left`` and ``right`` are impressions, in the order in which they were shown.

    The event's own impression is the left one.
    """

    task: Literal["pair"] = "pair"
    answer: Literal["left", "right", "tie"]
    expected: Literal["left", "right", "tie"] | None = None
    left: UUID
    right: UUID
    left_arm: str
    right_arm: str


class Simulation(_Answer):
    """What will the model say? ``answer`` is the index of a class; ``arm`` is None where no explanation was shown."""

    task: Literal["simulation"] = "simulation"
    answer: int
    expected: int | None = None
    arm: str | None


class Reliance(_Answer):
    """Is the model right? ``arm`` is None where no explanation was shown."""

    task: Literal["reliance"] = "reliance"
    answer: Literal["right", "wrong"]
    expected: Literal["right", "wrong"] | None = None
    arm: str | None


Answer = Thumb | Pair | Simulation | Reliance
Payload = Consent | Instruction | Comprehension | Questionnaire | Completion | Answer

_ADAPTER: TypeAdapter[Payload] = TypeAdapter(Annotated[Payload, Field(discriminator="task")])


def payload_of(stored: object) -> Payload:
    """The payload in a stored column. Raises ``InvalidRecord`` for what fits no model."""
    try:
        return _ADAPTER.validate_python(stored)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidRecord(f"This is no payload of a study ({where}: {first['msg']}): {stored!r}.") from error
