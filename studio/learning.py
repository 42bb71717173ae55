"""From stored thumbs to an order of explanations: the bridge between database and ranking."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from db import records
from db.comparisons import compared
from db.errors import StorageError
from db.feedback import Feedback
from db.records import RANKED_KINDS, Thumb
from studio.settings import Settings
from xai_core.case import Case
from xai_core.ranking import Candidate, Event, Ordering, Posterior, fit, order
from xai_core.ranking.caution import IMAGES, Advantage, advantage
from xai_core.ranking.events import Decision
from xai_core.ranking.prior import built_in_with
from xai_core.ranking.prior_fit import milestone, prior_for

log = logging.getLogger(__name__)

FEW = 20
"""Up to so many new thumbs are added one by one; more are fitted together."""


def as_event(thumb: Thumb, embedding: NDArray[np.float32] | None, *, compared: bool = False) -> Event:
    """A stored thumb, or half of a comparison, as the ranker reads it."""
    return Event(
        image_id=thumb.image_id,
        arm=thumb.arm,
        value=int(thumb.value > 0),
        features=thumb.features,
        rater=thumb.rater_id,
        dataset=thumb.dataset,
        embedding=embedding,
        classifier=thumb.classifier,
        sequence=thumb.sequence,
        compared=compared,
        propensity=thumb.propensity,
    )


def as_decision(drawn: records.Decision, thumb: Thumb) -> Decision | None:
    """A first-shown explanation as the policy comparison reads it; ``None`` where it is not among its alternatives."""
    arms = [candidate.arm for candidate in drawn.candidates]
    if thumb.arm not in arms:
        return None
    return Decision(
        image_id=thumb.image_id,
        rater=thumb.rater_id,
        candidates=tuple(replace(one, classifier=thumb.classifier) for one in _alternatives(drawn)),
        shown=arms.index(thumb.arm),
        propensity=thumb.propensity,
        value=int(thumb.value > 0),
        sequence=thumb.sequence,
    )


def drawn_for(case: Case, ordering: Ordering, *, rater_id: str, session_id: str) -> records.Decision:
    """The record of an order of the explanations of ``case``, with all that could have come first."""
    return records.Decision(
        decision_id=uuid4(),
        image_id=case.image_id,
        dataset=case.dataset,
        classifier_version=case.classifier_version,
        rater_id=rater_id,
        session_id=session_id,
        policy=ordering.policy,
        policy_version=ordering.policy_version,
        drawn_at=datetime.now(UTC),
        candidates=tuple(
            records.Alternative(one.arm, one.features, propensity)
            for one, propensity in zip(candidates(case), ordering.first, strict=True)
        ),
        arms=ordering.arms,
        explored=ordering.explored,
        propensities=ordering.propensities,
    )


@dataclass(frozen=True)
class Place:
    """Where the pixels of an image are found again."""

    dataset: str
    split: str
    index: int


class Learner:
    """Keeps the posterior in step with the event log. Safe to share between sessions.

    A posterior that is frozen ``until`` a moment rests on the thumbs in force that were given before it.
    """

    def __init__(self, feedback: Feedback, settings: Settings, *, until: datetime | None = None) -> None:
        self._feedback = feedback
        self._settings = settings
        self._until = until
        self._lock = threading.Lock()
        self._sequence = 0
        self._milestone = 0
        self.problem: str | None = None
        self.prior = built_in_with(settings.xai_half_life)
        self._posterior = fit([], self.prior)
        self._embeddings: dict[tuple[str, str], NDArray[np.float32]] = {}
        self._places: dict[str, Place] = {}
        self._offered: dict[str, dict[str, list[Candidate]]] = {}  # by data set and image, the latest last
        self.refresh()

    def refresh(self) -> Posterior:
        """Take in what has been stored since the last call; returns the posterior in force.

        New thumbs are added one by one; a vote that was replaced, taken back or erased needs a fit from scratch. While
        the database cannot be read the posterior stays as it is, and ``problem`` says why.
        """
        with self._lock:
            if self._settings.xai_policy == "frozen" and self._sequence:
                return self._posterior
            try:
                changes = self._feedback.changes_since(self._sequence)
                pairs = compared(self._feedback.database, self._sequence, changes.last_sequence)
            except StorageError as error:  # the order so far still serves
                log.warning("learner not refreshed: %s", error)
                self.problem = str(error)
                return self._posterior
            self.problem = None
            if changes.erased:
                self._embeddings, self._places = {}, {}
            if changes.removed or changes.erased:
                thumbs = self._feedback.thumbs(kinds=RANKED_KINDS)
                pairs = compared(self._feedback.database, 0, changes.last_sequence)
                self._posterior = fit(self._as_events(thumbs, pairs), self._posterior.prior)
            else:
                added = self._as_events(changes.added, pairs)
                if len(added) > FEW:
                    self._posterior = fit([*self._posterior.events, *added], self._posterior.prior)
                else:
                    for event in added:
                        self._posterior = self._posterior.update(event)
            self._sequence = changes.last_sequence
            if (reached := milestone(len(self._posterior.events))) != self._milestone:
                self._milestone = reached
                if self._settings.xai_policy == "frozen":
                    self._posterior = self._tuned(self._posterior)
                else:  # some seconds of work that nobody should wait for
                    threading.Thread(target=self._tune, name="tuning", daemon=True).start()
            return self._posterior

    def _tune(self) -> None:
        """Tune the prior to the log so far and put it in force, with what has been stored meanwhile."""
        before = self._posterior
        try:
            better = self._tuned(before)
        except Exception:  # nobody waits for this thread, so nobody else would hear of it
            log.exception("tuning failed: thumbs=%d", len(before.events))
            return
        with self._lock:
            since = self._posterior.events[len(before.events) :]
            if self._posterior.events[: len(before.events)] == before.events:
                for event in since:
                    better = better.update(event)
                self._posterior = better
            else:  # a vote was taken back
                self._posterior = fit(self._posterior.events, better.prior)

    def _tuned(self, posterior: Posterior) -> Posterior:
        return fit(posterior.events, prior_for(posterior.events, self.prior))

    def order(self, case: Case, rng: np.random.Generator) -> Ordering:
        """The order in which the explanations of ``case`` are shown, by all thumbs stored so far."""
        return order(
            self.refresh(),
            candidates(case),
            policy=self._settings.xai_policy,
            rng=rng,
            exploration=self._settings.xai_exploration,
            trust=self.trust(case),
        )

    def trust(self, case: Case) -> Advantage:
        """What is known of the learned order on the data set of ``case``, by this image and the latest before it."""
        posterior, offered = self.refresh(), self._latest(case.dataset)
        with self._lock:
            offered.pop(case.image_id, None)
            offered[case.image_id] = candidates(case)
            while len(offered) > IMAGES:
                del offered[next(iter(offered))]
            images = list(offered.values())
        return advantage(posterior, images)

    def _latest(self, dataset: str) -> dict[str, list[Candidate]]:
        """The candidates of the images judged last, read from the log when a data set is met for the first time."""
        if dataset not in self._offered:
            try:
                drawn = self._feedback.latest_decisions(dataset, IMAGES)
            except StorageError as error:  # this image alone still serves
                log.warning("earlier images not read: %s", error)
                return {}
            with self._lock:
                self._offered.setdefault(dataset, {one.image_id: _alternatives(one) for one in drawn})
        return self._offered[dataset]

    def decisions(self) -> list[Decision]:
        """Every judged explanation that was the first of its image, with the alternatives there were."""
        judged = self._feedback.decisions(kinds=RANKED_KINDS)
        return [decision for drawn, thumb in judged if (decision := as_decision(drawn, thumb))]

    def place(self, image_id: str) -> Place | None:
        """Where an image that somebody judged lies; ``None`` for one that this log does not know."""
        return self._places.get(image_id)

    def _as_events(self, thumbs: Sequence[Thumb], pairs: Sequence[Thumb]) -> list[Event]:
        """Thumbs and halves of comparisons in the order in which they were given."""
        known = [(t, half) for half, some in ((False, thumbs), (True, pairs)) for t in some if self._counts(t)]
        if any((t.image_id, t.classifier_version) not in self._embeddings for t, _ in known):
            self._embeddings = self._feedback.embeddings()
        self._places |= {t.image_id: Place(t.dataset, t.split, t.image_index) for t, _ in known}
        known.sort(key=lambda found: found[0].sequence)
        return [
            as_event(t, self._embeddings.get((t.image_id, t.classifier_version)), compared=half) for t, half in known
        ]

    def _counts(self, thumb: Thumb) -> bool:
        return thumb.kind in RANKED_KINDS and (self._until is None or thumb.voted_at <= self._until)


def _alternatives(drawn: records.Decision) -> list[Candidate]:
    """What an order could have begun with; without embedding and classifier, whose terms are small."""
    return [Candidate(arm=one.arm, features=one.features, dataset=drawn.dataset) for one in drawn.candidates]


def candidates(case: Case) -> list[Candidate]:
    """The explanations of an image as the ranker sees them."""
    return [
        Candidate(
            arm=arm,
            features=features,
            dataset=case.dataset,
            embedding=case.embedding,
            classifier=case.classifier,
        )
        for arm, features in case.features.items()
    ]
