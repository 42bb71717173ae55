"""From stored thumbs to an order of explanations: the bridge between database and ranking."""

from __future__ import annotations

import threading

import numpy as np

from db.feedback import Feedback
from db.records import Thumb
from ui.settings import Settings
from xai_core.precompute import Case
from xai_core.ranking import Candidate, Event, Ordering, Posterior, fit, order

RANKED_KINDS = ("lime", "fused")


def as_event(thumb: Thumb, embedding: np.ndarray | None) -> Event:
    """A stored thumb as the ranker reads it."""
    return Event(
        image_id=thumb.image_id,
        arm=thumb.arm,
        value=int(thumb.value > 0),
        features=thumb.features,
        rater=thumb.rater_id,
        dataset=thumb.dataset,
        embedding=embedding,
        classifier=thumb.classifier,
        order=thumb.sequence,
    )


class Learner:
    """Keeps the posterior in step with the event log. Safe to share between sessions."""

    def __init__(self, feedback: Feedback, settings: Settings) -> None:
        self._feedback = feedback
        self._settings = settings
        self._lock = threading.Lock()
        self._sequence = 0
        self._posterior = fit([])
        self.refresh()

    def refresh(self) -> Posterior:
        """Take in what has been stored since the last call; returns the posterior in force.

        New thumbs are added one by one; a vote that was replaced or taken back needs a fit from scratch.
        """
        with self._lock:
            if self._settings.xai_policy == "frozen" and self._sequence:
                return self._posterior
            changes = self._feedback.changes_since(self._sequence)
            if changes.removed:
                self._posterior = fit(self.events())
            else:
                for event in self._as_events(changes.added):
                    self._posterior = self._posterior.update(event)
            self._sequence = changes.last_sequence
            return self._posterior

    def events(self) -> list[Event]:
        """Every thumb in force, as the ranker reads it."""
        return self._as_events(self._feedback.thumbs(kinds=RANKED_KINDS))

    def _as_events(self, thumbs: list[Thumb]) -> list[Event]:
        ranked = [thumb for thumb in thumbs if thumb.kind in RANKED_KINDS]
        embeddings = self._feedback.embeddings()
        return [as_event(t, embeddings.get((t.image_id, t.classifier_version))) for t in ranked]

    def order(self, case: Case, rng: np.random.Generator) -> Ordering:
        """The order in which the explanations of ``case`` are shown, by all thumbs stored so far."""
        return order(
            self.refresh(),
            candidates(case),
            policy=self._settings.xai_policy,
            rng=rng,
            exploration=self._settings.xai_exploration,
        )


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
