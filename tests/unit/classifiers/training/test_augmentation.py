import numpy as np

from xai_core.classifiers.training.augmentation import jittered_digits, shifted_and_flipped, turned_and_lit


def test_every_image_is_mirrored_in_every_other_epoch():
    images = np.zeros((50, 9, 9, 1), np.uint8)
    images[:, :, :4] = 255  # left half bright; shifts reflect, so the brighter side tells
    first, second = (shifted_and_flipped(images, epoch, np.random.default_rng(0)) for epoch in (0, 1))

    def left_is_brighter(result):
        return result[:, :, :3].mean((1, 2, 3)) > result[:, :, -3:].mean((1, 2, 3))

    assert (left_is_brighter(first) != left_is_brighter(second)).all()
    assert 10 < left_is_brighter(first).sum() < 40


def test_shifts_reach_two_pixels_and_no_further():
    images = np.zeros((400, 15, 15, 1), np.uint8)
    images[:, 7, 7] = 255
    rows, columns = np.nonzero(shifted_and_flipped(images, 0, np.random.default_rng(0))[..., 0])[1:]
    assert set(rows) == set(columns) == {5, 6, 7, 8, 9}


def test_digits_keep_their_centre_and_stay_deterministic():
    images = np.zeros((200, 28, 28, 1), np.uint8)
    images[:, 10:18, 12:16] = 255
    jittered = jittered_digits(images, np.random.default_rng(0))
    assert jittered.dtype == np.uint8
    weights = jittered[..., 0].astype(float)
    rows = (weights.sum(2) @ np.arange(28)) / weights.sum((1, 2))
    assert np.abs(rows.mean() - 13.5) < 0.3
    assert np.abs(rows - 13.5).max() < 3.5
    np.testing.assert_array_equal(jittered, jittered_digits(images, np.random.default_rng(0)))
    assert not np.array_equal(jittered, jittered_digits(images, np.random.default_rng(1)))


def test_turning_reaches_all_eight_poses():
    images = np.zeros((200, 6, 6, 1), np.uint8)
    images[:, 0, 1] = 250
    turned = turned_and_lit(images, np.random.default_rng(0))
    brightest = {np.unravel_index(image[..., 0].argmax(), (6, 6)) for image in turned}
    assert brightest == {(0, 1), (0, 4), (5, 1), (5, 4), (1, 0), (1, 5), (4, 0), (4, 5)}


def test_light_changes_within_its_range():
    images = np.full((200, 4, 4, 1), 120, np.uint8)
    means = turned_and_lit(images, np.random.default_rng(0)).mean((1, 2, 3))
    assert means.min() >= 94
    assert means.max() <= 145
    assert means.std() > 10
