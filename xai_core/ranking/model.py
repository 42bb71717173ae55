"""Which explanation will convince? ``P(👍) = σ(b_arm + wᵀψ(image, explanation) + h_arm(φ(image)) + rater)``.

A Bayesian logistic regression: Gaussian priors, mode by Newton, Laplace posterior. A thumb down on A and up on B of
the same image by the same rater also counts as the comparison ``P(B over A) = σ(u_B - u_A)`` (Bradley & Terry 1952),
in which the difficulty of the image and the mood of the rater cancel.

The posterior is a pure function of ``(events, prior, seed)``; it depends on no order of arrival and on no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.special import expit

from xai_core.ranking.design import Landmarks, Name, Space, choose_landmarks, rows
from xai_core.ranking.events import Candidate, Event, current, opposites
from xai_core.ranking.features import FEATURES, standardise
from xai_core.ranking.laplace import NOBODY, absorb, find_mode, one_thread

# what tune() scales together, within which bounds, and the gain in log evidence that is worth a change
SCALES = (
    ("arm_sd", "granularity_sd", "arm_dataset_sd"),
    ("feature_sd",),
    ("difficulty_sd", "feature_dataset_sd"),
    ("image_sd",),
)
LEAST_SD, MOST_SD, WORTH = 0.01, 4.0, 0.1


@dataclass(frozen=True)
class Prior:
    """What is believed before the first thumb, in units of log odds.

    ``weights`` are prior means of ψ's standardised effects: they decide the order with zero thumbs; ties keep the
    order in which the candidates come. The default puts first what most segmentations agree on and what stands out to
    the eye. The ``*_sd`` are prior standard deviations of each kind of effect; with few thumbs small ones learn more
    than large ones. ``rho`` is how much of the image term all arms share; ``landmarks`` its rank. ``half_life``: after
    so many further events a thumb counts half; None = for ever.

    ``pair_weight`` is what a comparison counts beside the two thumbs that it is made of. It is small because a rater
    who goes on until the first 👍 makes comparisons that the arm shown first always loses: its victories end the
    image and are no comparison.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"visible": 0.5, "visible_overlap": 0.3, "overlap_core": 0.25, "consensus": 0.1}
    )
    level_sd: float = 1.0
    arm_sd: float = 0.25
    granularity_sd: float = 0.1
    arm_dataset_sd: float = 0.1
    feature_sd: float = 0.25
    feature_dataset_sd: float = 0.05
    difficulty_sd: float = 0.3
    image_sd: float = 0.2
    rho: float = 0.5
    landmarks: int = 8
    rater_sd: float = 1.0
    pair_weight: float = 0.1
    half_life: float | None = None

    def sd(self, name: Name) -> float:
        """Prior standard deviation of the coefficient of that name (see ``design.names``)."""
        kind, local = name[0], len(name) > 2
        return {
            "level": self.level_sd,
            "segmenter": self.arm_sd,
            "granularity": self.granularity_sd,
            "arm": self.arm_dataset_sd if local else self.granularity_sd,
            "feature": self.feature_dataset_sd if local else self.feature_sd,
            "difficulty": self.difficulty_sd,
            "image": self.image_sd,
        }[kind]

    def mean(self, name: Name) -> float:
        """Prior mean of the coefficient of that name."""
        return self.weights.get(name[1], 0.0) if name[0] == "feature" and len(name) == 2 else 0.0

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that name these settings."""
        settings = sorted((key, sorted(v.items()) if isinstance(v, Mapping) else v) for key, v in vars(self).items())
        return sha256(repr((settings, sorted(FEATURES.items()))).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Effect:
    """A coefficient with its posterior mean and standard deviation, in log odds per unit."""

    name: Name
    mean: float
    sd: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is believed after ``events``: Gaussian in the coefficients of ``index``, ``mean`` ``[d]``, ``precision``
    ``[d, d]``. ``raters`` are mean and precision of each rater's leniency, ``thumbs`` the number of events by arm.
    ``missing`` counts feature values that the events lacked; ``evidence`` is the log marginal likelihood at the last
    :func:`fit`."""

    prior: Prior
    seed: int
    events: tuple[Event, ...]
    index: Mapping[Name, int]
    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    landmarks: Mapping[Space, Landmarks]
    raters: Mapping[str, tuple[float, float]]
    thumbs: Mapping[str, int]
    missing: int
    evidence: float

    @property
    def version(self) -> str:
        """Names the state of an append-only log: prior, number of events, latest event."""
        return f"{self.prior.version}-{len(self.events)}-{self.events[-1].order if self.events else 0}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the data behind this posterior, as sentences."""
        if not self.missing:
            return ()
        total = len(FEATURES) * len(self.events)
        return (f"{self.missing} of {total} feature values were not stored and count as average.",)

    @cached_property
    def factor(self) -> tuple[NDArray[np.float64], bool]:
        """Cholesky factor of the precision, as ``scipy.linalg.cho_solve`` takes it."""
        return linalg.cho_factor(self.precision, lower=True)  # type: ignore[no-any-return]

    def covering(self, candidates: Sequence[Candidate]) -> tuple[Posterior, sparse.csr_array]:
        """This posterior, grown by what the candidates touch for the first time, and their design matrix ``[N, d]``.

        What was never observed keeps its prior.
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
            precision=linalg.block_diag(self.precision, np.diag([self.prior.sd(name) ** -2 for name in new])),
        )
        return grown, X

    def utilities(self, candidates: Sequence[Candidate]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean ``[N]`` and covariance ``[N, N]`` of the candidates' log odds of a 👍 by an average rater."""
        grown, X = self.covering(candidates)
        dense = X.toarray()
        with one_thread():
            covariance = dense @ linalg.cho_solve(grown.factor, dense.T)
        return dense @ grown.mean, covariance

    def mean_utility(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Mean ``[N]`` of the candidates' log odds: what :func:`rank` orders by."""
        grown, X = self.covering(candidates)
        return np.asarray(X @ grown.mean)

    def approval(self, candidates: Sequence[Candidate], raters: Sequence[str] | None = None) -> NDArray[np.float64]:
        """P(👍) ``[N]``, averaged over the posterior; by an average rater, or by ``raters``, one a candidate."""
        if not candidates:
            return np.zeros(0)
        mean, covariance = self.utilities(candidates)
        variance = np.diag(covariance)
        if raters is not None:
            known = [self.raters.get(rater, (0.0, self.prior.rater_sd**-2)) for rater in raters]
            mean = mean + [leniency for leniency, _ in known]
            variance = variance + [1 / precision for _, precision in known]
        return _averaged(mean, variance)

    def effects(self, kind: str, depth: int = 2) -> list[Effect]:
        """The coefficients of a kind ("feature", "segmenter", "arm", ...) whose names have ``depth`` parts."""
        found = [(name, at) for name, at in self.index.items() if name[0] == kind and len(name) == depth]
        at = [position for _, position in found]
        unit = np.eye(len(self.mean))[:, at]
        variances = np.einsum("ij,ij->j", unit, linalg.cho_solve(self.factor, unit))
        return [
            Effect(name, float(self.mean[position]), float(np.sqrt(variance)))
            for (name, position), variance in zip(found, variances, strict=True)
        ]

    def update(self, event: Event) -> Posterior:
        """The posterior with one more vote: the mode of the vote under the current Gaussian, in milliseconds.

        Agrees with :func:`fit` up to what the Laplace approximation of the earlier votes loses. A vote that replaces
        an earlier one on the same thing is fitted anew.
        """
        related = [e for e in self.events if e.image_id == event.image_id and e.rater == event.rater]
        if any(e.judged == event.judged for e in related):
            return fit([*self.events, event], self.prior, self.seed)
        pairs = [pair for pair in opposites([*related, event]) if event in pair]
        grown, X = self._faded().covering([event, *(other for pair in pairs for other in pair)])
        dense = X.toarray()
        design = np.concatenate([dense[:1], dense[2::2] - dense[1::2]])  # [1 + pairs, d]
        y = np.array([float(event.value), *(1.0 for _ in pairs)])
        weights = np.array([1.0, *(self.prior.pair_weight for _ in pairs)])
        leniency, leniency_precision = self.raters.get(event.rater, (0.0, self.prior.rater_sd**-2))

        with one_thread():
            spread = linalg.cho_solve(grown.factor, design.T)  # [d, 1 + pairs]
        covariance = design @ spread
        covariance[0, 0] += 1 / leniency_precision
        utility = design @ grown.mean
        utility[0] += leniency
        gradients, curvatures = absorb(utility, covariance, y, weights)

        rater_precision = leniency_precision + curvatures[0]
        curvatures[0] *= leniency_precision / rater_precision  # what is left of the thumb beside the rater's mood
        return replace(
            grown,
            events=(*self.events, event),
            mean=grown.mean + spread @ gradients,
            precision=grown.precision + design.T @ (curvatures[:, None] * design),
            raters={**self.raters, event.rater: (leniency + gradients[0] / leniency_precision, rater_precision)},
            thumbs={**self.thumbs, event.arm: self.thumbs.get(event.arm, 0) + 1},
            missing=self.missing + standardise([event.features])[2],
        )

    def _faded(self) -> Posterior:
        """This posterior one event later: the evidence's share of precision and mean decays towards the prior's."""
        if self.prior.half_life is None:
            return self
        keep = 0.5 ** (1 / self.prior.half_life)
        base_precision = np.diag([self.prior.sd(name) ** -2 for name in self.index])
        base_mean = np.array([self.prior.mean(name) for name in self.index])
        precision = keep * self.precision + (1 - keep) * base_precision
        natural = keep * self.precision @ self.mean + (1 - keep) * base_precision @ base_mean
        return replace(self, precision=precision, mean=linalg.solve(precision, natural, assume_a="pos"))


def fit(events: Iterable[Event], prior: Prior | None = None, seed: int = 0) -> Posterior:
    """The posterior of the whole log. Of several votes of one rater on one explanation the latest counts.

    ``seed`` chooses the landmarks of the image term. 100,000 events take seconds.
    """
    prior = prior or Prior()
    log = current(events)
    landmarks = choose_landmarks(log, prior.landmarks, seed)
    pairs = opposites(log)
    # neighbours in the matrix touch the same coefficients: that is what makes the Hessian cheap
    grouped = sorted(log, key=lambda event: (event.dataset, event.classifier, event.arm))
    pairs.sort(key=lambda pair: (pair[0].dataset, pair[0].classifier, pair[0].arm, pair[1].arm))
    row = {id(event): position for position, event in enumerate(grouped)}

    index: dict[Name, int] = {}
    thumbs = rows(grouped, index, landmarks, prior.rho)
    ups, downs = [row[id(up)] for _, up in pairs], [row[id(down)] for down, _ in pairs]
    design = sparse.vstack([thumbs, thumbs[ups] - thumbs[downs]], format="csr")
    y = np.array([*(float(event.value) for event in grouped), *np.ones(len(pairs))])

    names = sorted({event.rater for event in log})
    code = {name: position for position, name in enumerate(names)}
    rater = np.array([*(code[event.rater] for event in grouped), *[NOBODY] * len(pairs)], dtype=np.int64)
    counts = np.repeat([1.0, prior.pair_weight], [len(log), len(pairs)])
    weights = counts * _fading(grouped, pairs, prior.half_life)

    prior_mean = np.array([prior.mean(name) for name in index])
    prior_precision = np.array([prior.sd(name) ** -2 for name in index])
    with one_thread():
        mode = find_mode(
            design,
            y,
            weights=weights,
            rater=rater,
            prior_mean=prior_mean,
            prior_precision=prior_precision,
            rater_precision=prior.rater_sd**-2,
            start=prior_mean,
        )
    return Posterior(
        prior=prior,
        seed=seed,
        events=tuple(log),
        index=index,
        mean=mode.mean,
        precision=mode.precision,
        landmarks=landmarks,
        raters={name: (float(mode.raters[at]), float(mode.rater_precision[at])) for name, at in code.items()},
        thumbs=Counter(event.arm for event in log),
        missing=standardise([event.features for event in log])[2],
        evidence=mode.evidence,
    )


def _averaged(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """E[σ(u)] for u ~ N(mean, variance), by MacKay's probit approximation (1992, eq. 10)."""
    return np.asarray(expit(mean / np.sqrt(1 + np.pi / 8 * variance)))


def _fading(
    events: Sequence[Event], pairs: Sequence[tuple[Event, Event]], half_life: float | None
) -> NDArray[np.float64]:
    """Weight of every event and pair: halves with each ``half_life`` further events (1 without)."""
    if half_life is None or not events:
        return np.ones(len(events) + len(pairs))
    orders = np.sort([event.order for event in events])
    moments = [event.order for event in events] + [max(down.order, up.order) for down, up in pairs]
    age = len(orders) - np.searchsorted(orders, moments, side="right")
    return np.asarray(0.5 ** (age / half_life))


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
    """The candidates, best first, by posterior mean; ties keep their order."""
    mean, covariance = posterior.utilities(candidates)
    sd = np.sqrt(np.diag(covariance))
    approval = _averaged(mean, sd**2)
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


def tune(events: Sequence[Event], prior: Prior | None = None, seed: int = 0) -> Prior:
    """The prior whose effects of arms, of features and of images have the sizes that the log makes most probable.

    Empirical Bayes (MacKay 1992): each kind's standard deviations are halved or doubled as long as the evidence grows.
    Some twenty fits: to be done rarely, and never while somebody waits.
    """
    best = fit(events, prior, seed)
    improved = True
    while improved:
        improved = False
        for kind in SCALES:
            for factor in (0.5, 2.0):
                scaled = {name: getattr(best.prior, name) * factor for name in kind}
                if any(not LEAST_SD <= sd <= MOST_SD for sd in scaled.values()):
                    continue
                candidate = fit(events, replace(best.prior, **scaled), seed)
                if candidate.evidence > best.evidence + WORTH:
                    best, improved = candidate, True
    return best.prior
