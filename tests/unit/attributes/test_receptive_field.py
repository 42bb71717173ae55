"""Receptive fields by arithmetic, and by changing pixels."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.attributes.receptive_field import cut, receptive_fields
from xai_core.errors import InvalidInput
from xai_core.paths import MODELS_DIR


def chain(*stack: layers.Layer, shape: tuple[int, int, int] = (16, 20, 1)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


def test_fields_of_two_convolutions_and_a_pool_worked_out_by_hand() -> None:
    network = chain(layers.Conv2D(1, 3), layers.MaxPooling2D(2), layers.Conv2D(1, 3))
    rows, columns = receptive_fields(network.layers)
    # 16 -> 14 -> 7 -> 5 places; one sees 3 pooled, 6 convolved, 8 pixels, and its neighbour begins 2 pixels later
    assert rows.tolist() == [[0, 8], [2, 10], [4, 12], [6, 14], [8, 16]]
    assert columns.tolist() == [[0, 8], [2, 10], [4, 12], [6, 14], [8, 16], [10, 18], [12, 20]]


def test_padding_is_not_counted_as_seen() -> None:
    network = chain(layers.Conv2D(1, 5, padding="same"), layers.ZeroPadding2D(((1, 0), (0, 0))), layers.Conv2D(1, 2))
    rows, _ = receptive_fields(network.layers)
    assert rows[:3].tolist() == [[0, 3], [0, 4], [0, 5]]
    assert rows[-1].tolist() == [12, 16]


def seen_by_changing(network: keras.Model, place: tuple[int, int]) -> tuple[int, int, int, int]:
    """The smallest box that holds every pixel whose change moves the output at ``place``."""
    height, width, _ = network.input_shape[1:]
    images = np.random.default_rng(0).random((1, height, width, 1), np.float32).repeat(height * width + 1, axis=0)
    for number, (row, column) in enumerate(np.ndindex(height, width)):
        images[number, row, column] += 5
    found = network.predict(images, verbose=0)[:, place[0], place[1]]
    moved = np.abs(found[:-1] - found[-1]).max(axis=1).reshape(height, width) > 1e-6
    rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


@pytest.mark.parametrize("place", [(0, 0), (1, 2), (3, 4)])
def test_fields_are_just_those_pixels_whose_change_matters(place: tuple[int, int]) -> None:
    keras.utils.set_random_seed(0)
    network = chain(
        layers.Conv2D(4, 5, strides=2, padding="same"),
        layers.AveragePooling2D(2),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.BatchNormalization(),
    )
    rows, columns = receptive_fields(network.layers)
    top, left, bottom, right = seen_by_changing(network, place)
    assert ([top, bottom], [left, right]) == (rows[place[0]].tolist(), columns[place[1]].tolist())


@pytest.mark.parametrize("name", ["cifar10-cnn", "casting-cnn", "mnist-cnn"])
def test_networks_are_cut_before_they_see_more_than_half_of_the_image(name: str) -> None:
    network = keras.models.load_model(MODELS_DIR / f"{name}.keras", compile=False)
    kept = cut(network)
    rows, columns = receptive_fields(kept)
    assert np.diff(rows).max() <= network.input_shape[1] / 2
    assert np.diff(columns).max() <= network.input_shape[2] / 2
    assert sum(isinstance(layer, layers.Conv2D) for layer in kept) >= 2


def test_an_image_smaller_than_the_receptive_field_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No convolution of small sees at most 50% of an image of 4 x 4 pixels"):
        cut(keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 3)], name="small"))
    with pytest.raises(InvalidInput, match=r"Nothing is known about what .* \(UpSampling2D\) sees"):
        receptive_fields(chain(layers.UpSampling2D(2)).layers)
