"""What an image looks like to a classifier, why, and what becomes of the likeness when the image is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.because_votes import Likeness
from studio.gallery import Gallery
from xai_core.arms import LIKENESS_ARMS, NEAR_MISS_ARM
from xai_core.attributes import (
    ATTRIBUTES,
    Comparison,
    EmbeddingComparison,
    Means,
    applicable,
    global_importance,
    importance_scores,
    local_importance,
    mean_importance,
    modify,
)
from xai_core.attributes.protopnet import PrototypeNetwork
from xai_core.case import Case
from xai_core.classifiers.fitting import fitted
from xai_core.datasets.base import as_float
from xai_core.datasets.files import Progress
from xai_core.examples.distances import distances_to
from xai_core.examples.index import Neighbours, Query
from xai_core.examples.summary import ClassSummary

TYPICAL_ARMS, LEARNED_ARMS = (
    tuple(arm for arm in LIKENESS_ARMS if arm.startswith(f"because/{kind}")) for kind in ("prototype", "learned")
)
"""One for each of the images that an image is put beside: whole ones, and parts that a network learned."""

SAMPLE, SAMPLE_PIXELS, LEAST_SAMPLE = 300, 4_000_000, 60
"""Training images over which usual importance is averaged: fewer of large ones, so that nobody waits for minutes."""


@dataclass(frozen=True, eq=False)
class Reply:
    """What the classifier makes of a changed image.

    ``image`` uint8 ``[H, W, C]``; ``similarity`` to the training image beside it, see ``compared``; ``nearer`` is the
    share of all training images that are less alike, 0..1; ``probabilities`` float32 ``[classes]``.
    """

    image: NDArray[np.uint8]
    similarity: float
    nearer: float
    probabilities: NDArray[np.float32]


def likenesses(
    gallery: Gallery, case: Case, query: Query, typical: ClassSummary | None, misses: Neighbours
) -> tuple[Likeness, ...]:
    """What an image is put beside, and why they are alike: prototypes of its class, then the nearest miss.

    Each is compared with the mean over all prototypes, or over all ``misses``, which are of one class.
    Fails as the classifier fails.
    """
    prototypes = np.zeros(0, np.int64)
    if typical is not None:
        prototypes = gallery.as_neighbours(query, typical.prototypes, "cosine").indices
    beside = [(arm, int(where), prototypes) for arm, where in zip(TYPICAL_ARMS, prototypes, strict=False)]
    beside += [(NEAR_MISS_ARM, int(where), misses.indices) for where in misses.indices[:1]]
    if not beside:
        return ()
    references = np.concatenate([prototypes, misses.indices])
    comparison = EmbeddingComparison(gallery.features.space, gallery.index.features[references])
    found = dict(zip(references.tolist(), local_importance(as_float(case.image), comparison), strict=True))
    return tuple(
        Likeness(
            arm=arm,
            position=where,
            row=int(gallery.features.rows[where]),
            label=int(gallery.index.labels[where]),
            importance=found[where],
            together=mean_importance([found[int(one)] for one in company], _rng(case)),
        )
        for arm, where, company in beside
    )


def learned_likenesses(gallery: Gallery, case: Case, network: PrototypeNetwork) -> tuple[Likeness, ...]:
    """The learned prototypes of the predicted class that say most for it, each compared with all of the class.

    Fails as the classifier fails.
    """
    image = as_float(case.image)
    importance, patches, doubtful = local_importance(image, network), network.patches(image), network.notes()
    own = [at for at, prototype in enumerate(network.prototypes) if prototype.label == case.prediction]
    together = mean_importance([importance[at] for at in own], _rng(case)) if own else {}
    strongest = sorted(
        (at for at in own if at not in doubtful), key=lambda at: -patches[at].similarity * network.prototypes[at].weight
    )
    return tuple(
        Likeness(
            arm=arm,
            position=int(gallery.positions(np.array([network.prototypes[at].image]))[0]),
            row=network.prototypes[at].image,
            label=network.prototypes[at].label,
            importance=importance[at],
            together=together,
            prototype=at,
            boxes=(patches[at].box, network.prototypes[at].box),
        )
        for arm, at in zip(LEARNED_ARMS, strongest, strict=False)
    )


def compared(gallery: Gallery, likeness: Likeness, network: PrototypeNetwork | None) -> tuple[Comparison, int]:
    """What compares images with that of a likeness, and which of its references that is.

    By the cosine of features, -1..1; with a learned prototype by ``network``, at the place where the image as it is
    resembles it most, 0..9.2.
    """
    if network is not None and likeness.prototype is not None:
        return network, likeness.prototype
    reference = gallery.index.features[[likeness.position]]
    return EmbeddingComparison(gallery.features.space, reference), 0


def usual_importance(
    gallery: Gallery, likeness: Likeness, network: PrototypeNetwork | None = None, progress: Progress | None = None
) -> Means:
    """What likeness to a training image rests on over a sample of all training images, weighted by their likeness.

    Fails as the classifier fails.
    """
    height, width = gallery.index.images.shape[1:3]
    size = min(max(SAMPLE_PIXELS // (height * width), LEAST_SAMPLE), SAMPLE, len(gallery.index.images))
    rng = np.random.default_rng(likeness.position)
    sample = np.sort(rng.choice(len(gallery.index.images), size, replace=False))
    comparison, reference = compared(gallery, likeness, network)

    def report(done: int, of: int) -> None:
        if progress:
            progress(done / of, f"{done} of {of} training images")

    scores = importance_scores(as_float(gallery.index.images[sample]), comparison, progress=report)
    return global_importance(scores, reference, rng).weighted


def changeable(case: Case) -> tuple[str, ...]:
    """Attributes of the image of a case that can be changed: grey ones have neither hue nor saturation."""
    image = as_float(case.image[None])
    return tuple(attribute for attribute in ATTRIBUTES if applicable(image, attribute)[0])


def reply(
    gallery: Gallery,
    case: Case,
    likeness: Likeness,
    strengths: Sequence[tuple[str, float]],
    network: PrototypeNetwork | None = None,
) -> Reply:
    """What the classifier makes of the image of a case after changes by attribute and strength, one after another.

    Fails as the classifier fails.
    """
    image = changed = as_float(case.image[None])
    for attribute, strength in strengths:
        changed = modify(changed, attribute, strength)
    comparison, reference = compared(gallery, likeness, network)
    similarity = comparison(np.stack([image, changed]))[1, 0, reference]
    return Reply(
        image=np.round(changed[0] * 255).astype(np.uint8),
        similarity=float(similarity),
        nearer=float(np.mean(_of_training(gallery, likeness) < similarity)),
        probabilities=gallery.model.predict_proba(fitted(changed, gallery.model.input_shape))[0],
    )


def _of_training(gallery: Gallery, likeness: Likeness) -> NDArray[np.floating]:
    """Similarity of every training image to that of a likeness; features of a prototype network are similarities."""
    features = gallery.index.features
    if likeness.prototype is not None:
        return np.asarray(features[:, likeness.prototype], np.float64)
    return 1 - distances_to(features[likeness.position], features, "cosine")


def _rng(case: Case) -> np.random.Generator:
    """Of bootstrap samples: the same image gets the same intervals."""
    return np.random.default_rng(int(case.image_id[:15], 16))
