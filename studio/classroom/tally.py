"""What a class has answered: counts, agreement, who changed their mind, and Krippendorff's α over all questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import krippendorff
import numpy as np

from db.room_records import GivenAnswer, Stage

FEWEST_QUESTIONS = 2  # α compares questions with one another


@dataclass(frozen=True)
class Tally:
    """Answers of one stage. ``counts`` of each choice that can be made, ``places`` tapped, x and y in 0..1."""

    counts: Mapping[int, int]
    places: tuple[tuple[float, float], ...] = ()

    @property
    def total(self) -> int:
        """How many people have answered."""
        return sum(self.counts.values()) + len(self.places)

    @property
    def agreement(self) -> float | None:
        """The share of pairs of people who chose the same, 0..1; None for fewer than two people."""
        n = sum(self.counts.values())
        return sum(k * (k - 1) for k in self.counts.values()) / (n * (n - 1)) if n > 1 else None


@dataclass(frozen=True)
class Change:
    """The first vote and the second. ``moved`` counts who went from one choice to another, of ``both`` who gave two."""

    before: Tally
    after: Tally
    moved: Mapping[tuple[int, int], int]
    both: int

    @property
    def changed(self) -> int:
        """How many people changed their mind."""
        return sum(count for (one, other), count in self.moved.items() if one != other)


def tally(answers: Iterable[GivenAnswer], stage: Stage, options: Iterable[int]) -> Tally:
    """Count the answers of a stage; ``answers`` hold one a person and stage."""
    mine = [answer for answer in answers if answer.stage == stage]
    counted = Counter(answer.choice for answer in mine if answer.choice is not None)
    places = tuple((one.x, one.y) for one in mine if one.x is not None and one.y is not None)
    return Tally({option: counted[option] for option in options}, places)


def change(answers: Sequence[GivenAnswer], options: Sequence[int]) -> Change:
    """From the first vote to the second."""
    first = {one.rater_id: one.choice for one in answers if one.stage == "rate"}
    second = {one.rater_id: one.choice for one in answers if one.stage == "revote"}
    moved = Counter(
        (before, after)
        for who, before in first.items()
        if before is not None and (after := second.get(who)) is not None
    )
    return Change(
        before=tally(answers, "rate", options),
        after=tally(answers, "revote", options),
        moved=dict(moved),
        both=sum(who in second for who in first),
    )


def alpha(votes: Sequence[Mapping[str, int]]) -> float | None:
    """Krippendorff's α of nominal votes: for each question of one kind who chose what.

    None where it says nothing: fewer than two questions on which two people agree or differ, or one and the same choice
    throughout. Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability".
    """
    told = [question for question in votes if len(question) > 1]
    if len(told) < FEWEST_QUESTIONS or len({choice for question in told for choice in question.values()}) < 2:
        return None
    people = sorted({who for question in told for who in question})
    table = np.array([[question.get(who, np.nan) for question in told] for who in people], dtype=float)
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


def votes_of(answers: Iterable[GivenAnswer], stage: Stage) -> dict[str, int]:
    """Who chose what at a stage."""
    return {one.rater_id: one.choice for one in answers if one.stage == stage and one.choice is not None}
