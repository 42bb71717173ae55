"""A picture is drawn once for everybody, and nobody gets one of something else."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from studio import view
from studio.view import View
from tests.factories import make_case, make_explanation
from ui import pictures


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    """What was drawn: arms and positions of classes, in order."""
    found: list[tuple[str, int]] = []

    def draw(case, explanation, class_position, how):
        found.append((explanation.arm, class_position))
        return view.draw(case, explanation, class_position, how)

    monkeypatch.setattr(pictures, "draw", draw)
    pictures._once.clear()
    yield found
    pictures._once.clear()


def test_two_raters_share_what_was_drawn_for_the_first(drawn: list[tuple[str, int]]) -> None:
    mine, theirs = make_case(7), make_case(7)  # as read from disk for each of them
    png = pictures.explained(mine, "grid-5", 0, View())
    assert png == view.draw(mine, mine.explanations["grid-5"], 0, View())
    assert pictures.explained(theirs, "grid-5", 0, View()) == png
    assert pictures.small(theirs, "grid-5", View(), 112) == pictures.small(mine, "grid-5", View(), 112)
    assert drawn == [("grid-5", 0)]


@pytest.mark.parametrize(
    "other",
    [
        lambda case: pictures.explained(case, "grid-5", 1, View()),
        lambda case: pictures.explained(case, "grid-5", 0, View(palette="green-red")),
        lambda case: pictures.explained(case, "grid-5", 0, View(opacity=0.3)),
        lambda case: pictures.explained(case, "grid-5", 0, View(style="keep")),
        lambda _: pictures.explained(make_case(8), "grid-5", 0, View()),
    ],
    ids=["class", "colours", "opacity", "style", "image"],
)
def test_another_class_view_or_image_is_another_picture(
    drawn: list[tuple[str, int]], other: Callable[..., bytes]
) -> None:
    case = make_case(7)
    assert pictures.explained(case, "grid-5", 0, View()) != other(case)
    assert len(drawn) == 2


def test_the_same_image_explained_otherwise_is_drawn_otherwise(drawn: list[tuple[str, int]]) -> None:
    """Of the same name is also what a study explains by fewer arms, with a scale of colour of its own."""
    case = make_case(7)
    weak = case.explanations["grid-5"]
    strong = make_explanation(weak.segments, 3 * weak.weights, 0.01, arm="slic-medium")
    beside = replace(case, explanations={"grid-5": weak, "slic-medium": strong})
    unsure = replace(weak, standard_errors=np.ones_like(weak.standard_errors))
    doubtful = replace(case, explanations={**case.explanations, "grid-5": unsure})
    found = {pictures.explained(one, "grid-5", 0, View()) for one in (case, beside, doubtful)}
    assert len(found) == len(drawn) == 3


def test_images_are_shown_by_their_pixels(drawn: list[tuple[str, int]]) -> None:
    one, other = pictures.image(make_case(7)), pictures.image(make_case(8))
    assert np.unique(np.asarray(Image.open(io.BytesIO(one)))).tolist() == [7]
    assert np.unique(np.asarray(Image.open(io.BytesIO(other)))).tolist() == [8]
    assert not drawn


def test_small_ones_have_the_width_that_they_are_shown_at(drawn: list[tuple[str, int]]) -> None:
    small = Image.open(io.BytesIO(pictures.small(make_case(7), "grid-5", View(), 112)))
    large = Image.open(io.BytesIO(pictures.explained(make_case(7), "grid-5", 0, View())))
    assert small.size == (112, 112)
    assert np.allclose(np.asarray(small).mean(axis=(0, 1)), np.asarray(large).mean(axis=(0, 1)), atol=1)
