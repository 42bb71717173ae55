"""How much of the similarity of two images rests on each visual attribute.

Nauta et al. 2021: the importance of an attribute is the similarity of an image to a reference before the attribute is
modified, minus that after. The reference is anything that a classifier compares images with: a prototype of
MMD-critic, a near miss, a prototype that the network learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.attributes.modifications import ATTRIBUTES, NULL, applicable, modify
from xai_core.classifiers.base import Images
from xai_core.errors import InvalidInput
from xai_core.examples.distances import Vectors, distances_to
from xai_core.examples.spaces import FeatureSpace

MODIFICATIONS: tuple[str, ...] = (*ATTRIBUTES, NULL)
CHUNK = 50  # images whose versions are held at a time

Similarities = NDArray[np.float64]
Comparison = Callable[[Images], Similarities]
"""Versions of images, float32 ``[V, N, H, W, C]`` in 0..1, to their similarities with R references, ``[V, N, R]``.

The first version is the image as it is: where a comparison looks at one place only, that decides which.
"""


@dataclass(frozen=True, eq=False)
class EmbeddingComparison:
    """Cosine similarity, -1..1, of features with those of references: ``references`` ``[R, D]``, of ``space``."""

    space: FeatureSpace
    references: Vectors

    def __call__(self, versions: Images) -> Similarities:
        """Compare every version of every image with every reference.

        Parameters
        ----------
        versions : float32 array [V, N, H, W, C], 0..1
            Versions of images.

        Returns
        -------
        float64 array [V, N, R]
            Similarities.

        Raises
        ------
        InvalidInput
            If the classifier of the space has no embedding, or the references have other features.
        """
        features = self.space.features(versions.reshape(-1, *versions.shape[2:]))
        near = [1 - distances_to(row, self.references, "cosine").astype(np.float64) for row in features]
        return np.stack(near).reshape(*versions.shape[:2], -1)


@dataclass(frozen=True)
class Importance:
    """One image and one reference: ``before`` is their similarity, ``after`` that after each of ``MODIFICATIONS``.

    ``None`` stands for an attribute that the image does not have.
    """

    before: float
    after: Mapping[str, float | None]

    @property
    def scores(self) -> dict[str, float | None]:
        """Similarity before minus after, for each of ``MODIFICATIONS``; above 0 where the attribute makes similar."""
        return {name: None if value is None else self.before - value for name, value in self.after.items()}


@dataclass(frozen=True, eq=False)
class Scores:
    """N images and R references: ``before`` float64 ``[N, R]``, ``after`` float64 ``[6, N, R]`` as ``MODIFICATIONS``.

    NaN stands for an attribute that an image does not have.
    """

    before: Similarities
    after: Similarities

    @property
    def importance(self) -> Similarities:
        """Similarity before minus after, float64 ``[6, N, R]``."""
        return self.before - self.after

    def of(self, image: int, reference: int) -> Importance:
        """The scores of one image and one reference.

        Parameters
        ----------
        image : int
            Position of the image.
        reference : int
            Position of the reference.

        Returns
        -------
        Importance
            Theirs alone.
        """
        values = self.after[:, image, reference].tolist()
        after = {name: None if np.isnan(value) else value for name, value in zip(MODIFICATIONS, values, strict=True)}
        return Importance(float(self.before[image, reference]), after)


def importance_scores(
    images: Images,
    comparison: Comparison,
    *,
    strengths: Mapping[str, float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Ask of every image and every reference what their similarity rests on.

    Parameters
    ----------
    images : float32 array [N, H, W, C], 0..1
        The images.
    comparison : Comparison
        Compares them with the references.
    strengths : mapping of str to float, optional
        Strengths of modifications; 1 (as published) of those that are not named.
    progress : callable, optional
        Called with the number of images done and the number of all.

    Returns
    -------
    Scores
        Of all images and references.

    Raises
    ------
    InvalidInput
        If there is no image, or a strength lies outside its range.

    References
    ----------
    Nauta, Jutte, Provoost & Seifert 2021, "This looks like that, because ...", section 3.
    """
    if len(images) == 0:
        raise InvalidInput("Importance is asked of at least one image, not of none.")
    strengths = strengths or {}
    parts: list[Similarities] = []
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        changed = [modify(chunk, name, strengths.get(name, 1.0)) for name in MODIFICATIONS]
        similarities = comparison(np.stack([chunk, *changed]))
        for row, name in enumerate(MODIFICATIONS, start=1):
            similarities[row, ~applicable(chunk, name)] = np.nan
        parts.append(similarities)
        if progress:
            progress(min(start + CHUNK, len(images)), len(images))
    found = np.concatenate(parts, axis=1)
    return Scores(found[0], found[1:])


def local_importance(
    image: Images, comparison: Comparison, *, strengths: Mapping[str, float] | None = None
) -> tuple[Importance, ...]:
    """Ask of one image what its similarity to each reference rests on.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image.
    comparison : Comparison
        Compares it with the references.
    strengths : mapping of str to float, optional
        As of ``importance_scores``.

    Returns
    -------
    tuple of Importance
        One for each reference.

    Raises
    ------
    InvalidInput
        If a strength lies outside its range.
    """
    scores = importance_scores(image[None], comparison, strengths=strengths)
    return tuple(scores.of(0, reference) for reference in range(scores.before.shape[1]))
