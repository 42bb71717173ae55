"""What participants read, from one file a language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from studio.studies.configuration import Instrument, Language, Question, TaskName

FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Questionnaire:
    """Items on one scale from 1 (the first of ``scale``) up, by their keys, and an open question where there is one."""

    title: str
    citation: str
    scale: tuple[str, ...]
    items: dict[str, str]
    open_question: str | None


@dataclass(frozen=True)
class Texts:
    """The texts of one language, by their keys. Calling it fills in the values that a text names."""

    language: Language
    values: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """Raises ``KeyError`` for a key that the file lacks."""
        text: str = self.values[key]
        return text.format(**values) if values else text

    def of(self, task: TaskName, key: str, **values: object) -> str:
        """A text of one task."""
        text: str = self.values["tasks"][task][key]
        return text.format(**values) if values else text

    def questionnaire(self, name: Instrument) -> Questionnaire:
        """A closing questionnaire."""
        found = self.values["questionnaires"][name]
        return Questionnaire(
            found["title"], found["citation"], tuple(found["scale"]), found["items"], found.get("open_question")
        )

    def comprehension(self, task: TaskName, *, examples: bool = False) -> tuple[Question, ...]:
        """The questions that are asked where a study file has none of its own, about maps or about ``examples``."""
        about = "comprehension_examples" if examples else "comprehension"
        asked = [*self.values[about], self.values["tasks"][task]["comprehension"]]
        return tuple(Question.model_validate(question) for question in asked)


@cache
def texts_in(language: Language) -> Texts:
    """The texts of a language."""
    return Texts(language, yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8")))
