"""Raters whose taste is known, to see whether the ranking learns it.

A ``Pool`` holds real explanations of real images: their ψ, the images' embeddings and how well each mask covers what
it should. A ``World`` says with which probability a rater approves of each. An ``Agent`` orders the explanations of an
image and hears the thumbs; :func:`simulate` lets it meet rater after rater and image after image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xai_core.ranking.caution import IMAGES, Advantage, advantage
from xai_core.ranking.events import Candidate, Decision, Event
from xai_core.ranking.guard import EFFECT, faithful
from xai_core.ranking.model import Posterior, fit
from xai_core.ranking.policy import PolicyName, order
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import LATEST, fit_prior
from xai_core.ranking.psi import FEATURES, standardise, with_typical

FITTED_AT = frozenset([*range(10, 100, 10), *range(100, 10_000, 25)])  # thumbs
TUNED_AT = frozenset([20, 60, 200])  # thumbs: fewer milestones than in the studio, since each takes some 25 fits
MEASURE = "measure "  # before the name of a measure in a stored pool


@dataclass(frozen=True, eq=False)
class Pool:
    """N images with K explanations each: ``features`` float64 ``[N, K, len(FEATURES)]`` (nan where missing),
    ``embeddings`` ``[N, D]``. ``measures`` float64 ``[N, K]`` by name are what raters go by: how well the marked area
    covers the true evidence (``iou``, ``precision``, ``recall``), in how many ``patches``, and how ``faithful`` it is;
    ``effect`` is what the guard goes by."""

    dataset: str
    classifier: str
    arms: tuple[str, ...]
    image_ids: tuple[str, ...]
    features: NDArray[np.float64]
    measures: Mapping[str, NDArray[np.float64]]
    embeddings: NDArray[np.float32]

    @cached_property
    def candidates(self) -> list[list[Candidate]]:
        """The explanations of every image, in the order of ``arms``."""
        psi = [
            with_typical([dict(zip(FEATURES, row, strict=True)) for row in image]) for image in self.features.tolist()
        ]
        if EFFECT in self.measures:  # the guard asks for it
            for rows, effects in zip(psi, self.measures[EFFECT].tolist(), strict=True):
                for row, effect in zip(rows, effects, strict=True):
                    row[EFFECT] = effect
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
        stored: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "measures"}
        stored |= {MEASURE + name: values for name, values in self.measures.items()}
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
                measures={key.removeprefix(MEASURE): stored[key] for key in stored.files if key.startswith(MEASURE)},
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
    """The project's ranking: fitted anew every few thumbs, its prior tuned at some of the milestones.

    ``policy`` as for :func:`order`. Between two fits the posterior stays as it is: on average that is as good as an
    update by each thumb, and it makes thousands of histories affordable.
    """

    def __init__(
        self,
        pool: Pool,
        rng: np.random.Generator,
        *,
        prior: Prior | None = None,
        policy: PolicyName = "learned",
        exploration: float = 0.1,
        cautious: bool = True,
    ) -> None:
        self.pool, self.rng, self.exploration, self.policy = pool, rng, exploration, policy
        self.prior, self.cautious = prior, cautious
        self.events: list[Event] = []
        self.met: dict[int, list[Candidate]] = {}
        self.propensities: dict[int, float] = {}
        self.trust: Advantage | None = None
        self.posterior: Posterior = fit([], prior)

    def order(self, image: int) -> NDArray[np.intp]:
        candidates = self.pool.candidates[image]
        drawn = order(
            self.posterior,
            candidates,
            policy=self.policy,
            rng=self.rng,
            exploration=self.exploration,
            trust=self.trust,
        )
        self.met[image] = candidates
        self.propensities = dict(zip(drawn.candidates, drawn.propensities, strict=True))
        return np.array(drawn.candidates)

    def learn(self, image: int, candidate: int, value: int, rater: str) -> None:
        event = thumb(self.pool, image, candidate, value=value, rater=rater, sequence=len(self.events))
        self.events.append(replace(event, propensity=self.propensities.get(candidate, 1.0)))
        if len(self.events) in TUNED_AT:
            self._believe(fit(self.events, fit_prior(self.events[-LATEST:], self.prior)))
        elif len(self.events) in FITTED_AT:
            self._believe(fit(self.events, self.posterior.prior))

    def _believe(self, posterior: Posterior) -> None:
        self.posterior = posterior
        if self.cautious:
            self.trust = advantage(posterior, list(self.met.values())[-IMAGES:])

    def first(self, images: NDArray[np.intp]) -> NDArray[np.intp]:
        """Judged as the pages would show it: guarded, cautious, never exploring."""
        offered = [self.pool.candidates[image] for image in images]
        utility = self.posterior.mean_utility([c for each in offered for c in each]).reshape(len(images), -1)
        trust = self.trust or (advantage(self.posterior, offered[:IMAGES]) if self.cautious else None)
        if trust is not None and not trust.sure:
            utility[:, self.pool.arms.index(trust.arm)] = utility.max() + 1
        if self.policy == "guarded":
            utility[~np.array([faithful(each) for each in offered])] -= utility.max() - utility.min() + 1
        return np.asarray(utility.argmax(axis=1))


def thumb(pool: Pool, image: int, candidate: int, *, value: int, rater: str, sequence: int) -> Event:
    """A thumb on a pool's explanation, as the ranking learns from it."""
    return Decision(pool.image_ids[image], rater, tuple(pool.candidates[image]), candidate, 1.0, value, sequence).event


@dataclass(frozen=True, eq=False)
class Run:
    """One simulated history. ``thumbs`` ``[C]``: after how many thumbs the agent was looked at; ``approval`` ``[C]``:
    P(👍) of what it would then show first, mean over the unseen images. ``downs`` ``[images met]``: thumbs down before
    the first up of each. ``firsts`` ``[C, U]``: what it would show first of the ``unseen`` images ``[U]``."""

    thumbs: NDArray[np.int64]
    approval: NDArray[np.float64]
    downs: NDArray[np.int64]
    unseen: NDArray[np.intp]
    firsts: NDArray[np.intp]


def simulate(
    agent: Agent,
    world: World,
    *,
    train: NDArray[np.intp],
    unseen: NDArray[np.intp],
    looks: Sequence[int],
    rng: np.random.Generator,
) -> Run:
    """Let raters meet images of ``train`` in random order, each seeing explanations until the first 👍.

    After each number of thumbs in ``looks`` the agent is judged on ``unseen`` images, by the world's probability rather
    than by further thumbs; the largest ends the history.
    """
    given, downs, firsts = 0, [], []
    wanted, thumbs = set(looks), max(looks)

    def look() -> None:
        if given in wanted:
            firsts.append(agent.first(unseen))

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
            look()
            if value or given == thumbs:
                downs.append(shown + 1 - value)
                break
        else:
            downs.append(len(chosen))
    moments = np.array(sorted(wanted))
    approval = [
        float(world.at(int(moment)).mean(axis=0)[unseen, first].mean())
        for moment, first in zip(moments, firsts, strict=True)
    ]
    return Run(moments, np.array(approval), np.array(downs), unseen, np.array(firsts))
