"""Does the ranking predict thumbs on images that it has not seen? Scored on the stored log, against plain rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from xai_core.errors import InvalidInput
from xai_core.intervals import Interval, wilson
from xai_core.ranking.events import Event, current
from xai_core.ranking.model import fit
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import prior_for


@dataclass(frozen=True)
class Scores:
    """How well probabilities predicted ``n`` thumbs. ``log_loss`` and ``brier`` >= 0, smaller is better.

    ``auc`` in 0..1 (nan when all thumbs agree). ``top_hit``: where a rater judged several explanations of an image and
    not all alike, how often the one predicted best was a 👍; ``chance`` is what a random pick would have got. Both nan
    without such a case.
    """

    log_loss: float
    brier: float
    auc: float
    top_hit: float
    chance: float
    n: int


@dataclass(frozen=True)
class CalibrationBin:
    """Thumbs whose predicted P(👍) lies in ``low..high``: mean prediction and observed share of 👍."""

    low: float
    high: float
    predicted: float
    observed: Interval


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Predictions for every thumb, float64 ``[N]``, from a log without its image: the model's and two plain rules'.

    ``popularity`` is each arm's share of 👍 (Beta(1, 1) prior), ``base_rate`` the share of all.
    """

    events: tuple[Event, ...]
    learned: NDArray[np.float64]
    popularity: NDArray[np.float64]
    base_rate: NDArray[np.float64]


def approval_by_arm(events: Iterable[Event]) -> dict[str, Interval]:
    """Share of 👍 of every arm.

    Parameters
    ----------
    events : iterable of Event
        Thumbs.

    Returns
    -------
    dict of str to Interval
        The best arm first.
    """
    votes: dict[str, list[int]] = {}
    for event in events:
        votes.setdefault(event.arm, []).append(event.value)
    found = {arm: wilson(sum(values), len(values)) for arm, values in votes.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].estimate, item[0])))


def leave_images_out(
    events: Iterable[Event], prior: Prior | None = None, *, folds: int | None = None, seed: int = 0
) -> CrossValidation:
    """Predict every thumb from the thumbs on other images.

    Parameters
    ----------
    events : iterable of Event
        The log.
    prior : Prior, optional
        Where tuning starts: the prior is tuned to each fold's training thumbs.
    folds : int, optional
        How many groups of images are left out in turn; by default every image by itself.
    seed : int, default 0
        Draws the groups.

    Returns
    -------
    CrossValidation
        Predictions of the model and of two plain rules.

    Raises
    ------
    InvalidInput
        If there are thumbs on fewer than two images.
    """
    log = current(events)
    images = sorted({event.image_id for event in log})
    if len(images) < 2:
        raise InvalidInput(f"Leaving images out needs thumbs on two images; there are {len(images)}.")
    shuffled = np.random.default_rng(seed).permutation(images)
    groups = np.array_split(shuffled, min(folds or len(images), len(images)))
    learned, popularity, base_rate = np.empty((3, len(log)))
    for group in groups:
        held = set(group.tolist())
        test = [at for at, event in enumerate(log) if event.image_id in held]
        train = [event for event in log if event.image_id not in held]
        posterior = fit(train, prior_for(train, prior, seed), seed)
        learned[test] = posterior.approval([log[at] for at in test])
        popularity[test] = popularity_rule(train, [log[at].arm for at in test])
        base_rate[test] = (1 + sum(event.value for event in train)) / (2 + len(train))
    return CrossValidation(tuple(log), learned, popularity, base_rate)


def popularity_rule(events: Sequence[Event], arms: Sequence[str]) -> NDArray[np.float64]:
    """P(👍) by each arm's record alone: posterior mean of Beta–Bernoulli with a uniform prior.

    Parameters
    ----------
    events : sequence of Event
        Thumbs to learn from.
    arms : sequence of str
        Arms to predict.

    Returns
    -------
    float64 array [arms], 0..1
        Probabilities.
    """
    ups: dict[str, int] = {}
    counts: dict[str, int] = {}
    for event in events:
        ups[event.arm] = ups.get(event.arm, 0) + event.value
        counts[event.arm] = counts.get(event.arm, 0) + 1
    return np.array([(1 + ups.get(arm, 0)) / (2 + counts.get(arm, 0)) for arm in arms])


def scores(events: Sequence[Event], predictions: NDArray[np.float64]) -> Scores:
    """Score predictions: log loss, Brier score, AUC and top-1 hit.

    Parameters
    ----------
    events : sequence of Event
        Thumbs that were predicted.
    predictions : float64 array [N], 0..1
        P(👍) of each.

    Returns
    -------
    Scores
        See there for ranges.

    References
    ----------
    Brier 1950, "Verification of forecasts expressed in terms of probability".
    """
    y = np.array([event.value for event in events], np.float64)
    p = np.clip(predictions, 1e-9, 1 - 1e-9)
    top_hit, chance = _top_hit(events, p)
    return Scores(
        log_loss=float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p))),
        brier=float(np.mean((p - y) ** 2)),
        auc=float(roc_auc_score(y, p)) if 0 < y.sum() < len(y) else float("nan"),
        top_hit=top_hit,
        chance=chance,
        n=len(y),
    )


def calibration(events: Sequence[Event], predictions: NDArray[np.float64], bins: int = 8) -> list[CalibrationBin]:
    """Compare predicted with observed shares of 👍.

    Parameters
    ----------
    events : sequence of Event
        Thumbs that were predicted.
    predictions : float64 array [N], 0..1
        P(👍) of each.
    bins : int, default 8
        Groups of equal size by prediction, at most.

    Returns
    -------
    list of CalibrationBin
        By rising prediction.
    """
    by_prediction = np.argsort(predictions, kind="stable")
    y = np.array([event.value for event in events])
    return [
        CalibrationBin(
            low=float(predictions[group[0]]),
            high=float(predictions[group[-1]]),
            predicted=float(predictions[group].mean()),
            observed=wilson(int(y[group].sum()), len(group)),
        )
        for group in np.array_split(by_prediction, bins)
        if len(group)
    ]


def _top_hit(events: Sequence[Event], p: NDArray[np.float64]) -> tuple[float, float]:
    groups: dict[tuple[str, str], list[int]] = {}
    for at, event in enumerate(events):
        groups.setdefault((event.rater, event.image_id), []).append(at)
    hits, chances = [], []
    for members in groups.values():
        values = [events[at].value for at in members]
        if 0 < sum(values) < len(values):
            hits.append(values[int(np.argmax(p[members]))])
            chances.append(np.mean(values))
    return (float(np.mean(hits)), float(np.mean(chances))) if hits else (float("nan"), float("nan"))
