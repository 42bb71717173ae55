"""Which items a participant gets: those that fewest others have, as a pure function.

Whoever comes gets all items at once, the least taken first. Counts that differ by no more than one before then do so
after: either only items of the lower count are taken, or all of these and some of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from db.study_records import Assignment, Quota, StudyItem


@dataclass(frozen=True, slots=True)
class Pick:
    """An item to be assigned, the ``repetition``-th time from 0, at a place of the participant's order."""

    item: StudyItem
    repetition: int
    place: int


def kept(mine: Sequence[Assignment], expired: set[UUID], taken: Mapping[UUID, int], quota: Quota) -> list[Assignment]:
    """Assignments of a participant that are theirs to do or done, in order.

    ``taken`` counts, by item, the participants who have it or have answered it, without the ``expired`` assignments:
    these are kept where their item still wants somebody. A repetition goes the way of its original.
    """
    gone = {
        one.item.item_id
        for one in mine
        if one.assignment_id in expired
        and one.item.role == "main"
        and not one.repetition
        and not one.done
        and taken.get(one.item.item_id, 0) >= quota.overlap
    }
    return [one for one in mine if one.done or one.item.item_id not in gone]


def planned(
    items: Sequence[StudyItem],
    *,
    mine: Sequence[Assignment],
    held: Sequence[Assignment],
    taken: Mapping[UUID, int],
    quota: Quota,
    rng: np.random.Generator,
    practice_only: bool = False,
) -> list[Pick]:
    """What a participant gets besides ``held``, what they keep of all that was ever theirs, ``mine``.

    Practice comes first, then main items mixed with gold and attention items, then the repetitions. Nothing for
    whoever has done all that was theirs, and nothing where no main item wants anybody, unless for practice alone.
    """
    begun = any(one.item.role == "main" for one in mine)
    if begun and all(one.done for one in mine):
        return []
    known = {one.item.item_id for one in mine}
    wanted = quota.items - sum(one.item.role == "main" and not one.repetition for one in held)
    free = _shuffled([item for item in items if item.item_id not in known], rng)
    practice = [] if mine else [(item, 0) for item in free if item.role == "practice"]
    main = [item for item in free if item.role == "main" and taken.get(item.item_id, 0) < quota.overlap]
    main = sorted(main, key=lambda item: taken.get(item.item_id, 0))[: max(wanted, 0)]
    if practice_only:
        order = practice
    elif begun or not main:
        order = [(item, 0) for item in _shuffled(main, rng)]
    else:
        checks = [item for item in free if item.role in ("gold", "attention")]
        again = main[: quota.repeats]
        # what comes again comes early the first time, so that it is not remembered
        mixed = _early(again, _shuffled([*main[len(again) :], *checks], rng), rng)
        order = [*practice, *((item, 0) for item in mixed), *((item, 1) for item in _shuffled(again, rng))]
    start = 1 + max((one.place for one in mine), default=-1)
    return [Pick(item, repetition, start + at) for at, (item, repetition) in enumerate(order)]


def _early(early: list[StudyItem], others: list[StudyItem], rng: np.random.Generator) -> list[StudyItem]:
    """All of them, ``early`` at random places of the first half, as far as that holds them."""
    half = max(len(early), (len(early) + len(others)) // 2)
    front = others[: half - len(early)]
    return [*_shuffled([*early, *front], rng), *others[len(front) :]]


def _shuffled(items: Sequence[StudyItem], rng: np.random.Generator) -> list[StudyItem]:
    return [items[at] for at in rng.permutation(len(items))]
