"""Feature spaces in which images are near or far.

Three spaces: ``model`` (penultimate layer of the classifier at hand: what *it* finds alike), ``imagenet`` (a network
that has seen photographs of everything and knows nothing of the classifier), and ``pixels``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import Classifier
from xai_core.classifiers.fitting import fitted
from xai_core.errors import InvalidInput
from xai_core.examples.distances import Vectors
from xai_core.examples.index import Query
from xai_core.examples.kernels import Points, as_points, unit_length

SPACES: tuple[str, ...] = ("model", "imagenet", "pixels")


@dataclass(frozen=True)
class FeatureSpace:
    """One of ``SPACES``. ``encoder`` is the network that embeds, None for pixels."""

    name: str
    encoder: Classifier | None = None

    def features(self, images: Vectors) -> Vectors:
        """Features of images.

        Images of another size or number of channels than the encoder takes are resized (bicubic) and converted.

        Parameters
        ----------
        images : uint8 array, or float32 in 0..1 [N, H, W, C]
            Grey or RGB.

        Returns
        -------
        float32 array [N, D] or array [N, H * W * C]
            Embeddings, or for pixels the images themselves.

        Raises
        ------
        InvalidInput
            If the encoder has no embedding.
        """
        if self.encoder is None:
            return images.reshape(len(images), -1)
        pixels = images.astype(np.float32, copy=False)
        if images.dtype == np.uint8:
            pixels = pixels / np.float32(255)
        try:
            return self.encoder.embed(fitted(pixels, self.encoder.input_shape))
        except NotImplementedError as error:
            raise _no_embedding(self.encoder) from error

    def points(self, features: Vectors) -> Points:
        """Features as points among which prototypes are chosen.

        Embeddings are scaled to unit length: their length says how strongly a network responds, their direction to what
        (and cosine is the default distance of neighbours too). Pixels count as 0..1.

        Parameters
        ----------
        features : float32 or uint8 array [N, D]
            As ``features`` returns them.

        Returns
        -------
        float32 array [N, D]
            One point for each image.
        """
        points = as_points(features)
        return points if self.encoder is None else unit_length(points)

    def query(self, image: NDArray[np.uint8]) -> Query:
        """One image as a query against an index of this space.

        Parameters
        ----------
        image : uint8 array [H, W, C]
            The image.

        Returns
        -------
        Query
            Its features and its pixels.
        """
        return Query(self.features(image[None])[0], image)


def feature_space(name: str, classifier: Classifier, imagenet: Classifier | None = None) -> FeatureSpace:
    """Choose the space in which images are near or far.

    Parameters
    ----------
    name : {"model", "imagenet", "pixels"}
        ``model`` is the penultimate layer of the classifier.
    classifier : Classifier
        The classifier at hand.
    imagenet : Classifier, optional
        Encoder of the space ``imagenet``, which cannot do without.

    Returns
    -------
    FeatureSpace
        Ready to embed images.

    Raises
    ------
    InvalidInput
        If the name is unknown, the encoder missing, or the classifier without embedding.
    """
    match name:
        case "pixels":
            return FeatureSpace("pixels")
        case "model":
            return FeatureSpace("model", _embedding(classifier))
        case "imagenet":
            if imagenet is None:
                raise InvalidInput(
                    "The feature space 'imagenet' needs an ImageNet classifier; load one, or use 'pixels'."
                )
            return FeatureSpace("imagenet", _embedding(imagenet))
    raise InvalidInput(f"There is no feature space {name!r}; known are {', '.join(SPACES)}.")


def _embedding(classifier: Classifier) -> Classifier:
    if not callable(getattr(classifier, "embed", None)):
        raise _no_embedding(classifier)
    return classifier


def _no_embedding(classifier: Classifier) -> InvalidInput:
    return InvalidInput(
        f"{classifier.name} has no embedding; choose the feature space 'pixels' or 'imagenet' for its examples."
    )
