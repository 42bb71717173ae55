"""Drawn castings: the mask is the ground truth that explanations are scored against."""

import numpy as np
import pytest
from scipy import ndimage

from xai_core.datasets.casting_drawings import DEFECTIVE, SOUND, draw_castings
from xai_core.errors import InvalidInput

COUNT = 40


@pytest.fixture(scope="module")
def twins():
    """The same castings with and without their defect."""
    defective, _, masks = draw_castings(COUNT, np.random.default_rng(7), labels=np.full(COUNT, DEFECTIVE))
    sound, _, none = draw_castings(COUNT, np.random.default_rng(7), labels=np.full(COUNT, SOUND))
    return defective.astype(int)[..., 0], sound.astype(int)[..., 0], masks, none


def test_shapes_and_types():
    images, labels, masks = draw_castings(5, np.random.default_rng(0), size=96)
    assert images.shape == (5, 96, 96, 1)
    assert images.dtype == np.uint8
    assert labels.shape == (5,)
    assert labels.dtype == np.int64
    assert masks.shape == (5, 96, 96)
    assert masks.dtype == bool


def test_same_generator_same_castings_another_seed_others():
    first = draw_castings(6, np.random.default_rng(3))
    again = draw_castings(6, np.random.default_rng(3))
    other = draw_castings(6, np.random.default_rng(4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_a_generator_goes_on_to_new_castings():
    rng = np.random.default_rng(3)
    assert not np.array_equal(draw_castings(2, rng)[0], draw_castings(2, rng)[0])


def test_twins_differ_inside_the_mask_only(twins):
    defective, sound, masks, _ = twins
    assert np.array_equal(defective[~masks], sound[~masks])


def test_the_mask_holds_little_beyond_what_changed(twins):
    defective, sound, masks, _ = twins
    for picture, twin, mask in zip(defective, sound, masks, strict=True):
        changed = ndimage.binary_dilation(picture != twin, np.ones((3, 3)))
        assert (mask & ~changed).sum() == 0


def test_a_person_can_see_every_defect(twins):
    defective, sound, masks, _ = twins
    strongest = np.abs(defective - sound).max(axis=(1, 2))
    assert strongest.min() >= 25  # grey levels of 255; the grain's standard deviation is at most 4
    assert masks.sum(axis=(1, 2)).min() >= 4


def test_defects_stay_small(twins):
    masks = twins[2]
    assert masks.mean(axis=(1, 2)).max() < 0.1


def test_sound_castings_have_no_mask(twins):
    assert not twins[3].any()
    _, labels, masks = draw_castings(20, np.random.default_rng(1))
    assert set(labels) == {DEFECTIVE, SOUND}
    assert np.array_equal(masks.any(axis=(1, 2)), labels == DEFECTIVE)


@pytest.mark.parametrize("labels", [[0], [0, 1, 2], [[0, 1, 1]]])
def test_labels_are_one_a_casting(labels):
    with pytest.raises(InvalidInput, match="3 castings"):
        draw_castings(3, np.random.default_rng(0), labels=labels)


def test_brightness_does_not_give_the_class_away(twins):
    """A defect moves the mean of a picture by far less than the light does."""
    defective, sound, _, _ = twins
    shift = np.abs(defective.mean(axis=(1, 2)) - sound.mean(axis=(1, 2))).mean()
    assert shift < 0.2 * sound.mean(axis=(1, 2)).std()
