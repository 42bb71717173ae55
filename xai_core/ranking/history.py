"""The history of the ranking, replayed from the log alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from xai_core.errors import InvalidInput
from xai_core.ranking.effects import feature_effects
from xai_core.ranking.events import Candidate, Event, current
from xai_core.ranking.model import Effect, fit
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import prior_for
from xai_core.ranking.psi import FEATURES, TYPICAL


@dataclass(frozen=True)
class Standing:
    """An arm at a moment: its thumbs so far, how many were up, and P(👍) for its typical explanation."""

    arm: str
    thumbs: int
    ups: int
    approval: float


@dataclass(frozen=True)
class Snapshot:
    """What the ranking believed after ``thumbs`` votes (the last of them number ``sequence``); arms best first."""

    thumbs: int
    sequence: int
    version: str
    standings: tuple[Standing, ...]
    effects: tuple[Effect, ...]


def replay(events: Iterable[Event], *, every: int = 50, prior: Prior | None = None, seed: int = 0) -> list[Snapshot]:
    """Replay the ranking: before the first vote, after every ``every`` votes, and now.

    An arm's typical explanation has the mean ψ of all its explanations in the whole log, so that a change from one
    snapshot to the next is one of belief alone.

    Parameters
    ----------
    events : iterable of Event
        The log.
    every : int, default 50
        Votes between two snapshots.
    prior : Prior, optional
        Where tuning starts; the prior is tuned as it was at each moment.
    seed : int, default 0
        As for ``fit``.

    Returns
    -------
    list of Snapshot
        In order of time.

    Raises
    ------
    InvalidInput
        If ``every`` is below 1.
    """
    if every < 1:
        raise InvalidInput(f"A snapshot every {every} votes is not possible; give 1 or more.")
    log = current(events)
    typical = [_typical(arm, [event for event in log if event.arm == arm]) for arm in sorted({e.arm for e in log})]
    moments = sorted({*range(0, len(log), every), len(log)})
    return [_snapshot(log[:moment], typical, prior, seed) for moment in moments]


def _snapshot(log: list[Event], typical: list[Candidate], prior: Prior | None, seed: int) -> Snapshot:
    posterior = fit(log, prior_for(log, prior, seed), seed)
    approval = posterior.approval(typical)
    standings = [
        Standing(
            candidate.arm,
            posterior.thumbs.get(candidate.arm, 0),
            sum(event.value for event in log if event.arm == candidate.arm),
            float(approval[at]),
        )
        for at, candidate in enumerate(typical)
    ]
    return Snapshot(
        thumbs=len(log),
        sequence=log[-1].sequence if log else 0,
        version=posterior.version,
        standings=tuple(sorted(standings, key=lambda standing: -standing.approval)),
        effects=tuple(sorted(feature_effects(posterior), key=lambda effect: -abs(effect.mean))),
    )


def _typical(arm: str, events: list[Event]) -> Candidate:
    names = [*FEATURES, *(TYPICAL + name for name in FEATURES)]
    known = {name: [e.features[name] for e in events if name in e.features] for name in names}
    return Candidate(arm, {name: float(np.mean(seen)) for name, seen in known.items() if seen})
