"""Which image comes next."""

import numpy as np
import pytest

from xai_core.datasets import ImageDataset, as_float
from xai_core.sampling import interesting_indices, is_interesting, random_indices


class Brightness:
    """Says class 1 with the mean brightness of the image as its probability."""

    name, class_names, input_shape, version, precision = "brightness", ("dark", "bright"), (4, 4, 1), "1", "float32"

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        bright = images.mean((1, 2, 3))
        return np.stack([1 - bright, bright], axis=1)

    def embed(self, images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1)


@pytest.fixture
def data() -> ImageDataset:
    levels = np.linspace(0, 255, 600).astype(np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (600, 4, 4, 1))
    truths = np.ones(600, np.int64)
    return ImageDataset("toy", "Toy", ("dark", "bright"), images, truths, images, truths, "", "", "")


@pytest.mark.parametrize(
    ("probabilities", "truth", "expected"),
    [
        ([0.6, 0.4, 0.0], 1, True),  # wrong, truth second, margin .2
        ([0.6, 0.4, 0.0], 0, False),  # right
        ([0.5, 0.3, 0.2], 2, False),  # truth is only third
        ([0.8, 0.2, 0.0], 1, False),  # wrong by far
        ([0.75, 0.25, 0.0], 1, True),  # margin exactly .5
        ([0.6, 0.4, 0.0], -1, False),  # nobody knows the truth
    ],
)
def test_the_notebooks_rule(probabilities: list[float], truth: int, expected: bool) -> None:
    assert is_interesting(np.array([probabilities], np.float32), np.array([truth])).tolist() == [expected]


def test_interesting_images_are_found_once_each_and_only_they(data: ImageDataset) -> None:
    found = list(interesting_indices(data, Brightness(), np.random.default_rng(0)))
    bright = as_float(data.x_test).mean((1, 2, 3))
    expected = {int(i) for i in np.flatnonzero((bright < 0.5) & (1 - 2 * bright <= 0.5))}
    assert sorted(found) == sorted(expected)
    assert found != sorted(found)


def test_seen_images_do_not_come_again_until_all_were_seen(data: ImageDataset) -> None:
    rng = np.random.default_rng(0)
    assert set(random_indices(data, rng, exclude=range(590))) == set(range(590, 600))
    assert len(random_indices(data, rng, exclude=range(600))) == 600
