"""What a study file may say, with the defaults of everything that it need not say."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, UrlConstraints

from db.payloads import CONDITIONS, Condition
from studio.studies.examples import EXAMPLE_ARMS
from xai_core.arms import ARMS, FUSED_ARM
from xai_core.ranking.policy import PolicyName

TaskName = Literal["thumb", "pair", "simulation", "reliance"]
Language = Literal["en", "de"]
Instrument = Literal["ess", "scs"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
INSTRUMENTS: tuple[Instrument, ...] = get_args(Instrument)

Where = tuple[str | int, ...]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Index = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1, le=10_000)]
Secure = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Items(_Part):
    """Which images: either their ``indices`` in the split, or so many drawn by a ``seed``.

    A larger ``sample`` of the same seed holds all images of the smaller one. ``correct`` is the share of them, 0..1,
    on which the classifier is right (Hase & Bansal 2020, section 4.2, balance it); None leaves it to chance.
    """

    indices: Annotated[tuple[Index, ...], Field(min_length=1)] | None = None
    sample: Positive | None = None
    seed: Index = 0
    correct: Annotated[float, Field(ge=0, le=1)] | None = None


class Known(_Part):
    """An image with the answer that is right: up, down, left out where it follows from the image, or an arm."""

    index: Index
    answer: Words | None = None


class Question(_Part):
    """A question of the comprehension check; ``answer`` is the one of the ``options`` that is right."""

    question: Words
    options: Annotated[tuple[Words, ...], Field(min_length=2, max_length=8)]
    answer: Words


class Ending(_Part):
    """What a participant gets at the end: the same ``code`` for all or, left out, one of their own, and a way back."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{4,40}$")] | None = None
    redirect: Secure | None = None


class Study(_Part):
    """One version of a study.

    ``stop_after`` main items make a participant finished, and ``overlap`` participants of each condition an item;
    ``repeats`` of them come again at the end. ``control`` is how many participants see no explanation for each of
    ``explained`` who do. ``before``: answers are given before the explanation is shown and once more after.
    """

    code: Code
    title: Words
    language: Language = "en"
    task: TaskName = "thumb"
    before: bool = False
    confidence: bool = False
    dataset: Words
    split: Literal["test", "train"] = "test"
    classifiers: Annotated[tuple[Words, ...], Field(min_length=1)] | None = None
    arms: Annotated[tuple[Words, ...], Field(min_length=1)]
    policy: PolicyName = "random"
    items: Items
    practice: tuple[Known, ...] | Count = 2
    gold: tuple[Known, ...] = ()
    attention: Annotated[int, Field(ge=0, le=20)] = 0
    explained: Positive = 1
    control: Count = 0
    stop_after: Positive
    overlap: Positive
    repeats: Count = 0
    minimum_seconds: Annotated[float, Field(ge=0, le=120)] = 0
    reservation_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    consent: Words
    instruction: Words | None = None
    comprehension: tuple[Question, ...] | None = None
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    questionnaires: tuple[Instrument, ...] = INSTRUMENTS
    completion: Ending = Ending()

    @property
    def shares(self) -> dict[Condition, int]:
        """Participants of each condition, in proportion."""
        shares = dict(zip(CONDITIONS, (self.explained, self.control), strict=True))
        return {name: share for name, share in shares.items() if share}

    @property
    def computed_arms(self) -> tuple[str, ...]:
        """The arms that the fused one, if it is among them, is made of; none where it is alone: then all are."""
        return tuple(arm for arm in self.arms if arm in ARMS and arm != FUSED_ARM)

    @property
    def shows_examples(self) -> bool:
        """Whether training images are shown instead of maps."""
        return any(arm in EXAMPLE_ARMS for arm in self.arms)


def problems(study: Study) -> list[tuple[Where, str]]:
    """What fits each its own field but not together: the place in the file and what is wrong there."""
    found: list[tuple[Where, str]] = []

    def need(holds: bool, where: Where, problem: str) -> None:
        if not holds:
            found.append((where, problem))

    items = study.items
    need((items.indices is None) != (items.sample is None), ("items",), "give either indices or a sample")
    need(items.correct is None or items.sample is not None, ("items", "correct"), "goes with a sample only")
    if items.indices is not None:
        need(len(set(items.indices)) == len(items.indices), ("items", "indices"), "names an image twice")
        need(study.stop_after <= len(items.indices), ("stop_after",), "is more than there are items")
        _need_apart(study, found)
    elif items.sample is not None:
        need(study.stop_after <= items.sample, ("stop_after",), "is more than there are items")
    known = [*ARMS, *EXAMPLE_ARMS]
    for at, name in enumerate(study.arms):
        need(name in known, ("arms", at), f"there is no arm {name!r}; choose from {', '.join(known)}")
    mixed = 0 < sum(name in EXAMPLE_ARMS for name in study.arms) < len(study.arms)
    need(not mixed, ("arms",), "mixes maps and examples, which one instruction cannot explain")
    drawn = study.policy in ("random", "fixed")
    need(drawn or not study.shows_examples, ("policy",), "learns the order of maps; of examples choose random or fixed")
    need(len(set(study.arms)) == len(study.arms), ("arms",), "names an arm twice")
    compared = study.task == "pair"
    need(not compared or len(study.arms) > 1, ("arms",), "a pair needs two arms at least")
    asked = study.task in ("simulation", "reliance")
    need(asked or not study.control, ("control",), f"without an explanation there is no {study.task} to give")
    need(asked or not study.before, ("before",), f"before the explanation there is no {study.task} to give")
    need(study.repeats <= study.stop_after, ("repeats",), "is more than stop_after")
    for field in ("practice", "gold"):
        listed = getattr(study, field)
        for at, known in enumerate(listed if isinstance(listed, tuple) else ()):
            problem = _problem_of_answer(study, known, needed=field == "gold")
            need(problem is None, (field, at, "answer"), problem or "")
    for at, question in enumerate(study.comprehension or ()):
        need(question.answer in question.options, ("comprehension", at, "answer"), "is none of the options")
    need(len(set(study.questionnaires)) == len(study.questionnaires), ("questionnaires",), "names one twice")
    return found


def _need_apart(study: Study, found: list[tuple[Where, str]]) -> None:
    seen = set(study.items.indices or ())
    for field in ("practice", "gold"):
        listed = getattr(study, field)
        for at, known in enumerate(listed if isinstance(listed, tuple) else ()):
            if known.index in seen:
                found.append(((field, at, "index"), f"image {known.index} is in use already"))
            seen.add(known.index)


def _problem_of_answer(study: Study, known: Known, *, needed: bool) -> str | None:
    """Why an answer does not fit the task; of simulations and reliance it follows from the image."""
    follows = study.task in ("simulation", "reliance")
    if known.answer is None:
        return "is needed here" if needed and not follows else None
    if follows:
        return "follows from the image; leave it out"
    allowed = ("up", "down") if study.task == "thumb" else study.arms
    return None if known.answer in allowed else f"is none of {', '.join(allowed)}"
