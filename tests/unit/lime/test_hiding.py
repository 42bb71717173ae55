import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.lime.hiding import FILLS, Hiding, blurred, compose_batches, mean_colours
from xai_core.segmenters import from_labels


def random_case(shape=(6, 5, 3), segments=4, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.random(shape, dtype=np.float32)
    return image, from_labels(rng.integers(0, segments, shape[:2]))


def test_mean_colours_by_hand():
    image = np.array([[[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]], [[0.25, 0.25, 0.25], [0.75, 0.75, 0.75]]], np.float32)
    filled = mean_colours(image, from_labels(np.array([[0, 0], [1, 1]])))
    assert filled[0, 0] == pytest.approx([0.5, 0.5, 0.5])
    assert filled[1, 1] == pytest.approx([0.5, 0.5, 0.5])


def test_blur_keeps_the_brightness_and_does_not_mix_channels():
    image = np.zeros((20, 20, 3), np.float32)
    image[10, 10, 0] = 1
    smooth = blurred(image)
    assert smooth.sum() == pytest.approx(1, abs=1e-4)
    assert not smooth[..., 1:].any()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("channels", [1, 3])
def test_composed_images_are_exactly_image_or_fill(fill, channels):
    image, segmentation = random_case((6, 5, channels))
    hiding = Hiding.of(image, segmentation, fill, 0.3)
    standing_in = FILLS[fill](image, segmentation, 0.3)
    shown = np.random.default_rng(1).integers(0, 2, (7, segmentation.count)).astype(bool)
    (batch,) = compose_batches([(hiding, shown)], 10)
    assert batch.dtype == np.float32
    assert np.array_equal(batch, np.where(shown[:, segmentation.labels][..., None], image, standing_in))


@pytest.mark.parametrize("size", [1, 3, 5, 100])
def test_batches_run_across_parts_and_keep_the_order(size):
    parts, expected = [], []
    for seed in range(3):
        image, segmentation = random_case(seed=seed)
        shown = np.random.default_rng(seed).integers(0, 2, (seed * 4, segmentation.count)).astype(bool)
        parts.append((Hiding.of(image, segmentation, "mean"), shown))
        expected.append(np.where(shown[:, segmentation.labels][..., None], image, mean_colours(image, segmentation)))
    batches = list(compose_batches(parts, size))
    assert np.array_equal(np.concatenate(batches), np.concatenate(expected))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)


def test_a_batch_is_not_overwritten_by_the_next():
    image, segmentation = random_case()
    shown = np.array([[True] * segmentation.count, [False] * segmentation.count])
    first, second = compose_batches([(Hiding.of(image, segmentation, "mean"), shown)], 1)
    assert np.array_equal(first[0], image)
    assert not np.array_equal(second[0], image)


def test_segments_of_one_colour_are_unchanged_by_their_mean_but_not_by_a_constant():
    image, segmentation = random_case()
    image[segmentation.labels == 2] = np.float32(0.1)
    assert Hiding.of(image, segmentation, "mean").unchanged.tolist() == [False, False, True, False]
    assert not Hiding.of(image, segmentation, "constant", 0.7).unchanged.any()


def test_an_unknown_fill_is_named():
    image, segmentation = random_case()
    with pytest.raises(InvalidInput, match="inpaint"):
        Hiding.of(image, segmentation, "inpaint")
