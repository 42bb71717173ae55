"""The stock is a beginning of a random order, and the draw within it looks at nothing but what a person has seen."""

from collections import Counter

import numpy as np
import pytest

from studio.stock import Stock, all_images, interesting_images
from tests.unit.studio.test_case_store import toy_data
from xai_core.errors import DatasetUnavailable


def stock_of(order: list[int], explained: int) -> Stock:
    stock = Stock(iter(order), "There are none.")
    stock.grow(lambda index: index in order[:explained])
    return stock


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_everybody_has_the_same_random_order_of_all_images() -> None:
    order = list(all_images(toy_data()))
    assert sorted(order) == list(range(50))
    assert order != sorted(order)
    assert order == list(all_images(toy_data()))


def test_each_unseen_image_in_stock_comes_with_the_same_probability(rng: np.random.Generator) -> None:
    stock = stock_of([4, 2, 9, 7, 1, 8], 5)
    drawn = Counter(stock.draw({2}, rng) for _ in range(4000))
    assert set(drawn) == {4, 9, 7, 1}
    expected = 1000
    chi_squared = sum((count - expected) ** 2 / expected for count in drawn.values())
    assert chi_squared < 16.3  # p = .001 at 3 degrees of freedom


def test_beyond_the_stock_the_next_of_the_order_comes(rng: np.random.Generator) -> None:
    stock = stock_of([4, 2, 9, 7], 2)
    assert stock.draw({4, 2}, rng) == 9
    assert stock.draw({4, 2, 9}, rng) == 7
    assert stock.draw({4, 2, 9, 7}, rng) in {4, 2, 9, 7}  # again, once all were seen


def test_what_is_explained_early_waits_for_what_comes_before_it() -> None:
    stock = stock_of([4, 2, 9, 7], 1)
    assert stock.grow(lambda index: index in (4, 9, 7)) == 1
    assert stock.next() == 2
    assert stock.grow(lambda index: True) == 4
    assert stock.next() is None


def test_an_image_that_cannot_be_explained_is_shown_to_nobody_and_stops_nothing(rng: np.random.Generator) -> None:
    stock = stock_of([4, 2, 9], 1)
    stock.fail(2)
    assert stock.grow(lambda index: index != 2) == 3
    assert {stock.draw(frozenset(), rng) for _ in range(50)} == {4, 9}
    assert stock.left({4}) == 1


def test_a_set_without_images_is_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(DatasetUnavailable, match="There are none"):
        stock_of([], 0).draw(set(), rng)


def test_a_person_sees_a_random_sample_whoever_came_before() -> None:
    """Over many orders the first three images of a late comer are uniform over the whole set, in every place."""
    seen = Counter()
    runs = 3000
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        order = rng.permutation(6).tolist()
        stock = stock_of(order, 4)  # which others have used
        mine: set[int] = set()
        for place in range(5):
            index = stock.draw(mine, rng)
            mine.add(index)
            seen[place, index] += 1
            stock.grow(lambda index, order=order, mine=mine: index in order[:4] or index in mine)
        assert len(mine) == 5
    for place in range(5):
        counts = np.array([seen[place, index] for index in range(6)])
        assert ((counts - runs / 6) ** 2 / (runs / 6)).sum() < 20.5  # p = .001 at 5 degrees of freedom


class Hesitant:
    """Calls everything a cat but is not sure: dogs are barely wrong."""

    name, version, precision = "hesitant", "1", "float32"

    def predict_proba(self, images):
        return np.tile(np.array([0.5, 0.4, 0.1], np.float32), (len(images), 1))


def test_interesting_images_keep_the_shared_order() -> None:
    data = toy_data()
    truths = np.arange(50) % 3
    found = list(interesting_images(type(data)(**{**vars(data), "y_test": truths}), Hesitant()))
    assert found == [index for index in all_images(data) if truths[index] == 1]
