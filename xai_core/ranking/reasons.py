"""Why is this one first? The ranking model read back in words, and the earlier thumbs that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from xai_core.ranking.design import Name, space
from xai_core.ranking.events import Candidate
from xai_core.ranking.model import Posterior
from xai_core.ranking.psi import AMPLE, FEATURES, standardise

ARM, IMAGE = "arm", "image"


@dataclass(frozen=True)
class Reason:
    """What a feature, the arm's record or similar images add to a candidate's log odds, compared with the others.

    ``about`` is a key of ``FEATURES``, ``"arm"`` or ``"image"``; ``phrase`` completes "it stands here because ...";
    ``contribution`` > 0 speaks for it; ``sd`` is its posterior standard deviation.
    """

    about: str
    phrase: str
    contribution: float
    sd: float


@dataclass(frozen=True)
class Similar:
    """An image judged before that resembles the present one (``similarity`` 0..1), and its thumbs."""

    image_id: str
    similarity: float
    ups: int
    downs: int


def reasons(posterior: Posterior, candidates: Sequence[Candidate], chosen: int) -> list[Reason]:
    """Everything that moves ``candidates[chosen]`` against the mean of the others, the strongest first.

    The contributions add up to the difference of posterior mean log odds.
    """
    if len(candidates) < 2:
        return []
    grown, X = posterior.covering(candidates)
    dense = X.toarray()
    others = np.arange(len(candidates)) != chosen
    difference = dense[chosen] - dense[others].mean(axis=0)
    psi, _ = standardise([candidate.features for candidate in candidates])
    higher = dict(zip(FEATURES, psi[chosen] > psi[others].mean(axis=0), strict=True))

    groups: dict[str, list[int]] = {}
    for name, at in grown.index.items():
        if difference[at] != 0:
            groups.setdefault(_about(name), []).append(at)
    part = np.zeros((len(grown.mean), len(groups)))
    for column, members in enumerate(groups.values()):
        part[members, column] = difference[members]
    contributions = part.T @ grown.mean
    sds = np.sqrt(np.einsum("ij,ij->j", part, linalg.cho_solve(grown.factor, part)))
    found = [
        Reason(about, _phrase(about, higher, contribution), float(contribution), float(sd))
        for about, contribution, sd in zip(groups, contributions, sds, strict=True)
    ]
    return sorted(found, key=lambda reason: -abs(reason.contribution))


def similar(posterior: Posterior, candidate: Candidate, limit: int = 6, least: float = 0.5) -> list[Similar]:
    """The images judged so far that are nearest to the candidate's, by the ranking's own kernel; at most ``limit``.

    ``ups`` and ``downs`` count thumbs on the candidate's arm. Images below similarity ``least`` are left out. Empty
    where the candidate has no embedding or its data set and classifier are new.
    """
    key = space(candidate)
    if key is None or candidate.embedding is None or key not in posterior.landmarks:
        return []
    votes: dict[str, list[int]] = {}
    embeddings: dict[str, NDArray[np.floating]] = {}
    for event in posterior.events:
        if event.embedding is not None and event.arm == candidate.arm and space(event) == key:
            votes.setdefault(event.image_id, [0, 0])[event.value] += 1
            embeddings[event.image_id] = event.embedding
    if not votes:
        return []
    similarity = posterior.landmarks[key].similarity(np.stack(list(embeddings.values())), candidate.embedding)
    found = [
        Similar(image, float(alike), ups=votes[image][1], downs=votes[image][0])
        for image, alike in zip(embeddings, similarity, strict=True)
        if alike >= least
    ]
    return sorted(found, key=lambda image: (-image.similarity, image.image_id))[:limit]


def _about(name: Name) -> str:
    """What a coefficient is about, for a person: a feature, the arm's record, or the image."""
    if name[0] == "feature":
        return name[1].removeprefix(AMPLE)
    return IMAGE if name[0] == "image" else ARM


def _phrase(about: str, higher: dict[str, bool], contribution: float) -> str:
    often = "more" if contribution > 0 else "less"
    if about == ARM:
        return f"this way of cutting the image up has convinced people {often} often than others"
    if about == IMAGE:
        return f"on images like this one it has convinced people {often} often than others"
    return FEATURES[about].high if higher[about] else FEATURES[about].low
