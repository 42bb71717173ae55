"""Which explanation will convince? ``P(👍) = σ(b_arm + wᵀψ(image, explanation) + h_arm(φ(image)) + sitting)``.

A Bayesian logistic regression: Gaussian priors, mode by Newton, Laplace posterior. A thumb down on A and up on B of
the same image by the same rater also counts as the comparison ``P(B over A) = σ(u_B - u_A)`` (Bradley & Terry 1952),
in which the difficulty of the image and the mood of the rater cancel. A *sitting* is one rater before one image; its
own intercept takes up both where no comparison does: a rater who says 👎 to everything, or an image without any
convincing explanation, shifts no ranking.

The posterior is a pure function of ``(events, prior, seed)``; it depends on no order of arrival and on no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from xai_core.numerics import one_blas_thread
from xai_core.ranking.design import Landmarks, Name, Space, rows
from xai_core.ranking.events import Candidate, Event, Sitting, opposites
from xai_core.ranking.laplace import absorb, averaged_approval, find_mode
from xai_core.ranking.prior import Prior, built_in
from xai_core.ranking.psi import FEATURES, count_missing
from xai_core.ranking.regression import Regression, added_share, as_regression, pair_weight


@dataclass(frozen=True)
class Effect:
    """A coefficient with its posterior mean and standard deviation, in log odds per unit."""

    name: Name
    mean: float
    sd: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is believed after ``events``: Gaussian in the coefficients of ``index``, ``mean`` ``[d]``, ``precision``
    ``[d, d]``. ``sittings`` are mean and precision of each sitting's intercept, ``thumbs`` the number of events by
    arm, ``evidence`` the log marginal likelihood at the last :func:`fit`."""

    prior: Prior
    seed: int
    events: tuple[Event, ...]
    index: Mapping[Name, int]
    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    landmarks: Mapping[Space, Landmarks]
    sittings: Mapping[Sitting, tuple[float, float]]
    thumbs: Mapping[str, int]
    evidence: float

    @property
    def version(self) -> str:
        """Names the state of an append-only log: prior, number of events, latest event."""
        return f"{self.prior.version}-{len(self.events)}-{self.events[-1].sequence if self.events else 0}"

    @cached_property
    def raters(self) -> frozenset[str]:
        """Everybody whose thumbs count."""
        return frozenset(event.rater for event in self.events)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the data behind this posterior, as sentences."""
        missing = count_missing([event.features for event in self.events])
        if not missing:
            return ()
        total = len(FEATURES) * len(self.events)
        return (f"{missing} of {total} feature values were not stored and count as average.",)

    @cached_property
    def factor(self) -> tuple[NDArray[np.float64], bool]:
        """Cholesky factor of the precision, as ``scipy.linalg.cho_solve`` takes it."""
        return linalg.cho_factor(self.precision, lower=True)  # type: ignore[no-any-return]

    def covering(self, candidates: Sequence[Candidate]) -> tuple[Posterior, sparse.csr_array]:
        """This posterior, grown by what the candidates touch for the first time, and their design matrix.

        What was never observed keeps its prior.

        Parameters
        ----------
        candidates : sequence of Candidate
            N explanations.

        Returns
        -------
        grown : Posterior
            With d coefficients.
        design : sparse array [N, d]
            One row for each candidate.
        """
        index = dict(self.index)
        X = rows(candidates, index, self.landmarks, self.prior.rho)
        new = list(index)[len(self.index) :]
        if not new:
            return self, X
        grown = replace(
            self,
            index=index,
            mean=np.concatenate([self.mean, [self.prior.mean(name) for name in new]]),
            precision=linalg.block_diag(self.precision, self.prior.precision(new)),
        )
        return grown, X

    def utilities(self, candidates: Sequence[Candidate]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log odds of a 👍 for each candidate in an average sitting.

        Parameters
        ----------
        candidates : sequence of Candidate
            N explanations.

        Returns
        -------
        mean : float64 array [N]
            Posterior means.
        covariance : float64 array [N, N]
            Posterior covariance.
        """
        grown, X = self.covering(candidates)
        dense = X.toarray()
        with one_blas_thread():
            covariance = dense @ linalg.cho_solve(grown.factor, dense.T)
        return dense @ grown.mean, covariance

    def mean_utility(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Mean log odds of a 👍: what ``rank`` orders by.

        Parameters
        ----------
        candidates : sequence of Candidate
            N explanations.

        Returns
        -------
        float64 array [N]
            Posterior means.
        """
        grown, X = self.covering(candidates)
        return np.asarray(X @ grown.mean)

    def approval(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """P(👍) in a sitting yet to come, averaged over the posterior.

        Parameters
        ----------
        candidates : sequence of Candidate
            N explanations.

        Returns
        -------
        float64 array [N], 0..1
            Probabilities.
        """
        if not candidates:
            return np.zeros(0)
        mean, covariance = self.utilities(candidates)
        return averaged_approval(mean, np.diag(covariance) + self.prior.sitting_sd**2)

    def effects(self, kind: str, depth: int = 2) -> list[Effect]:
        """The coefficients of one kind.

        Parameters
        ----------
        kind : str
            "feature", "segmenter", "arm", ...: the first part of their names.
        depth : int, default 2
            How many parts their names have.

        Returns
        -------
        list of Effect
            Posterior mean and standard deviation of each.
        """
        found = [(name, at) for name, at in self.index.items() if name[0] == kind and len(name) == depth]
        at = [position for _, position in found]
        unit = np.eye(len(self.mean))[:, at]
        variances = np.einsum("ij,ij->j", unit, linalg.cho_solve(self.factor, unit))
        return [
            Effect(name, float(self.mean[position]), float(np.sqrt(variance)))
            for (name, position), variance in zip(found, variances, strict=True)
        ]

    def update(self, event: Event) -> Posterior:
        """Add one vote: the mode of the vote under the current Gaussian, in milliseconds.

        Agrees with ``fit`` up to what the Laplace approximation of the earlier votes loses. A vote that replaces an
        earlier one on the same explanation is fitted anew.

        Parameters
        ----------
        event : Event
            The vote.

        Returns
        -------
        Posterior
            A new one; this one stays as it is.
        """
        here = [e for e in self.events if e.image_id == event.image_id]
        related = [e for e in here if e.rater == event.rater]
        if any(e.judged == event.judged for e in related):
            return fit([*self.events, event], self.prior, self.seed)
        pairs = [pair for pair in opposites([*related, event]) if event in pair] if self.prior.pair_weight else []
        grown, X = self._faded().covering([event, *(other for pair in pairs for other in pair)])
        dense = X.toarray()
        design = np.concatenate([dense[:1], dense[2::2] - dense[1::2]])  # [1 + pairs, d]
        y = np.array([float(event.value), *(1.0 for _ in pairs)])
        weights = np.array([added_share(here, event, self.prior), *(pair_weight(p, self.prior) for p in pairs)])
        mood, mood_precision = self.sittings.get(event.sitting, (0.0, self.prior.sitting_sd**-2))

        with one_blas_thread():
            response = linalg.cho_solve(grown.factor, design.T)  # [d, 1 + pairs]
        covariance = design @ response
        covariance[0, 0] += 1 / mood_precision
        utility = design @ grown.mean
        utility[0] += mood
        gradients, curvatures = absorb(utility, covariance, y, weights)

        sharper = mood_precision + curvatures[0]
        curvatures[0] *= mood_precision / sharper  # of the thumb, the part not taken by the sitting's intercept
        return replace(
            grown,
            events=(*self.events, event),
            mean=grown.mean + response @ gradients,
            precision=grown.precision + design.T @ (curvatures[:, None] * design),
            sittings={**self.sittings, event.sitting: (mood + gradients[0] / mood_precision, sharper)},
            thumbs={**self.thumbs, event.arm: self.thumbs.get(event.arm, 0) + 1},
        )

    def _faded(self) -> Posterior:
        """This posterior one event later: the evidence's share of precision and mean decays towards the prior's."""
        if self.prior.half_life is None:
            return self
        keep = 0.5 ** (1 / self.prior.half_life)
        base_precision = self.prior.precision(list(self.index))
        base_mean = np.array([self.prior.mean(name) for name in self.index])
        precision = keep * self.precision + (1 - keep) * base_precision
        natural = keep * self.precision @ self.mean + (1 - keep) * base_precision @ base_mean
        return replace(self, precision=precision, mean=linalg.solve(precision, natural, assume_a="pos"))


def fit(events: Iterable[Event], prior: Prior | None = None, seed: int = 0) -> Posterior:
    """Fit the posterior to the whole log. Of several votes of one rater on one explanation the latest counts.

    100,000 events take seconds.

    Parameters
    ----------
    events : iterable of Event
        The log, in any order.
    prior : Prior, optional
        What is believed before the first thumb.
    seed : int, default 0
        Chooses the landmarks of the image term.

    Returns
    -------
    Posterior
        A pure function of the arguments.
    """
    prior = prior or built_in()
    return solve(as_regression(events, prior, seed), prior, seed)


def solve(problem: Regression, prior: Prior, seed: int = 0, start: NDArray[np.float64] | None = None) -> Posterior:
    """The posterior under a prior; ``start`` ``[d]`` is a guess of its mean."""
    prior_mean = np.array([prior.mean(name) for name in problem.index])
    with one_blas_thread():
        mode = find_mode(
            problem.design,
            problem.y,
            weights=problem.weights,
            group=problem.group,
            prior_mean=prior_mean,
            prior_precision=prior.precision(list(problem.index)),
            group_precision=prior.sitting_sd**-2,
            start=prior_mean if start is None else start,
        )
    moods = zip(problem.sittings, mode.intercepts.tolist(), mode.intercept_precision.tolist(), strict=True)
    return Posterior(
        prior=prior,
        seed=seed,
        events=problem.events,
        index=problem.index,
        mean=mode.mean,
        precision=mode.precision,
        landmarks=problem.landmarks,
        sittings={sitting: (mean, precision) for sitting, mean, precision in moods},
        thumbs=Counter(event.arm for event in problem.events),
        evidence=mode.evidence,
    )
