"""Pictures of examples: side by side, the right way round, distances in words."""

import io

import numpy as np
import pytest
from PIL import Image

from studio.distances import distance_text
from studio.gallery import Criteria
from ui.examples.feature_map import data_uri
from ui.examples.strips import GAP, montage


@pytest.mark.parametrize(
    ("distance", "text"),
    [(0.0, "0"), (0.0004, "< 0.001"), (0.0123, "0.012"), (1.234, "1.2"), (99.4, "99"), (1234.5, "1234")],
)
def test_distances_are_as_long_as_a_person_compares(distance: float, text: str) -> None:
    assert distance_text(distance) == text


def test_a_montage_keeps_order_and_pixels_and_lets_the_page_shine_through_the_gaps() -> None:
    grey = [np.full((4, 4, 1), value, np.uint8) for value in (10, 200)]
    picture = np.asarray(Image.open(io.BytesIO(montage(grey))))
    factor = picture.shape[0] // 4
    assert picture.shape == (4 * factor, (4 + GAP + 4) * factor, 4)
    assert (picture[:, : 4 * factor] == (10, 10, 10, 255)).all()
    assert (picture[:, 4 * factor : -4 * factor, 3] == 0).all()
    assert (picture[:, -4 * factor :] == (200, 200, 200, 255)).all()


def test_a_picture_inside_a_chart_is_small() -> None:
    image = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    uri = data_uri(image)
    assert uri.startswith("data:image/webp;base64,")
    assert len(uri) < 10_000


def test_votes_name_how_examples_were_made_and_prototypes_know_no_distance() -> None:
    criteria = Criteria("pixels", "ssim", "model")
    assert criteria.arm("near-hits") == "near-hits/pixels/ssim/model"
    assert criteria.arm("prototypes") == "prototypes/pixels/mmd-critic"
