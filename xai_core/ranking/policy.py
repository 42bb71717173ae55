"""In which order explanations are shown, and with which probability it came out that way.

An order is drawn once per image: every 👎 shows its next arm. It is drawn from a finite, weighted list of orders whose
weights are known, so every propensity is exact given that list, also after a Thompson draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import InvalidInput
from xai_core.ranking.caution import Advantage, arm_first
from xai_core.ranking.events import Candidate
from xai_core.ranking.guard import faithful, faithful_first
from xai_core.ranking.laplace import averaged_approval
from xai_core.ranking.model import Posterior

PolicyName = Literal["guarded", "learned", "random", "fixed", "frozen"]
DRAWS = 256
FLOOR = 0.2  # share of the exploration that is uniform, so that every arm can be first


@dataclass(frozen=True)
class Ordering:
    """``arms`` in the order to show them; ``candidates`` their positions among the candidates given.

    ``propensities[k]`` is the probability that this policy shows that arm at position k given what it showed before:
    what to store with the impression. ``first`` ``[candidates]``, in the order given, is each one's probability of
    being shown first (sums to 1). ``explored``: the order is not the posterior's best guess.
    """

    arms: tuple[str, ...]
    candidates: tuple[int, ...]
    propensities: tuple[float, ...]
    first: tuple[float, ...]
    explored: bool
    policy: PolicyName
    policy_version: str


@dataclass(frozen=True)
class Ranked:
    """A candidate's place: position among those given, mean and sd of its log odds, P(👍), thumbs on its arm."""

    arm: str
    candidate: int
    utility: float
    sd: float
    approval: float
    thumbs: int


def rank(posterior: Posterior, candidates: Sequence[Candidate]) -> list[Ranked]:
    """Put candidates in order by their posterior mean.

    Parameters
    ----------
    posterior : Posterior
        What was learned.
    candidates : sequence of Candidate
        Explanations of one image.

    Returns
    -------
    list of Ranked
        Best first; ties keep their order.
    """
    mean, covariance = posterior.utilities(candidates)
    sd = np.sqrt(np.diag(covariance))
    approval = averaged_approval(mean, sd**2 + posterior.prior.sitting_sd**2)
    return [
        Ranked(
            candidates[at].arm,
            int(at),
            float(mean[at]),
            float(sd[at]),
            float(approval[at]),
            posterior.thumbs.get(candidates[at].arm, 0),
        )
        for at in np.argsort(-mean, kind="stable")
    ]


def order(
    posterior: Posterior,
    candidates: Sequence[Candidate],
    *,
    policy: PolicyName = "learned",
    rng: np.random.Generator,
    exploration: float = 0.1,
    trust: Advantage | None = None,
) -> Ordering:
    """Draw the order in which the candidates of one image are shown.

    Parameters
    ----------
    posterior : Posterior
        What was learned.
    candidates : sequence of Candidate
        Explanations of one image.
    policy : {"guarded", "learned", "random", "fixed", "frozen"}, default "learned"
        ``learned``: by posterior mean; with probability ``exploration`` by a Thompson draw instead (in one of five of
        these a uniformly chosen arm comes before the best order of the others). ``guarded``: as ``learned``, but
        explanations that are clearly less faithful than the best of the image (see ``guard.faithful``) come after all
        others. ``frozen``: by the mean of the posterior given, never explored. ``fixed``: as given. ``random``:
        uniformly.
    rng : numpy.random.Generator
        Draws the order.
    exploration : float, default 0.1
        Probability, 0..1, of a draw in place of the best guess.
    trust : Advantage, optional
        What is known of the order on this data set. As long as it is not sure that the order beats the best single
        arm, that arm comes first (see ``caution``); exploration stays the same.

    Returns
    -------
    Ordering
        The order with the propensity of each place.

    Raises
    ------
    InvalidInput
        If there is no candidate.
    """
    count = len(candidates)
    if count == 0:
        raise InvalidInput("There is no explanation to put in order; give at least one candidate.")
    version = posterior.version if policy in {"guarded", "learned", "frozen"} else policy
    if policy == "random":
        chosen = rng.permutation(count)
        propensities: NDArray[np.float64] = 1 / np.arange(count, 0, -1)
        first = np.full(count, 1 / count)
        return _ordering(candidates, chosen, propensities, first, explored=True, policy=policy, version=version)
    if policy == "fixed":
        return _certain(candidates, np.arange(count), policy, version)

    mean, covariance = posterior.utilities(candidates)
    best = np.argsort(-mean, kind="stable")
    if trust is not None and not trust.sure:
        best = arm_first(candidates, best, trust.arm)
    allowed = faithful(candidates) if policy == "guarded" else np.ones(count, bool)
    if policy == "frozen" or exploration == 0:
        return _certain(candidates, faithful_first(best[None], allowed)[0], policy, version)
    draws = np.argsort(-(mean + rng.standard_normal((DRAWS, count)) @ _root(covariance).T), axis=1, kind="stable")
    uniform = np.stack([np.concatenate([[arm], best[best != arm]]) for arm in range(count)])
    orders = faithful_first(np.concatenate([best[None], draws, uniform]), allowed)
    weights = np.concatenate(
        [
            [1 - exploration],
            np.full(DRAWS, exploration * (1 - FLOOR) / DRAWS),
            np.full(count, exploration * FLOOR / count),
        ]
    )
    chosen = orders[rng.choice(len(orders), p=weights / weights.sum())]
    first = np.bincount(orders[:, 0], weights, count).astype(np.float64)
    explored = not np.array_equal(chosen, orders[0])
    return _ordering(
        candidates,
        chosen,
        _conditional(orders, weights, chosen),
        first,
        explored=explored,
        policy=policy,
        version=version,
    )


def _conditional(
    orders: NDArray[np.intp], weights: NDArray[np.float64], chosen: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Probability of each place of ``chosen`` given the places before it, under the weighted list of orders."""
    agreeing = np.cumprod(orders == chosen, axis=1)  # [orders, count]: the same up to and with this place
    reached = weights @ agreeing
    return np.asarray(reached / np.concatenate([[weights.sum()], reached[:-1]]))


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """R with R Rᵀ = covariance, which may be singular: candidates alike have perfectly correlated utilities."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(eigenvalues, 0, None)))


def _certain(candidates: Sequence[Candidate], chosen: NDArray[np.intp], policy: PolicyName, version: str) -> Ordering:
    """An order that comes out with probability one."""
    first = (np.arange(len(candidates)) == chosen[0]).astype(np.float64)
    return _ordering(candidates, chosen, np.ones(chosen.shape), first, explored=False, policy=policy, version=version)


def _ordering(
    candidates: Sequence[Candidate],
    chosen: NDArray[np.intp],
    propensities: NDArray[np.float64],
    first: NDArray[np.float64],
    *,
    explored: bool,
    policy: PolicyName,
    version: str,
) -> Ordering:
    return Ordering(
        arms=tuple(candidates[at].arm for at in chosen),
        candidates=tuple(int(at) for at in chosen),
        propensities=tuple(float(p) for p in propensities),
        first=tuple(float(p) for p in first),
        explored=explored,
        policy=policy,
        policy_version=version,
    )
