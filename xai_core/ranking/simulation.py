"""Raters whose taste is known, to see whether the ranking learns it.

A ``Pool`` holds real explanations of real images: their ψ, the images' embeddings and how well each mask covers what
it should. A ``World`` says with which probability a rater approves of each. An ``Agent`` orders the explanations of an
image and hears the thumbs; :func:`simulate` lets it meet rater after rater and image after image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from xai_core.arms import FUSED_ARM
from xai_core.classifiers.base import Classifier
from xai_core.datasets.base import as_float, image_id
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.numerics import iou
from xai_core.ranking.events import Candidate, Decision, Event
from xai_core.ranking.features import all_features, marked
from xai_core.ranking.model import Posterior, fit
from xai_core.ranking.policy import order
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import milestone, prior_for
from xai_core.ranking.psi import FEATURES, standardise, with_typical

FLIP = 0.1  # share of thumbs that come out the wrong way round


@dataclass(frozen=True, eq=False)
class Pool:
    """N images with K explanations each: ``features`` float64 ``[N, K, len(FEATURES)]`` (nan where missing),
    ``utility`` ``[N, K]`` in 0..1 (IoU of the marked area with the true evidence), ``embeddings`` ``[N, D]``."""

    dataset: str
    classifier: str
    arms: tuple[str, ...]
    image_ids: tuple[str, ...]
    features: NDArray[np.float64]
    utility: NDArray[np.float64]
    embeddings: NDArray[np.float32]

    @cached_property
    def candidates(self) -> list[list[Candidate]]:
        """The explanations of every image, in the order of ``arms``."""
        psi = [
            with_typical([dict(zip(FEATURES, row, strict=True)) for row in image]) for image in self.features.tolist()
        ]
        return [
            [
                Candidate(arm, row, self.dataset, embedding, self.classifier)
                for arm, row in zip(self.arms, rows, strict=True)
            ]
            for rows, embedding in zip(psi, self.embeddings, strict=True)
        ]

    def standardised(self) -> NDArray[np.float64]:
        """ψ of everything relative to the same image's others, in units of scale: float64 ``[N, K, features]``."""
        rows = [candidate.features for image in self.candidates for candidate in image]
        return standardise(rows)[0].reshape(self.features.shape)

    def save(self, path: Path) -> None:
        """Write a ``.npz``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(path, names=list(FEATURES), **stored)

    @classmethod
    def load(cls, path: Path) -> Pool:
        """Read what :meth:`save` wrote; features are matched by name, those not stored are missing."""
        with np.load(path) as stored:
            names = stored["names"].tolist()
            raw = stored["features"]
            columns = [raw[..., names.index(f)] if f in names else np.full(raw.shape[:2], np.nan) for f in FEATURES]
            return cls(
                dataset=str(stored["dataset"]),
                classifier=str(stored["classifier"]),
                arms=tuple(stored["arms"].tolist()),
                image_ids=tuple(stored["image_ids"].tolist()),
                features=np.stack(columns, axis=-1),
                utility=stored["utility"],
                embeddings=stored["embeddings"],
            )


@dataclass(frozen=True, eq=False)
class World:
    """P(👍) float64 ``[raters, N, K]`` of every rater for every explanation, and from thumb ``change`` on ``later``."""

    name: str
    approval: NDArray[np.float64]
    later: NDArray[np.float64] | None = None
    change: int | None = None

    def at(self, thumb: int) -> NDArray[np.float64]:
        """P(👍) ``[raters, N, K]`` at that thumb."""
        return (
            self.later if self.later is not None and self.change is not None and thumb >= self.change else self.approval
        )


def approving(
    score: NDArray[np.float64], threshold: float | NDArray[np.float64], steepness: float = 20.0
) -> NDArray[np.float64]:
    """P(👍) of a rater who approves of a score above a threshold: a steep logistic step, then ``FLIP`` of the thumbs
    the wrong way round."""
    return np.asarray(FLIP + (1 - 2 * FLIP) * expit(steepness * (score - threshold)))


def evidence_world(pool: Pool, threshold: float) -> World:
    """Raters who approve where the marked area covers the true evidence: IoU above ``threshold``."""
    return World("evidence", approving(pool.utility, threshold)[None])


def planted_world(
    pool: Pool,
    weights: Mapping[str, float],
    *,
    taste: float = 0.0,
    raters: int = 1,
    rng: np.random.Generator | None = None,
) -> World:
    """Raters who weigh ψ; with ``rng`` each rater's weights deviate by a standard deviation of ``taste``.

    Half of all explanations lie above each rater's threshold.
    """
    direction = np.array([weights.get(name, 0.0) for name in FEATURES])
    own = np.tile(direction, (raters, 1))
    if rng is not None:
        own += taste * rng.standard_normal(own.shape) * (direction != 0)
    score = np.einsum("nkf,rf->rnk", pool.standardised(), own)
    return World("planted", approving(score, np.median(score, axis=(1, 2), keepdims=True), steepness=3.0))


def null_world(pool: Pool, rng: np.random.Generator) -> World:
    """Raters whose approval of an explanation has to do with nothing: drawn for each, the same for all raters."""
    liked = rng.random(pool.utility.shape) < 0.5
    return World("null", np.where(liked, 1 - FLIP, FLIP)[None])


class Agent(Protocol):
    """Something that orders the explanations of an image and may learn from thumbs."""

    def order(self, image: int, /) -> NDArray[np.intp]:
        """The candidates of a pool's image, first to last."""
        ...

    def learn(self, image: int, candidate: int, value: int, rater: str, /) -> None:
        """Hear the thumb on what was shown."""
        ...

    def first(self, images: NDArray[np.intp], /) -> NDArray[np.intp]:
        """What the agent would show first of each image, without exploring: ``[len(images)]``."""
        ...


class Learned:
    """The project's ranking: fitted anew every ``refit`` thumbs, updated by each in between, its prior tuned at every
    milestone."""

    def __init__(
        self,
        pool: Pool,
        rng: np.random.Generator,
        *,
        prior: Prior | None = None,
        exploration: float = 0.1,
        refit: int = 25,
    ) -> None:
        self.pool, self.rng, self.exploration, self.refit = pool, rng, exploration, refit
        self.prior = prior
        self.posterior: Posterior = fit([], prior)

    def order(self, image: int) -> NDArray[np.intp]:
        candidates = self.pool.candidates[image]
        return np.array(order(self.posterior, candidates, rng=self.rng, exploration=self.exploration).candidates)

    def learn(self, image: int, candidate: int, value: int, rater: str) -> None:
        count = len(self.posterior.events)
        event = thumb(self.pool, image, candidate, value=value, rater=rater, sequence=count)
        log = [*self.posterior.events, event]
        if milestone(len(log)) == len(log):
            self.posterior = fit(log, prior_for(log, self.prior))
        elif len(log) % self.refit:
            self.posterior = self.posterior.update(event)
        else:
            self.posterior = fit(log, self.posterior.prior)

    def first(self, images: NDArray[np.intp]) -> NDArray[np.intp]:
        candidates = [candidate for image in images for candidate in self.pool.candidates[image]]
        return np.asarray(self.posterior.mean_utility(candidates).reshape(len(images), -1).argmax(axis=1))


def thumb(pool: Pool, image: int, candidate: int, *, value: int, rater: str, sequence: int) -> Event:
    """A thumb on a pool's explanation, as the ranking learns from it."""
    return Decision(pool.image_ids[image], rater, tuple(pool.candidates[image]), candidate, 1.0, value, sequence).event


@dataclass(frozen=True, eq=False)
class Run:
    """One simulated history. ``thumbs`` ``[C]``: after how many thumbs the agent was looked at; ``approval`` ``[C]``:
    P(👍) of what it would then show first, mean over the unseen images. ``downs`` ``[images met]``: thumbs down before
    the first up of each."""

    thumbs: NDArray[np.int64]
    approval: NDArray[np.float64]
    downs: NDArray[np.int64]


def simulate(
    agent: Agent,
    world: World,
    *,
    train: NDArray[np.intp],
    unseen: NDArray[np.intp],
    thumbs: int,
    rng: np.random.Generator,
    every: int = 20,
) -> Run:
    """Let raters meet images of ``train`` in random order, each seeing explanations until the first 👍.

    After every ``every`` thumbs the agent is judged on ``unseen`` images, by the world's probability rather than by
    further thumbs.
    """
    given, downs, looked, approval = 0, [], [], []

    def look() -> None:
        probabilities = world.at(given).mean(axis=0)[unseen]
        looked.append(given)
        approval.append(float(probabilities[np.arange(len(unseen)), agent.first(unseen)].mean()))

    look()
    queue: list[int] = []
    while given < thumbs:
        queue = queue or rng.permutation(train).tolist()
        image = queue.pop()
        rater = int(rng.integers(len(world.approval)))
        chosen = agent.order(image)
        for shown, candidate in enumerate(chosen):
            value = int(rng.random() < world.at(given)[rater, image, candidate])
            agent.learn(image, int(candidate), value, f"rater-{rater}")
            given += 1
            if given % every == 0:
                look()
            if value or given == thumbs:
                downs.append(shown + 1 - value)
                break
        else:
            downs.append(len(chosen))
    return Run(np.array(looked), np.array(approval), np.array(downs))


def build_pool(
    images: NDArray[np.uint8],
    evidence: NDArray[np.bool_],
    model: Classifier,
    arms: Sequence[str],
    *,
    dataset: str,
    samples: int = 300,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Pool:
    """Explain images uint8 ``[N, H, W, C]`` by every arm and by all of them fused.

    Each image's predicted class is explained; utility is how well the marked area covers ``evidence`` bool
    ``[N, H, W]``.
    """
    features, utility = [], []
    for number, (image, truth) in enumerate(zip(images, evidence, strict=True)):
        explanations = explain(image, model, arms, classes=1, samples=samples, masks="sobol", seed=seed)
        explanations.append(fused_explanation(explanations))
        psi = all_features(explanations, as_float(image))
        features.append([[values.get(name, np.nan) for name in FEATURES] for values in psi])
        utility.append([iou(marked(explanation), truth) for explanation in explanations])
        if progress is not None:
            progress((number + 1) / len(images))
    return Pool(
        dataset=dataset,
        classifier=model.name,
        arms=(*arms, FUSED_ARM),
        image_ids=tuple(image_id(image) for image in images),
        features=np.array(features),
        utility=np.array(utility),
        embeddings=model.embed(as_float(images)),
    )
