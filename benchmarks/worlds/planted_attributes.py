"""Worlds of pictures whose classes differ in one visual attribute alone, and classifiers that have to find out which.

A picture shows soft bars of one colour under fine grain. All attributes vary by chance, but for the planted one, which
the class decides: so what a classifier learns of such a world can only be that attribute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import hsv2rgb, rgb2hsv
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from xai_core.attributes import ATTRIBUTES, MODIFICATIONS, NULL, EmbeddingComparison, importance_scores
from xai_core.classifiers.base import Images
from xai_core.examples import feature_space, prototypes_by_class
from xai_core.numerics import luminance

SIZE, PERIOD = 32, 11  # pixels of a picture and of a pair of bars
RANGES = {
    "hue": (0.0, 1.0),  # share of the circle
    "saturation": (0.1, 0.3),  # greatest minus smallest channel
    "contrast": (0.35, 1.0),  # share of the picture in its mixture with grey
    "shape": (0.0, 1.0),  # below 0.5 upright bars, above lying ones
    "texture": (0.003, 0.02),  # standard deviation of the grain
}
LEVELS = {
    "hue": tuple(np.arange(10) / 10),
    "saturation": (0.12, 0.28),
    "contrast": (0.45, 1.0),
    "shape": (0.0, 1.0),
    "texture": (0.006, 0.018),
}
BARS = 0.2  # of brightness, above and below the middle
WAVES = 0.4  # pixels by which the edges of bars wave at most


def draw(planted: str, count: int, rng: np.random.Generator) -> tuple[Images, NDArray[np.int64]]:
    """``count`` pictures float32 ``[N, 32, 32, 3]`` in 0..1 of the world ``planted``, and their classes."""
    labels = rng.integers(len(LEVELS[planted]), size=count)
    return np.stack([_picture(planted, int(label), rng) for label in labels]), labels


def _picture(planted: str, label: int, rng: np.random.Generator) -> Images:
    at = {name: rng.uniform(*bounds) for name, bounds in RANGES.items()}
    at[planted] = LEVELS[planted][label] * rng.uniform(0.95, 1.05)
    along, across = np.mgrid[:SIZE, :SIZE]
    height = 0.0 if planted == "shape" else rng.uniform(0, WAVES)
    waves = height * np.sin(2 * np.pi * (along / rng.uniform(5, 8) + rng.random()))
    bars = np.tanh(3 * np.sin(2 * np.pi * ((across + waves) / PERIOD + rng.random())))
    bars = bars.T if at["shape"] > 0.5 else bars
    colour = hsv2rgb(np.array([[[at["hue"] % 1, 1.0, 1.0]]]))
    colour = at["saturation"] * (colour - luminance(colour)[..., None])
    picture = BARS * bars + rng.normal(0, at["texture"], bars.shape)
    return (0.5 + at["contrast"] * (picture[..., None] + colour)).clip(0, 1).astype(np.float32)


def descriptors(images: Images) -> NDArray[np.float64]:
    """What pictures look like in every respect, the same for all worlds: ``[N, 6]``."""
    hue = 2 * np.pi * np.stack([rgb2hsv(image)[..., 0] for image in images])
    circle = np.stack([np.cos(hue).mean(axis=(1, 2)), np.sin(hue).mean(axis=(1, 2))])
    bright = luminance(images)
    smooth = ndimage.gaussian_filter(bright, (0, 1, 1))
    down, right = (np.abs(np.diff(smooth, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2))
    grain = np.median(np.abs(bright - ndimage.median_filter(bright, (1, 3, 3))), axis=(1, 2))
    sizes = [np.ptp(images, axis=3).mean(axis=(1, 2)), smooth.std(axis=(1, 2)), grain + 1e-4]
    return np.stack([*circle / np.hypot(*circle), *np.log(sizes), np.log(down / right)], axis=1)


@dataclass(frozen=True)
class Discriminant:
    """A ``Classifier``: linear discriminant analysis of ``descriptors``.

    Its embedding are the discriminants and a constant, without which the cosine would not see how large they are.
    """

    name: str
    class_names: tuple[str, ...]
    fitted: LinearDiscriminantAnalysis = field(repr=False)
    input_shape: tuple[int, int, int] = (SIZE, SIZE, 3)
    version: str = "1"
    precision: str = "float32"

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """See ``Classifier.predict_proba``."""
        return self.fitted.predict_proba(descriptors(images)).astype(np.float32)

    def embed(self, images: Images) -> NDArray[np.float32]:
        """See ``Classifier.embed``."""
        found = self.fitted.transform(descriptors(images))
        scale = np.abs(self.fitted.transform(self.fitted.means_)).max()
        return np.pad(found / scale, ((0, 0), (0, 1)), constant_values=1).astype(np.float32)


def fitted_to(planted: str, images: Images, labels: NDArray[np.int64]) -> Discriminant:
    """The classifier that learned the world ``planted`` from pictures and their classes."""
    names = tuple(f"{planted} {level:g}" for level in LEVELS[planted])
    return Discriminant(f"planted-{planted}", names, LinearDiscriminantAnalysis().fit(descriptors(images), labels))


def ranked_first(
    planted: str, rng: np.random.Generator, train: int = 300, test: int = 40, seen_by: str = "model"
) -> tuple[float, float]:
    """Share of test pictures whose likeness to their class rests on ``planted`` most, and the largest score of null.

    The likeness is that to three prototypes of the predicted class, chosen by MMD-critic among the training pictures,
    in the feature space ``seen_by``.
    """
    images, labels = draw(planted, train, rng)
    classifier = fitted_to(planted, images, labels)
    space = feature_space(seen_by, classifier)
    features = space.features(images)
    prototypes = prototypes_by_class(space.points(features), labels, 3)
    pictures, _ = draw(planted, test, rng)
    scores = importance_scores(
        pictures, EmbeddingComparison(space, np.concatenate([features[found.indices] for found in prototypes.values()]))
    )
    owners = np.repeat(list(prototypes), [len(found.indices) for found in prototypes.values()])
    predicted = classifier.predict_proba(pictures).argmax(axis=1)
    means = np.stack([scores.importance[:, row, owners == label].mean(axis=1) for row, label in enumerate(predicted)])
    first = means[:, : len(ATTRIBUTES)].argmax(axis=1) == ATTRIBUTES.index(planted)
    return float(first.mean()), float(np.abs(scores.importance[MODIFICATIONS.index(NULL)]).max())
