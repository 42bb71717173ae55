from dataclasses import astuple

import numpy as np
import pytest

from xai_core.colours import DARKER, LIGHTER, PALETTES
from xai_core.errors import InvalidInput
from xai_core.examples.difference import diverging, pixel_difference, relevance_difference


def test_grey_images_differ_with_a_sign():
    query = np.array([[[0], [255], [51]]], dtype=np.uint8)
    example = np.array([[[255], [0], [51]]], dtype=np.uint8)
    found = pixel_difference(query, example)
    assert found.change.tolist() == [[1, -1, 0]]
    assert found.picture.tolist() == [[list(LIGHTER), list(DARKER), [255, 255, 255]]]
    assert found.query.tolist() == [[[0] * 3, [255] * 3, [51] * 3]]
    assert found.example.shape == (1, 3, 3)


def test_relevance_maps_are_compared_whatever_their_scale():
    image = np.full((1, 2, 3), 100, np.uint8)
    found = relevance_difference(image, image, np.array([[2.0, 0]]), np.array([[0, -0.1]]))
    np.testing.assert_allclose(found.change, [[-0.5, -0.5]])
    same = relevance_difference(image, image, np.array([[2.0, 1]]), np.array([[0.2, 0.1]]))
    np.testing.assert_allclose(same.change, 0, atol=1e-12)
    assert (same.picture == 255).all()
    assert (same.query == same.example).all()


def test_evidence_has_the_colours_that_it_has_everywhere_and_brightness_has_others():
    supports, opposes = PALETTES["blue-orange"].supports, PALETTES["blue-orange"].opposes
    image = np.full((1, 1, 3), 255, np.uint8)
    more = relevance_difference(image, image, np.array([[-1.0]]), np.array([[1.0]]))
    less = relevance_difference(image, image, np.array([[1.0]]), np.array([[-1.0]]))
    assert more.picture.tolist() == [[list(supports)]]
    assert less.picture.tolist() == [[list(opposes)]]
    assert not {LIGHTER, DARKER} & {colour for palette in PALETTES.values() for colour in astuple(palette)}


def test_maps_without_relevance_give_a_white_picture():
    image = np.zeros((2, 2, 3), np.uint8)
    assert (relevance_difference(image, image, np.zeros((2, 2)), np.zeros((2, 2))).picture == 255).all()


def test_colours_are_clipped():
    assert diverging(np.array([[7.0]]), LIGHTER, DARKER).tolist() == [[list(LIGHTER)]]


def test_what_cannot_be_compared_is_refused():
    colour, grey = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 1), np.uint8)
    with pytest.raises(InvalidInput, match="relevance maps"):
        pixel_difference(colour, colour)
    with pytest.raises(InvalidInput, match="shape"):
        pixel_difference(grey, colour)
    with pytest.raises(InvalidInput, match="size"):
        relevance_difference(colour, colour, np.zeros((3, 2)), np.zeros((2, 2)))
