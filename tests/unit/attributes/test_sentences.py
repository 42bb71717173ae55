"""The sentences say what the numbers say."""

import pytest

from xai_core.attributes.sentences import disagreement, why_similar

NAMES = ("hue", "saturation", "contrast", "shape", "texture")


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ((0.001, 0.002, 0.1, 0.3, 0.1), "Similar mainly because of shape; colour hardly matters."),
        ((0.3, 0.1, 0.1, 0.2, 0.01), "Similar mainly because of hue and shape; texture hardly matters."),
        ((0.3, 0.01, 0.1, 0.1, 0), "Similar mainly because of hue; saturation and texture hardly matter."),
        (
            (None, None, 0.3, -0.1, 0.2),
            "Similar mainly because of contrast and texture; they would be more alike without the present shape; "
            "a grey image has no colour to ask about.",
        ),
        ((0, 0.001, 0, 0, 0), "None of the attributes makes the two alike by itself."),
        (
            (0, 0.001, 0, -0.3, 0),
            "None of the attributes makes the two alike by itself; shape makes them less alike.",
        ),
        ((0.1, 0.1, 0.1, 0.1, 0.1), "Similar mainly because of hue, saturation, contrast, shape and texture."),
    ],
)
def test_why_two_images_are_similar(scores: tuple[float | None, ...], sentence: str) -> None:
    assert why_similar(0.9, dict(zip(NAMES, scores, strict=True)) | {"null": 0.0}) == sentence


def test_a_reference_misleads_where_local_and_global_name_another_attribute() -> None:
    shape, hue = {"shape": 0.3, "hue": None, "null": 0.0}, {"shape": 0.1, "hue": 0.2}
    assert disagreement(shape, hue) == "Misleading: here shape matters most, over all images hue does."
    assert disagreement(shape, shape) is None
    assert disagreement({"shape": -0.1, "null": 0.0}, hue) is None
