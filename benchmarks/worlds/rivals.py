"""What the ranking is compared with: orders that learn nothing, approval by arm, bandits of a kept library."""

from __future__ import annotations

import numpy as np
from mabwiser.mab import MAB
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from xai_core.ranking.simulation import Pool

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


class FixedOrder:
    """Always the same order, beginning with ``start``; a random one per image with ``rng``."""

    def __init__(self, pool: Pool, rng: np.random.Generator | None = None, *, start: int = 0) -> None:
        self.count, self.rng, self.start = len(pool.arms), rng, start

    def order(self, _image: int) -> Ints:
        fixed = np.roll(np.arange(self.count), -self.start)
        return fixed if self.rng is None else self.rng.permutation(self.count)

    def learn(self, _image: int, _candidate: int, _value: int, _rater: str) -> None:
        """Nothing is learned."""

    def first(self, images: Ints) -> Ints:
        return np.full(len(images), self.start) if self.rng is None else self.rng.integers(0, self.count, len(images))


class Popularity:
    """Beta–Bernoulli per arm: Thompson draws to learn, posterior means to be judged by; ``forget``: anew per image."""

    def __init__(self, pool: Pool, rng: np.random.Generator, *, forget: bool = False) -> None:
        self.counts, self.rng, self.forget = np.ones((len(pool.arms), 2)), rng, forget

    def order(self, _image: int) -> Ints:
        if self.forget:
            self.counts[:] = 1
        return np.argsort(-self.rng.beta(self.counts[:, 1], self.counts[:, 0]))

    def learn(self, _image: int, candidate: int, value: int, _rater: str) -> None:
        self.counts[candidate, value] += 1

    def first(self, images: Ints) -> Ints:
        if self.forget:  # nothing is known of an image before its first thumb
            return self.rng.integers(0, len(self.counts), len(images))
        return np.full(len(images), np.argmax(self.counts[:, 1] / self.counts.sum(axis=1)))


class Library:
    """A contextual bandit of mabwiser. Context: the first ten principal components of all that is known of an image
    before the first thumb, its embedding and ψ of every arm."""

    def __init__(self, pool: Pool, policy: object, seed: int) -> None:
        known = np.nan_to_num(pool.standardised().reshape(len(pool.image_ids), -1))
        embedding = (pool.embeddings - pool.embeddings.mean(axis=0)) / (pool.embeddings.std(axis=0) + 1e-6)
        components = PCA(10, random_state=0).fit_transform(np.concatenate([known, embedding], axis=1))
        self.context = np.hstack([components / components.std(axis=0), np.ones((len(components), 1))])
        self.count = len(pool.arms)
        self.bandit = MAB(list(range(self.count)), policy, seed=seed)
        self.started = False

    def _expected(self, images: Ints) -> Floats:
        if not self.started:
            return np.zeros((len(images), self.count))
        expected = self.bandit.predict_expectations(self.context[images])
        rows = expected if isinstance(expected, list) else [expected]
        return np.array([[row[arm] for arm in range(self.count)] for row in rows])

    def order(self, image: int) -> Ints:
        return np.argsort(-self._expected(np.array([image]))[0], kind="stable")

    def learn(self, image: int, candidate: int, value: int, _rater: str) -> None:
        train = self.bandit.partial_fit if self.started else self.bandit.fit
        train([candidate], [value], self.context[[image]])
        self.started = True

    def first(self, images: Ints) -> Ints:
        return self._expected(images).argmax(axis=1)
