"""From events to the rows of a regression: which coefficients an explanation touches, and with which values.

Every coefficient has a name, a tuple of strings, so that the model can grow by an arm or a data set, be read
("what does ψ's area do?") and be stored without depending on an order of columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.spatial.distance import cdist, pdist

from xai_core.ranking.events import Candidate, Event
from xai_core.ranking.psi import EFFECTS, FEATURES, ample, standardise

Name = tuple[str, ...]
Space = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Images that stand for the embedding space: a Nyström approximation of a Gaussian kernel.

    ``k(φ, φ') ≈ z(φ)ᵀ z(φ')`` with ``z(φ) = L⁻¹ k(landmarks, φ)``, ``L Lᵀ`` the kernel of the landmarks
    (Williams & Seeger 2001). ``points`` float64 ``[m, D]``, ``factor`` ``[m, m]``.
    """

    points: NDArray[np.float64]
    bandwidth: float
    factor: NDArray[np.float64]

    @classmethod
    def choose(cls, embeddings: NDArray[np.float64], count: int, rng: np.random.Generator) -> Landmarks:
        """``count`` of the embeddings ``[N, D]`` at random; the bandwidth is the median distance between them."""
        chosen = np.sort(rng.permutation(len(embeddings))[:count])
        points = embeddings[chosen]
        distances = pdist(points) if len(points) > 1 else np.ones(1)
        bandwidth = float(np.median(distances)) or 1.0
        kernel = np.exp(-(cdist(points, points) ** 2) / (2 * bandwidth**2)) + 1e-6 * np.eye(len(points))
        return cls(points, bandwidth, linalg.cholesky(kernel, lower=True))

    def similarity(self, embeddings: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
        """k of each embedding ``[N, D]`` with another ``[D]``: float64 ``[N]`` in 0..1."""
        return np.asarray(self._kernel(other[None], embeddings)[0])

    def _kernel(self, left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.asarray(np.exp(-(cdist(left, right) ** 2) / (2 * self.bandwidth**2)))

    def transform(self, embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
        """z of embeddings ``[N, D]``: float64 ``[N, m]``."""
        return np.asarray(linalg.solve_triangular(self.factor, self._kernel(self.points, embeddings), lower=True).T)


def space(candidate: Candidate) -> Space | None:
    """Within which embeddings can be compared: data set, classifier and length; None without an embedding."""
    if candidate.embedding is None:
        return None
    return candidate.dataset, candidate.classifier, str(len(candidate.embedding))


def choose_landmarks(events: Iterable[Event], count: int, seed: int) -> dict[Space, Landmarks]:
    """Landmarks of every space among the events' images; depends on the set of images, not on their order."""
    images: dict[Space, dict[str, NDArray[np.floating]]] = {}
    for event in events:
        if event.embedding is not None and (key := space(event)) is not None:
            images.setdefault(key, {})[event.image_id] = event.embedding
    return {
        key: Landmarks.choose(
            np.stack([embeddings[image] for image in sorted(embeddings)]).astype(np.float64),
            count,
            np.random.default_rng(seed),
        )
        for key, embeddings in sorted(images.items())
    }


@cache
def names(arm: str, dataset: str, key: Space | None, rank: int) -> tuple[Name, ...]:
    """The coefficients that an explanation of this arm on this data set touches, in the order of :func:`values`.

    Effects are nested, so that an arm with few thumbs borrows from its segmenter, and a data set from all others:
    segmenter, granularity, arm, arm on this data set; ψ relative to the image's other explanations, everywhere and on
    this data set; the image's mean ψ; the image term of ``rank`` landmarks, common to all arms and the arm's own.
    """
    segmenter, _, granularity = arm.partition("@")
    effects: list[Name] = [
        ("level",),
        ("level", dataset),
        ("segmenter", segmenter),
        ("granularity", granularity),
        ("arm", arm),
        ("arm", arm, dataset),
    ]
    shared: list[Name] = [("feature", name) for name in EFFECTS]
    local: list[Name] = [("feature", name, dataset) for name in EFFECTS]
    difficulty: list[Name] = [("difficulty", name) for name in FEATURES]
    image: list[Name] = []
    if key is not None:
        image = [("image", *key, str(n)) for n in range(rank)] + [("image", *key, str(n), arm) for n in range(rank)]
    return *effects, *shared, *local, *difficulty, *image


def values(candidates: Sequence[Candidate], landmarks: Landmarks | None, rho: float) -> NDArray[np.float64]:
    """Rows ``[N, coefficients]`` of candidates of one data set and space, in the order of their :func:`names`.

    The image term has the kernel ``k(φ, φ') [ρ + (1-ρ) 1{same arm}]``, hence the factors √ρ and √(1-ρ).
    """
    relative, typical = effect_values([candidate.features for candidate in candidates])
    parts = [np.ones((len(relative), 6)), relative, relative, typical]
    if landmarks is not None:
        shared = {id(c.embedding): np.asarray(c.embedding) for c in candidates}  # of one image, one array
        place = {key: at for at, key in enumerate(shared)}
        z = landmarks.transform(np.stack(list(shared.values())).astype(np.float64))
        parts.append(np.hstack([np.sqrt(rho) * z, np.sqrt(1 - rho) * z])[[place[id(c.embedding)] for c in candidates]])
    return np.concatenate(parts, axis=1)


def effect_values(psi: Sequence[Mapping[str, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each of ``EFFECTS`` multiplies, ``[N, 2 F]``, and the images' means ``[N, F]``, of ψ of N explanations."""
    beside, typical = standardise(psi)
    share = ample(psi)[:, None]
    return np.concatenate([beside * (1 - share), beside * share], axis=1), typical


def rows(
    candidates: Sequence[Candidate], index: dict[Name, int], landmarks: Mapping[Space, Landmarks], rho: float
) -> sparse.csr_array:
    """Design matrix ``[N, len(index)]`` of the candidates; coefficients not yet in ``index`` are added to it."""
    groups: dict[tuple[str, Space | None], list[int]] = {}
    for position, candidate in enumerate(candidates):
        key = space(candidate)
        groups.setdefault((candidate.dataset, key if key in landmarks else None), []).append(position)
    blocks = []
    for (dataset, key), members in groups.items():
        group = [candidates[member] for member in members]
        known = None if key is None else landmarks[key]
        block = values(group, known, rho)
        rank = 0 if known is None else len(known.points)
        code = {arm: at for at, arm in enumerate(dict.fromkeys(candidate.arm for candidate in group))}
        columns = [[index.setdefault(name, len(index)) for name in names(arm, dataset, key, rank)] for arm in code]
        indices = np.array(columns, np.int32)[[code[candidate.arm] for candidate in group]]
        blocks.append((block.ravel(), indices.ravel(), np.arange(0, block.size + 1, block.shape[1])))
    if not blocks:
        return sparse.csr_array((0, len(index)))
    parts = [sparse.csr_array(block, shape=(len(block[2]) - 1, len(index))) for block in blocks]
    for part in parts:
        part.eliminate_zeros()  # an image touches one of the two effects of ψ, seldom both
    stacked = sparse.vstack(parts, format="csr")
    asked = np.concatenate(list(groups.values()))
    in_order = bool((np.diff(asked) > 0).all())
    return stacked if in_order else sparse.csr_array(stacked[np.argsort(asked)])
