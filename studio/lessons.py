"""Lessons: prepared questions for a class, a plain YAML file each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio.yaml_models import read_yaml
from xai_core.arms import FUSED_ARM, LIME_ARMS
from xai_core.errors import BrokenFile

SHIPPED = Path(__file__).resolve().parents[1] / "lessons"
EXAMPLES = ("prototypes", "near-hits", "near-misses")
SHOWABLE = (*LIME_ARMS, FUSED_ARM, *EXAMPLES)
"""What a question can show: arms of LIME, all of them combined, and examples."""

Rate = Literal["pair", "thumb", "point"]
_NEEDED: dict[Rate, tuple[int, ...]] = {"pair": (2,), "thumb": (1,), "point": (0, 1)}
_Text = Annotated[str, Field(max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ImagePlan(_Part):
    """Which image: test image ``index``, or the ``number``-th (from 0) of those that ``pick`` describes.

    ``wrong``: classified wrongly, the surest first; ``unsure``: the closest calls first; ``sure``: rightly classified,
    the surest first. ``label`` keeps to images of this true class.
    """

    dataset: Annotated[str, Field(min_length=1, max_length=128)]
    index: Annotated[int | None, Field(ge=0)] = None
    pick: Literal["wrong", "unsure", "sure"] | None = None
    number: Annotated[int, Field(ge=0, lt=50)] = 0
    label: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.index is None) == (self.pick is None):
            raise ValueError("give either index or pick")
        return self


class RoundPlan(_Part):
    """One question: guess the class, see the prediction, rate what is shown, talk, vote again.

    ``rate``: which of a pair convinces more, a thumb on one, or a tap where the image matters; none ends the question
    with the prediction. ``note`` is told with the result.
    """

    image: ImagePlan
    classifier: str | None = None
    guess: bool = True
    rate: Rate | None = None
    show: tuple[str, ...] = ()
    question: Annotated[str, Field(max_length=200)] = ""
    revote: bool = True
    note: _Text = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unknown = [name for name in self.show if name not in SHOWABLE]
        if unknown:
            raise ValueError(f"show: nothing is called {unknown[0]}; there are {', '.join(SHOWABLE)}")
        needed = (0,) if self.rate is None else _NEEDED[self.rate]
        if len(self.show) not in needed:
            wanted = " or ".join(map(str, needed))
            raise ValueError(f"show: rate {self.rate or 'none'} takes {wanted}, not {len(self.show)}")
        if len(set(self.show)) != len(self.show):
            raise ValueError("show: the two of a pair are the same")
        if not self.guess and self.rate is None:
            raise ValueError("a question asks for a guess, a rating or both")
        return self


class Lesson(_Part):
    """What a room begins with. ``hours`` until it expires."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    about: _Text = ""
    show_first_tally: bool = True
    into_ranking: bool = False
    hours: Annotated[float, Field(gt=0, le=72)] = 8
    rounds: Annotated[tuple[RoundPlan, ...], Field(min_length=1, max_length=50)]


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file. Raises ``BrokenFile`` with line and field of every mistake."""
    return read_yaml(path, Lesson)


def lessons(root: Path) -> dict[str, Lesson | BrokenFile]:
    """Lessons by name: those that ship, then those in the folder ``lessons`` below ``root``; or why one cannot be read.

    A file of the same name there stands in for one that ships.
    """
    found: dict[str, Lesson | BrokenFile] = {}
    for folder in (SHIPPED, root / "lessons"):
        for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
            try:
                found[path.stem] = read_lesson(path)
            except BrokenFile as error:
                found[path.stem] = error
    return found
