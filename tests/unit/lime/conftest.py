from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest


@dataclass
class FunctionClassifier:
    """A classifier from any function of images [N, H, W, C] to probabilities [N, K]; counts the images it saw."""

    function: Callable
    input_shape: tuple[int, int, int]
    class_names: tuple[str, ...] = ("a", "b", "c")
    name: str = "toy"
    version: str = "1"
    precision: str = "float32"
    batches: list[int] = field(default_factory=list)

    def predict_proba(self, images):
        self.batches.append(len(images))
        return self.function(images).astype(np.float32)

    def embed(self, images):
        return images.reshape(len(images), -1)


@pytest.fixture
def softmax_classifier():
    """Builds a three-class softmax classifier with a hidden layer on pixels, non-linear enough to need LIME."""

    def build(shape: tuple[int, int, int]) -> FunctionClassifier:
        rng = np.random.default_rng(7)
        size = int(np.prod(shape))
        hidden, out = rng.normal(size=(size, 8)) * 4 / np.sqrt(size), rng.normal(size=(8, 3))

        def probabilities(images):
            scores = np.exp(np.tanh(images.reshape(len(images), -1).astype(np.float64) @ hidden) @ out)
            return scores / scores.sum(axis=1, keepdims=True)

        return FunctionClassifier(probabilities, shape)

    return build


@pytest.fixture
def mean_classifier():
    """Builds a two-class classifier whose first probability is a weighted sum of the pixels."""

    def build(pixel_weights: np.ndarray) -> FunctionClassifier:
        def probabilities(images):
            first = (images[..., 0].astype(np.float64) * pixel_weights).sum(axis=(1, 2))
            return np.stack([first, 1 - first], axis=1)

        return FunctionClassifier(probabilities, (*pixel_weights.shape, 1), class_names=("yes", "no"))

    return build


@pytest.fixture
def function_classifier():
    return FunctionClassifier


@pytest.fixture
def cells():
    """Builds a label map of n x n equal cells on a square image."""

    def build(side: int, n: int) -> np.ndarray:
        index = np.arange(side) * n // side
        return index[:, None] * n + index

    return build
