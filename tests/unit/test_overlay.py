import io

import numpy as np
import pytest
from PIL import Image

from tests.factories import make_explanation
from xai_core import overlay
from xai_core.errors import InvalidInput
from xai_core.findings import describe, weight_table

BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
NINE = np.arange(9, dtype=np.int32).reshape(3, 3)


def nine_cells(weights, errors, unchanged=()):
    cells = np.repeat(np.repeat(NINE, 4, axis=0), 4, axis=1)
    return make_explanation(
        cells,
        weights,
        errors,
        classes=(1,),
        unchanged=np.isin(np.arange(9), unchanged),
        probabilities=np.array([0.2, 0.8], np.float32),
    )


@pytest.fixture
def found():
    """Upper left supports, lower right opposes less, the centre is unsettled, the rest is unchanged."""
    return nine_cells([2, 0, 0, 0, 0.5, 0, 0, 0, -1], [0.1, 0, 0, 0, 0.5, 0, 0, 0, 0.1], (1, 2, 3, 5, 6, 7))


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (12, 12, 1), dtype=np.uint8)


def test_heat_shows_evidence_in_colour_doubt_in_stripes_and_nothing_bare(image, found):
    shown = overlay.explained(image, found, opacity=1.0, smallest=12)
    assert shown.dtype == np.uint8
    assert (shown[0, 0] == BLUE).all()
    assert shown[11, 11, 0] > shown[11, 11, 2]  # orange at half strength
    bare = overlay.heat(image, np.zeros((12, 12)))
    assert np.array_equal(shown[0, 5], bare[0, 5])
    centre, under = shown[4:8, 4:8].astype(int), bare[4:8, 4:8].astype(int)
    assert (np.ptp(centre, axis=2) == 0).all(), "no colour where the sign is open"
    assert {True, False} == set((centre == under).all(axis=2).ravel()), "stripes, between them the image itself"


def test_stripes_slant_over_what_is_covered_and_leave_the_rest():
    shown = np.random.default_rng(0).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    where = np.zeros((5, 8), bool)
    where[1:4, 2:] = True
    large = overlay.enlarged(shown, 60)
    striped = overlay.striped(shown, where, smallest=60)
    down, right = np.indices((60, 96))
    stripe = (down + right) * overlay.STRIPES * 2 // 96 % 2 == 0
    changed = np.repeat(np.repeat(where, 12, axis=0), 12, axis=1) & stripe
    grey = np.rint(large * 0.4 + np.array(overlay.UNSETTLED) * 0.6).astype(np.uint8)
    assert changed.any()
    assert np.array_equal(striped, np.where(changed[..., None], grey, large))


def test_doubt_about_next_to_nothing_is_not_drawn(image):
    found = nine_cells([1, 0, 0, 0, 0.05, 0, 0, 0, 0], [0.1, 0, 0, 0, 0.05, 0, 0, 0, 0])
    shown = overlay.explained(image, found, smallest=12)
    assert np.array_equal(shown[4:8, 4:8], overlay.heat(image, np.zeros((12, 12)))[4:8, 4:8])


@pytest.mark.parametrize("level", [0, 255])
def test_a_bare_background_never_looks_like_doubt(level):
    flat = np.full((12, 12, 1), level, np.uint8)
    shown = overlay.explained(flat, nine_cells([1] + [0] * 8, [0.01] * 9), smallest=12)
    assert np.ptp(shown[4:, 4:].reshape(-1, 3), axis=0).max() == 0, "no stripes"
    assert abs(int(shown[8, 8, 0]) - 128) > 60, "not the grey of the stripes"


def test_strength_grows_with_relevance_and_opacity():
    image = np.zeros((1, 3, 3), np.uint8)
    shown = overlay.heat(image, np.array([[0.0, -1.0, -2.0]]), opacity=1.0).astype(int)
    assert shown[0, 2].tolist() == list(ORANGE)
    assert shown[0, 0].tolist() == [0, 0, 0], "black stays black"
    assert shown[0, 1].tolist() == [round(c / 2) for c in ORANGE]
    assert np.array_equal(overlay.heat(image, np.array([[1.0, 2, 3]]), opacity=0.0), np.zeros((1, 3, 3)))
    weak = overlay.heat(image, np.array([[0.0, -1.0, -2.0]]), opacity=1.0, full_colour=4.0).astype(int)
    assert weak[0, 2].tolist() == shown[0, 1].tolist(), "on the scale of a stronger map it looks weak"


def test_palettes_differ(image, found):
    first, second = (overlay.explained(image, found, palette=name) for name in overlay.PALETTES)
    assert not np.array_equal(first, second)
    assert second[0, 0, 1] > second[0, 0, 0]


def test_keep_only_keeps_supporting_pixels(image, found):
    shown = overlay.keep_only(image, found.relevance(), opacity=1.0)
    assert np.array_equal(shown[:4, :4], np.repeat(image[:4, :4], 3, axis=2))
    assert (shown[8:, 8:] == 255).all()
    assert np.array_equal(shown[4:8, 4:8], np.repeat(image[4:8, 4:8], 3, axis=2))
    assert (overlay.keep_only(image, found.relevance(), threshold=0.5, opacity=1.0)[4:8, 4:8] == 255).all()
    assert (overlay.keep_only(image, -np.ones((12, 12)), opacity=1.0) == 255).all()


def test_outlines_on_a_picture_that_is_large_already(image, found):
    large = overlay.explained(image, found, smallest=48)
    assert (overlay.outlined(large, found.segments, smallest=48)[:, 16] == 255).all()


def test_outlines_follow_the_borders_of_an_enlarged_picture():
    shown = np.full((2, 2, 3), 100, np.uint8)
    lines = overlay.outlined(shown, np.array([[0, 1], [0, 1]], np.int32), smallest=40)
    assert lines.shape == (40, 40, 3)
    changed = (lines != 100).any(axis=(0, 2))
    assert changed[19:22].all()
    assert (lines[:, 20] == 255).all()
    assert not changed[:16].any()
    assert not changed[24:].any()


@pytest.mark.parametrize(("side", "expected"), [(28, 280), (32, 256), (128, 256), (256, 256), (300, 300)])
def test_pictures_are_enlarged_by_whole_factors(side, expected):
    shown = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(overlay.to_png(shown))))
    assert decoded.shape == (expected, expected, 3)
    factor = expected // side
    assert np.array_equal(decoded[::factor, ::factor], shown)
    assert np.array_equal(decoded[factor - 1 :: factor, factor - 1 :: factor], shown)


def test_the_finding_in_words(found):
    assert describe(found, ["dog", "cat"]) == (
        "1 region supports cat, 1 opposes, 1 is too uncertain to tell; the strongest supports it and lies upper left."
    )
    several = nine_cells([1, 1, 1, -1, -5, 0, 0, 0, 0], [0.1] * 9)
    assert describe(several, ["dog", "cat"]) == (
        "3 regions support cat, 2 oppose, 4 are too uncertain to tell; the strongest opposes it and lies in the middle."
    )
    nothing = nine_cells([0] * 9, [0] * 9)
    assert describe(nothing, ["dog", "cat"]) == "No region supports or opposes cat beyond doubt."
    against = nine_cells([0] * 5 + [-1] + [0] * 3, [0] * 9, unchanged=range(5))
    assert describe(against, ["dog", "cat"]).startswith("No region supports cat, 1 opposes")


def test_the_table_says_what_the_picture_shows(found):
    table = weight_table(found, ["dog", "cat"])
    assert len(table) == 9
    assert [row["segment"] for row in table[:3]] == [0, 8, 4]
    assert [row["finding"] for row in table[:4]] == ["supports", "opposes", "uncertain", "hiding it changes nothing"]
    assert table[0] == {
        "class": "cat",
        "segment": 0,
        "place": "upper left",
        "share": pytest.approx(1 / 9),
        "weight": 2.0,
        "standard_error": 0.1,
        "finding": "supports",
    }


def test_improper_input_is_named(image):
    with pytest.raises(InvalidInput, match="viridis"):
        overlay.heat(image, np.zeros((12, 12)), palette="viridis")
    with pytest.raises(InvalidInput, match="Opacity"):
        overlay.heat(image, np.zeros((12, 12)), opacity=2)
    with pytest.raises(InvalidInput, match=r"\[3, 3\]"):
        overlay.keep_only(image, np.zeros((3, 3)))
