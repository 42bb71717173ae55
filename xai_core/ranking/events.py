"""What the ranking learns from, and what it puts in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

Sitting = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One explanation that could be shown: its arm (``segmenter``, ``segmenter@granularity`` or ``fused``), ψ and φ.

    ``features`` are those of :mod:`xai_core.ranking.features`, any may be missing. ``embedding`` float ``[D]`` is the
    classifier's for the image; images are only compared within one data set and classifier.
    """

    arm: str
    features: Mapping[str, float] = field(default_factory=dict)
    dataset: str = ""
    embedding: NDArray[np.floating] | None = None
    classifier: str = ""


@dataclass(frozen=True, eq=False)
class Event(Candidate):
    """One thumb on one shown explanation; ``value`` is 1 for 👍 and 0 for 👎, ``sequence`` grows with time.

    ``propensity`` is the probability with which the policy showed this explanation at its place. ``compared``: it is
    half of an answer to "which of two is better?", the other half being its opposite.
    """

    image_id: str = ""
    value: int = 0
    rater: str = ""
    sequence: int = 0
    compared: bool = False
    propensity: float = 1.0

    @property
    def sitting(self) -> Sitting:
        """One rater before one image, explained for one classifier."""
        return self.rater, self.image_id, self.classifier

    @property
    def judged(self) -> tuple[str, str, str, str]:
        """What one person can hold one opinion of: the latest vote on it counts."""
        return self.rater, self.image_id, self.classifier, self.arm

    @property
    def explanation(self) -> tuple[str, str, str]:
        """What several people can judge: an arm's explanation of one image for one classifier."""
        return self.image_id, self.classifier, self.arm


@dataclass(frozen=True, eq=False)
class Decision:
    """One first-shown explanation: who judged which image, the candidates there were, which one was shown with which
    probability, and the thumb (1 or 0)."""

    image_id: str
    rater: str
    candidates: tuple[Candidate, ...]
    shown: int
    propensity: float
    value: int
    sequence: int = 0

    @property
    def event(self) -> Event:
        """The thumb as the ranking learns from it."""
        shown = self.candidates[self.shown]
        return Event(
            arm=shown.arm,
            features=shown.features,
            dataset=shown.dataset,
            embedding=shown.embedding,
            classifier=shown.classifier,
            image_id=self.image_id,
            value=self.value,
            rater=self.rater,
            sequence=self.sequence,
            propensity=self.propensity,
        )


def current(events: Iterable[Event]) -> list[Event]:
    """The latest event on each thing judged, in order of time.

    Parameters
    ----------
    events : iterable of Event
        The log, in any order.

    Returns
    -------
    list of Event
        The same for any order of ``events``.
    """
    ordered = sorted(events, key=attrgetter("sequence", "image_id", "arm", "rater", "value"))
    return sorted({event.judged: event for event in ordered}.values(), key=attrgetter("sequence"))


def opposites(events: Iterable[Event]) -> list[tuple[Event, Event]]:
    """Pairs of a 👎 and a 👍 by one rater on one image under one classifier: direct comparisons of two explanations.

    Parameters
    ----------
    events : iterable of Event
        The log.

    Returns
    -------
    list of (Event, Event)
        The 👎 first.
    """
    log = list(events)
    sittings = [event.sitting for event in log]
    several = Counter(sittings)
    groups: dict[Sitting, tuple[list[Event], list[Event]]] = {}
    for event, sitting in zip(log, sittings, strict=True):
        if several[sitting] > 1:
            groups.setdefault(sitting, ([], []))[event.value].append(event)
    return [(down, up) for downs, ups in groups.values() for down in downs for up in ups]
