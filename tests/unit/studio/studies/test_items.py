"""From a study file to its items: images apart in their roles, samples that grow, a share that the model gets right."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from studio.studies.configuration import Study
from studio.studies.items import items_of
from xai_core.datasets import ImageDataset
from xai_core.errors import InvalidInput

LEAST = {
    "code": "toys",
    "title": "Toys",
    "dataset": "toy",
    "arms": ["slic-medium"],
    "items": {"sample": 10, "seed": 4},
    "practice": 0,
    "stop_after": 2,
    "overlap": 2,
    "consent": "Do you agree?",
}


class Library:
    """Forty images of one pixel value each, of which the classifier takes every fourth for another class."""

    def __init__(self, values=range(40)) -> None:
        images = np.stack([np.full((8, 8, 1), value, np.uint8) for value in values])
        labels = np.asarray([value % 2 for value in values])
        self.data = ImageDataset(
            "toy", "Toys", ("even", "odd"), images[:0], labels[:0], images, labels, source="", licence="", citation=""
        )

    def dataset(self, name):
        return self.data

    def classifier(self, name, data):
        def predict_proba(images):
            values = np.rint(images[:, 0, 0, 0] * 255).astype(int)
            says = np.where(values % 4 == 0, 1 - values % 2, values % 2)
            return np.eye(2, dtype=np.float32)[says]

        return SimpleNamespace(name="toy", input_shape=(8, 8, 1), predict_proba=predict_proba)


def items(library=None, **changes):
    return items_of(Study.model_validate(LEAST | changes), library or Library())


def main(found) -> list[int]:
    return [one.image_index for one in found if one.role == "main"]


def test_a_larger_sample_of_the_same_seed_holds_the_smaller_one():
    small, large = main(items()), main(items(items={"sample": 20, "seed": 4}))
    assert (len(set(small)), large[:10]) == (10, small)
    assert main(items(items={"sample": 10, "seed": 5})) != small


def test_no_image_has_two_roles():
    found = items(items={"sample": 20}, practice=5, attention=3, gold=[{"index": 7, "answer": "up"}])
    assert Counter(one.role for one in found) == {"main": 20, "practice": 5, "attention": 3, "gold": 1}
    assert len({one.image_index for one in found}) == 29
    assert {one.expected for one in found if one.role == "attention"} <= {"up", "down"}
    assert [one.expected for one in found if one.role == "gold"] == ["up"]


def test_an_image_that_is_there_twice_is_one_image():
    found = items(Library([1, 1, 2, 2, 3, 3]), items={"sample": 3}, stop_after=3)
    assert len({one.image_id for one in found}) == 3
    with pytest.raises(InvalidInput, match="too few images"):
        items(Library([1, 1, 2, 2]), items={"sample": 3})


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_so_many_are_right_as_the_file_asks_for(share):
    found = main(items(items={"sample": 10, "correct": share}))
    assert (len(found), sum(index % 4 != 0 for index in found)) == (10, 10 * share)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"items": {"indices": [1, 99]}}, "main: toy has 40 images in the split test, and none with the index 99"),
        ({"gold": [{"index": 40, "answer": "up"}]}, "gold: toy has 40 images"),
        ({"items": {"sample": 41}}, "toy has too few images"),
        ({"items": {"sample": 20, "correct": 0.0}}, "items.correct: toy is wrong on too few images"),
        ({"split": "train"}, "toy has too few images"),
    ],
)
def test_what_is_not_to_be_had_is_named(changes, told):
    with pytest.raises(InvalidInput, match=told):
        items(**changes)
